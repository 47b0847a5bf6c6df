"""The worker's side of `http_request`: one attempt, its outcome in the words of the node."""

from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import orjson

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled, RecordResult, RunError
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json
from services.engine.app.ports import Answer, HttpClient, RequestFailed

USER_AGENT = "Flusso"
seconds_max = 300.0
RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
CONTROLLED_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class Invalid(Exception):  # noqa: N818 - the request as configured cannot be sent
    """The request cannot be sent as it is."""


async def perform_http(client: HttpClient, job: NodeScheduled) -> dict[str, Json]:
    """Make the request and return the fields of RecordResult beside its key: output, port, error, retryable."""
    request = job.request
    url = str(request["url"])
    seconds = min(float(request["timeout_seconds"]), seconds_max)
    try:
        headers, body = _headers(request, job.idempotency_key), _body(request)
        answer = await client.send(
            str(request["method"]), _url(url, request), headers, body, seconds
        )
    except Invalid as error:
        text = f"The request cannot be sent: {error}"
        return _failed("invalid-request", text, url, retryable=False)
    except RequestFailed as failure:
        return _failed(failure.code, failure.message, url, retryable=failure.retryable)
    return _outcome(answer, request, url)


def _outcome(answer: Answer, request: JsonObject, url: str) -> dict[str, Json]:
    is_error = any(low <= answer.status <= high for low, high in request["error_statuses"])
    output = {
        "status": answer.status,
        "headers": answer.headers,
        "body": _parsed(answer),
        "ok": not is_error,
    }
    if not is_error:
        return {"output": output}
    text = f"The server answered {answer.status}."
    failed = _failed("error-status", text, url, retryable=answer.status in RETRYABLE_STATUSES)
    return failed | {"output": output}


def _failed(code: str, message: str, url: str, *, retryable: bool) -> dict[str, Json]:
    parts = urlsplit(url)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    error = RunError(code=code, message=message[:2_000], details={"url": shown[:2_000]})
    return {"error": error, "retryable": retryable}


def _parsed(answer: Answer) -> Json:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return normalise_json(answer.body)
        except Refused:
            pass
    return answer.body.decode("utf-8", errors="replace").replace("\0", "\ufffd")


def _url(url: str, request: JsonObject) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "the URL must begin with http:// or https:// and name a host"
        raise Invalid(msg)
    added = urlencode(request.get("query") or {})
    query = "&".join(part for part in (parts.query, added) if part)
    path = parts.path or "/"
    return urlunsplit((parts.scheme, parts.netloc, path, query, "")).replace(" ", "%20")


def _headers(request: JsonObject, key: str) -> list[tuple[str, str]]:
    given = {str(name): str(value) for name, value in (request.get("headers") or {}).items()}
    names = {name.lower() for name in given}
    for name, value in given.items():
        if name.lower() in CONTROLLED_HEADERS:
            msg = f"the header {name} is set by Flusso"
            raise Invalid(msg)
        if any(character in name + value for character in "\r\n\0"):
            msg = f"the header {name} holds a line break"
            raise Invalid(msg)
    own = {"host": urlsplit(str(request["url"])).netloc.rpartition("@")[2], "accept": "*/*"}
    own |= {"user-agent": USER_AGENT, "idempotency-key": key}
    if isinstance(request.get("body"), dict | list):
        own["content-type"] = "application/json"
    if request.get("body") is not None:
        own["content-length"] = str(len(_body(request)))
    return [(name, value) for name, value in own.items() if name not in names] + list(given.items())


def _body(request: JsonObject) -> bytes:
    body = request.get("body")
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def result_of(run_id: UUID, job: NodeScheduled, found: dict[str, Json]) -> RecordResult:
    """Return what the engine is told."""
    return RecordResult(run_id=run_id, node=job.node, visit=job.visit, attempt=job.attempt, **found)
