"""Webhook deliveries: which one it is, and what the run is given of it. Who may send one is in `webhook_proof`."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl
from uuid import UUID

from contracts.base import Json, JsonObject
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json, normalise_value
from services.engine.domain.limits import VALUE_BYTES_MAX
from services.engine.domain.run_evolve import size_of
from services.engine.domain.triggers.webhook import WebhookTriggerConfig
from services.engine.domain.webhook_proof import Headers, signature_headers

REDACTED = "[redacted]"
REPLAYED_DELIVERY = "flusso-replay-of-delivery"
REPLAYED_RUN = "flusso-replay-of-run"
"""Headers that a replay has and no delivery: a workflow may look at them, for it to do less the second time."""
_OURS = frozenset({REPLAYED_DELIVERY, REPLAYED_RUN})
FORM_FIELDS_MAX = 1_000
DELIVERY_ID_CHARS_MAX = 255
CHALLENGE_CHARS_MAX = 1_000
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "utf-16": "utf-16",
}
"""What is taken, and how it is read. Python knows more, some of which take for ever."""
Reader = Callable[[WebhookTriggerConfig, bytes, str], Json]


# -- which one ---------------------------------------------------------------------------------------------------------

_ID_HEADERS = {
    "github": ("x-github-delivery",),
    "standard_webhooks": ("webhook-id", "svix-id"),
}
_ID_PATHS = {"stripe": "id", "slack": "event_id"}


def delivery_id(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> str | None:
    """Return what the sender calls this delivery, also when it repeats it; None if the trigger knows no place.

    Raises Refused if the place is in the body, and that cannot be read.
    """
    found = _found_id(config, headers, body)
    return None if found is None or len(found) > DELIVERY_ID_CHARS_MAX else found


def _found_id(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> str | None:
    if config.delivery_id_header is not None:
        return _first(headers, (config.delivery_id_header.strip().lower(),))
    if config.delivery_id_path is not None:
        return _at_path(_payload(config, headers, body), config.delivery_id_path)
    preset = (config.preset if config.auth == "hmac" else None) or ""
    if preset in _ID_HEADERS:
        return _first(headers, _ID_HEADERS[preset])
    path = _ID_PATHS.get(preset)
    return None if path is None else _at_path(_payload(config, headers, body), path)


def _first(headers: Headers, names: Sequence[str]) -> str | None:
    found = next((value for key, value in headers if key in names), "")
    return found.strip() or None


def _at_path(value: Json, path: str) -> str | None:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int) and value != "" else None


CHALLENGE = "webhook-challenge"


def refuse_challenge(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> None:
    """Raise Refused(CHALLENGE) for Slack's question whether an address is ours: the gateway answers with `challenge`.

    It comes when the address is entered there, signed like any delivery, and starts nothing.
    """
    if config.auth != "hmac" or config.preset != "slack" or b"url_verification" not in body:
        return
    payload = _payload(config, headers, body)
    if isinstance(payload, dict) and payload.get("type") == "url_verification":
        challenge = str(payload.get("challenge", ""))[:CHALLENGE_CHARS_MAX]
        message = "Slack asked whether the address is ours and was answered; this is no delivery."
        raise Refused(CHALLENGE, message, challenge=challenge)


# -- what the run is given ---------------------------------------------------------------------------------------------


def trigger_output(
    config: WebhookTriggerConfig,
    method: str,
    headers: Headers,
    query: Sequence[tuple[str, str]],
    body: bytes,
) -> JsonObject:
    """Return the output of the trigger, without secrets.

    Raises Refused: `invalid-json`, `invalid-form`, `unsupported-content-type`, `too-large`.
    """
    output: JsonObject = {
        "payload": _payload(config, headers, body),
        "headers": _joined(shown_headers(config, headers)),
        "method": method.upper(),
        "query": gathered(query),
    }
    size = size_of(output)
    if size > VALUE_BYTES_MAX:
        message = f"The delivery is {size:,} bytes as JSON; the limit is {VALUE_BYTES_MAX:,}."
        raise Refused("too-large", message, size=size, bytes_max=VALUE_BYTES_MAX)
    return dict(normalise_value(output))


def by_hand(given: Json) -> JsonObject:
    """Return the trigger's output for a run by hand: the given payload, or a whole delivery of the same shape."""
    output: JsonObject = {"payload": None, "headers": {}, "method": "POST", "query": {}}
    is_whole = isinstance(given, dict) and "payload" in given and given.keys() <= output.keys()
    return {**output, **given} if is_whole else {**output, "payload": given}


