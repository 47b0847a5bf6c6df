"""The worker's side of `http_request`: one attempt, its outcome in the words of the node."""

import base64
import re
from urllib.parse import SplitResult, quote, urlencode, urlsplit, urlunsplit

import orjson

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled, RunError
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.ports import Answer, HttpClient, RequestFailed
from services.engine.domain.limits import VALUE_BYTES_MAX
from services.engine.domain.run_evolve import size_of

USER_AGENT = "Flusso"
seconds_max = 300.0
RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
CONTROLLED_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
EXPECTED_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Servers want to be told that these have no body (RFC 9110, 8.6)."""
_UNSENDABLE = re.compile(r"[^\x21-\x7e]+")


class Invalid(Exception):  # noqa: N818 - the request as configured cannot be sent
    """The request cannot be sent as it is."""


async def perform_http(
    client: HttpClient, job: NodeScheduled, gate: Gate = open_gate
) -> dict[str, Json]:
    """Make the request and return the fields of RecordResult beside its key: output, port, error, retryable."""
    request = job.request
    url = str(request["url"]).strip()
    seconds = min(float(request["timeout_seconds"]), seconds_max)
    try:
        parts, body = _parts(url), _body(request)
        headers = _headers(request, parts.netloc, body, job.idempotency_key)
        answer = await client.send(
            str(request["method"]), _url(parts, request), headers, body, seconds, gate
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
    size = size_of(output)
    if not is_error:
        return {"output": output} if size <= VALUE_BYTES_MAX else _too_large(size, url)
    if size > VALUE_BYTES_MAX:  # the status says more than the page that came with it
        output["body"] = None
    text = f"The server answered {answer.status}."
    failed = _failed("error-status", text, url, retryable=answer.status in RETRYABLE_STATUSES)
    return failed | {"output": output}


def _too_large(size: int, url: str) -> dict[str, Json]:
    text = f"The answer would be {size:,} bytes as JSON; the limit is {VALUE_BYTES_MAX:,}."
    return _failed("output-too-large", text, url, retryable=False)


def _failed(code: str, message: str, url: str, *, retryable: bool) -> dict[str, Json]:
    details = {"url": _shown(url)[:2_000]}
    error = RunError(code=code, message=message[:2_000], details=details)
    return {"error": error, "retryable": retryable}


def _shown(url: str) -> str:
    """Return the URL without what may be secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _parsed(answer: Answer) -> Json:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return normalise_json(answer.body)
        except Refused:
            pass
    return answer.body.decode("utf-8", errors="replace").replace("\0", "\ufffd")


def _parts(url: str) -> SplitResult:
    """Return the parts of a URL that can be asked, its host in ASCII and without credentials."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        if host is not None and not host.isascii():
            host = host.encode("idna").decode()
    except ValueError as error:  # UnicodeError too
        msg = f"the URL cannot be read: {error}"
        raise Invalid(msg) from error
    if parts.scheme not in {"http", "https"} or not host:
        msg = "the URL must begin with http:// or https:// and name a host"
        raise Invalid(msg)
    named = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=named if port is None else f"{named}:{port}")


def _url(parts: SplitResult, request: JsonObject) -> str:
    """Return the URL as it is sent: what is no visible ASCII character is percent-encoded, what is encoded stays."""
    added = urlencode(request.get("query") or {})
    query = "&".join(part for part in (parts.query, added) if part)
    path, query = (
        _UNSENDABLE.sub(lambda found: quote(found[0]), part) for part in (parts.path or "/", query)
    )
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _headers(request: JsonObject, host: str, body: bytes, key: str) -> list[tuple[str, str]]:
    given = {str(name): str(value) for name, value in (request.get("headers") or {}).items()}
    names = {name.lower() for name in given}
    for name, value in given.items():
        if name.lower() in CONTROLLED_HEADERS:
            msg = f"the header {name} is set by Flusso"
            raise Invalid(msg)
        if any(character in name + value for character in "\r\n\0"):
            msg = f"the header {name} holds a line break"
            raise Invalid(msg)
    own = {"host": host, "accept": "*/*", "user-agent": USER_AGENT, "idempotency-key": key}
    auth = request.get("auth")
    if auth is not None:
        own["authorization"] = _authorization(auth)
    if isinstance(request.get("body"), dict | list):
        own["content-type"] = "application/json"
    if body or request["method"] in EXPECTED_BODY:
        own["content-length"] = str(len(body))
    return [(name, value) for name, value in own.items() if name not in names] + list(given.items())


def _authorization(auth: JsonObject) -> str:
    """Return the header: RFC 6750 for a token, RFC 7617 in UTF-8 for a name with a password."""
    basic = auth.get("basic")
    if basic is None:
        token = str(auth["bearer"]).strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            msg = "the token of `auth` is empty, or has spaces or other characters that it cannot have"
            raise Invalid(msg)
        return f"Bearer {token}"
    username, password = str(basic["username"]), str(basic["password"])
    if ":" in username:
        msg = "the username of `auth` holds a colon"
        raise Invalid(msg)
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _body(request: JsonObject) -> bytes:
    body = request.get("body")
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else orjson.dumps(body)
