"""The public API over HTTP: answers as JSON or models, everything else as a CliError of one clear sentence.

GETs, and POSTs under their idempotency key, are repeated while a part of Flusso is away, or after the connection broke;
the person waits some seconds at most.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from ipaddress import ip_address
from typing import TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError

from contracts.base import Json, JsonObject
from services.cli.domain.errors import CliError
from services.cli.domain.problems import Problem, explain

TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS_MAX = 5.0
TRIES_MAX = 4
RETRY_SECONDS = 0.3
RETRY_SECONDS_MAX = 5.0
AWAY = HTTPStatus.SERVICE_UNAVAILABLE
PAGE = 200
PREFIX = "/api/v1"
M = TypeVar("M", bound=BaseModel)


class RefusedError(CliError):
    """The API said no; `problem` says what for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(explain(problem), problem.exit_code)
        self.problem = problem


class Api:
    """One caller of one Flusso."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def get(self, path: str, **query: str | int | None) -> JsonObject:
        """Return the answer to a question; None is left out of the query."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", path, params=given)

    def find(self, path: str) -> JsonObject | None:
        """Return what is there; None if nothing is."""
        try:
            return self.get(path)
        except RefusedError as refused:
            if refused.problem.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def get_as(self, model: type[M], path: str, **query: str | int | None) -> M:
        """Return the answer as a model."""
        return read_answer(model, self.get(path, **query))

    def items(self, path: str, limit: int | None = None, **query: str | None) -> Iterator[Json]:
        """Yield the items of a list, page by page, up to a limit."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(left, PAGE)
            page = self.get(path, limit=size, cursor=cursor, **query)
            yield from page["items"]
            left = None if left is None else left - len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Json, *, if_match: str | None = None) -> JsonObject:
        """Create or decide, under an idempotency key of its own."""
        headers = {"Idempotency-Key": str(uuid4())}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return self._ask("POST", path, json=body, headers=headers)

    def put(self, path: str, body: Json, *, if_version: int) -> JsonObject:
        """Replace what is at that version."""
        headers = {"If-Match": f'"{if_version}"'}
        return self._ask("PUT", path, json=body, headers=headers)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonObject:
        tries = 1 if method == "PUT" else TRIES_MAX
        while True:
            tries -= 1
            with told_clearly(self._http.base_url):
                request = self._http.build_request(
                    method, PREFIX + path, params=params, json=json, headers=headers
                )
                answer = self._send(request, is_last=tries == 0)
            if answer is not None and (tries == 0 or not _may_come_back(answer)):
                return read_json(answer)
            time.sleep(_retry_seconds(answer))

    def _send(self, request: httpx.Request, *, is_last: bool) -> httpx.Response | None:
        """Return the answer; None if the connection broke and there are tries left."""
        try:
            return self._http.send(request)
        except (httpx.NetworkError, httpx.ProtocolError) as error:
            # Where nobody answers at all, waiting does not help.
            if is_last or isinstance(error, httpx.ConnectError):
                raise
            return None


def open_http(url: str, token: str) -> httpx.Client:
    """Return a client for the API at a URL; it is to be closed."""
    return httpx.Client(**client_options(url, token))


def client_options(url: str, token: str) -> JsonObject:
    """Return the options of a client, plain or asynchronous. A proxy of the environment is no way to this machine."""
    return {
        "base_url": url.rstrip("/"),
        "headers": {"Authorization": f"Bearer {token}", "Accept": "application/json"},
        "timeout": httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS_MAX),
        "trust_env": not _is_local(httpx.URL(url).host),
    }


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def told_clearly(url: httpx.URL) -> Iterator[None]:
    """Turn what the network says into a sentence. Raises CliError."""
    try:
        yield
    except httpx.ConnectError as error:
        message = (
            f"Flusso does not answer at {url}: start it (`make run`), or set FLUSSO_URL. ({error})"
        )
        raise CliError(message) from None
    except httpx.TimeoutException:
        raise CliError(f"Flusso at {url} gave no answer in time: try again.") from None
    except httpx.HTTPError as error:
        raise CliError(f"The connection to {url} broke ({error}): try again.") from None


def read_json(answer: httpx.Response) -> JsonObject:
    """Return the JSON object of an answer; raises RefusedError, or CliError if this is not Flusso."""
    try:
        value = answer.json() if answer.content else {}
    except ValueError:
        value = None
    if isinstance(value, dict):
        if answer.is_success:
            return value
        if isinstance(value.get("code"), str):
            raise RefusedError(_problem_of(answer.status_code, value))
    message = (
        f"What answers at {answer.request.url.copy_with(raw_path=b'/')} is not Flusso "
        f"(status {answer.status_code}): set FLUSSO_URL."
    )
    raise CliError(message)


def read_answer(model: type[M], value: JsonObject) -> M:
    """Return an answer as a model; raises CliError if the server speaks another version."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(map(str, first["loc"]))
        message = f"The answer of the server is not understood ({where}): is it another version?"
        raise CliError(message) from None


def _problem_of(status: int, value: JsonObject) -> Problem:
    return Problem(status, value["code"], str(value.get("detail", value["code"])), value)


def _may_come_back(answer: httpx.Response) -> bool:
    """Whether a part is away, or more is asked than can be answered just now; too many wrong tokens are neither."""
    return answer.status_code == AWAY or (
        answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
        and b"too-many-requests" in answer.content
    )


def _retry_seconds(answer: httpx.Response | None) -> float:
    wanted = "" if answer is None else answer.headers.get("retry-after", "")
    return min(float(wanted), RETRY_SECONDS_MAX) if wanted.isdecimal() else RETRY_SECONDS