def shown_headers(config: WebhookTriggerConfig, headers: Headers) -> list[tuple[str, str]]:
    """Return the headers with whatever could open a door left out."""
    hidden = _SECRET_HEADERS | signature_headers(config)
    return [
        (name, REDACTED if name in hidden else value)
        for name, value in headers
        if name not in _OURS
    ]


def replayed(output: JsonObject, delivery_id: UUID, run_id: UUID | None) -> JsonObject:
    """Return the output of a trigger with the mark of a replay, and of what."""
    marks = {REPLAYED_DELIVERY: str(delivery_id)}
    if run_id is not None:
        marks[REPLAYED_RUN] = str(run_id)
    return {**output, "headers": {**output["headers"], **marks}}


def _joined(headers: Headers) -> JsonObject:
    joined: dict[str, str] = {}
    for name, value in headers:
        if name not in joined:
            joined[name] = value
        elif value != REDACTED:
            joined[name] = f"{joined[name]}, {value}"
    return dict(joined)


def content_type(headers: Headers) -> str | None:
    """Return what a delivery says that its body is."""
    return next((value for name, value in headers if name == "content-type"), None)


# -- bodies ------------------------------------------------------------------------------------------------------------


def _payload(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> Json:
    if not body.strip():
        return None
    media_type, _, parameters = (content_type(headers) or "").partition(";")
    reader = _reader(media_type.strip().lower(), body)
    return reader(config, body, _charset(parameters))


def _reader(media_type: str, body: bytes) -> Reader:
    """Return how to read a body; one without a type is JSON if it looks like it."""
    if media_type == "application/json" or media_type.endswith("+json"):
        return _read_json
    if media_type == "application/x-www-form-urlencoded":
        return _read_form
    if media_type.startswith("text/") or media_type in ("application/xml", ""):
        looks_like_json = not media_type and body.lstrip()[:1] in (b"{", b"[")
        return _read_json if looks_like_json else _read_text
    raise _unsupported(f"A delivery is JSON, a form or text, not `{media_type[:100]}`.")


def _charset(parameters: str) -> str:
    """Return the codec that a content type asks for; raises Refused for one that is not taken."""
    pairs = [part.strip().partition("=") for part in parameters.split(";")]
    named = [value for name, _, value in pairs if name.strip().lower() == "charset"]
    if not named:
        return "utf-8"
    name = named[0].strip().strip('"').lower()
    if name not in _CHARSETS:
        raise _unsupported(f"The charset `{name[:40]}` is not taken; send UTF-8.")
    return _CHARSETS[name]


def _read_json(_: WebhookTriggerConfig, body: bytes, charset: str) -> Json:
    if charset != "utf-8":
        raise _unsupported("JSON is UTF-8 (RFC 8259).")
    return normalise_json(body)


def _read_form(config: WebhookTriggerConfig, body: bytes, charset: str) -> Json:
    try:
        pairs = parse_qsl(
            _decoded(body, charset),
            keep_blank_values=True,
            max_num_fields=FORM_FIELDS_MAX,
            encoding=charset,
        )
    except ValueError as error:
        raise Refused("invalid-form", f"The form has over {FORM_FIELDS_MAX:,} fields.") from error
    form = gathered(pairs)
    if config.preset == "github" and isinstance(form.get("payload"), str):
        return normalise_json(form["payload"])
    return form


def _read_text(_: WebhookTriggerConfig, body: bytes, charset: str) -> Json:
    return _decoded(body, charset)


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        message = f"The body is not {charset.upper()} (at byte {error.start})."
        raise Refused("invalid-json", message, path="") from error


def gathered(pairs: Sequence[tuple[str, str]]) -> JsonObject:
    """Return pairs by name; what comes more than once is a list."""
    gathered: JsonObject = {}
    for name, value in pairs:
        before = gathered.get(name)
        if before is None:
            gathered[name] = value
        else:
            gathered[name] = [*before, value] if isinstance(before, list) else [before, value]
    return gathered


def _unsupported(message: str) -> Refused:
    return Refused("unsupported-content-type", message)
