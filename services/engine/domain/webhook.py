"""Webhook deliveries: who may start a run, which delivery it is, and what the run is given of it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import assert_never
from urllib.parse import parse_qsl

from contracts.base import Json, JsonObject
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json, normalise_value
from services.engine.domain.triggers.webhook import WebhookTriggerConfig

Headers = Sequence[tuple[str, str]]
"""In order of arrival, names in lower case."""

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may be off, either way: the figure of Stripe, Slack and Standard Webhooks."""
SIGNATURES_MAX = 20
"""A sender that rotates keys signs with two or three."""
REDACTED = "[redacted]"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_STANDARD_SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with


# -- who may -----------------------------------------------------------------------------------------------------------


def verify(config: WebhookTriggerConfig, headers: Headers, body: bytes, now: datetime) -> None:
    """Return if the sender has proved that it knows the secret; raises Refused("invalid-signature")."""
    match config.auth:
        case "none":
            return
        case "header":
            given = _required(headers, config.header)
            if not hmac.compare_digest(_bytes(given), _secret(config)):
                raise _invalid("The secret does not match.")
        case "hmac":
            _verify_hmac(config, headers, body, now)
        case _:
            assert_never(config.auth)


def _verify_hmac(
    config: WebhookTriggerConfig, headers: Headers, body: bytes, now: datetime
) -> None:
    match config.preset:
        case "github":
            expected = _hex(_secret(config), body)
            given = [_required(headers, "x-hub-signature-256").removeprefix("sha256=")]
        case "stripe":
            timestamp, given = _stripe_signature(_required(headers, "stripe-signature"))
            _check_time(timestamp, now)
            expected = _hex(_secret(config), timestamp.encode() + b"." + body)
        case "slack":
            timestamp = _required(headers, "x-slack-request-timestamp")
            _check_time(timestamp, now)
            expected = "v0=" + _hex(_secret(config), b"v0:" + timestamp.encode() + b":" + body)
            given = [_required(headers, "x-slack-signature")]
        case "standard_webhooks":
            expected, given = _standard(config, headers, body, now)
        case "custom" | None:
            expected = _custom(config, body)
            given = [_required(headers, config.header).removeprefix(config.prefix)]
        case _:
            assert_never(config.preset)
    _compare(expected, given)


def _compare(expected: str, given: Sequence[str]) -> None:
    """Compare with every signature that came, each in constant time."""
    matches = [hmac.compare_digest(_bytes(expected), _bytes(one)) for one in given[:SIGNATURES_MAX]]
    if not any(matches):
        raise _invalid("The signature does not match.")


def _stripe_signature(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    timestamps = [value for name, _, value in pairs if name == "t"]
    if len(timestamps) != 1:
        raise _invalid("The signature has no timestamp.")
    return timestamps[0], [value for name, _, value in pairs if name == "v1"]


def _standard(
    config: WebhookTriggerConfig, headers: Headers, body: bytes, now: datetime
) -> tuple[str, list[str]]:
    """Return the expected and the given signatures by standardwebhooks.com."""
    identifier = _required(headers, "webhook-id")
    timestamp = _required(headers, "webhook-timestamp")
    _check_time(timestamp, now)
    signed = _bytes(f"{identifier}.{timestamp}.") + body
    digest = hmac.digest(_standard_key(config), signed, hashlib.sha256)
    parts = [part.partition(",") for part in _required(headers, "webhook-signature").split()]
    given = [signature for version, _, signature in parts if version == "v1"]
    return base64.b64encode(digest).decode(), given


def _standard_key(config: WebhookTriggerConfig) -> bytes:
    secret = (config.secret or "").removeprefix(_STANDARD_SECRET_PREFIX)
    try:
        return base64.b64decode(secret, validate=True)
    except binascii.Error:
        return _secret(config)


def _custom(config: WebhookTriggerConfig, body: bytes) -> str:
    digest = hmac.digest(_secret(config), body, config.algorithm)
    return base64.b64encode(digest).decode() if config.encoding == "base64" else digest.hex()


def _hex(key: bytes, signed: bytes) -> str:
    return hmac.digest(key, signed, hashlib.sha256).hex()


def _check_time(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):  # noqa: PLR2004
        raise _invalid("The timestamp is no number of seconds.")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise _invalid(f"The timestamp is more than {TOLERANCE_SECONDS} seconds off.")


def _secret(config: WebhookTriggerConfig) -> bytes:
    return (config.secret or "").encode()


def _bytes(text: str) -> bytes:
    """Return the bytes that came: a header is read as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _required(headers: Headers, name: str | None) -> str:
    """Return the header; twice is as wrong as never, since each reader would believe another."""
    values = [value for key, value in headers if key == (name or "").lower()]
    if len(values) != 1:
        raise _invalid(f"The header `{name}` is {'missing' if not values else 'there twice'}.")
    return values[0].strip()


def _invalid(message: str) -> Refused:
    return Refused("invalid-signature", message)


# -- which one ---------------------------------------------------------------------------------------------------------

_ID_HEADERS = {"github": "x-github-delivery", "standard_webhooks": "webhook-id"}
_ID_PATHS = {"stripe": "id", "slack": "event_id"}


def delivery_id(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> str | None:
    """Return what the sender calls this delivery, also when it repeats it; None if the trigger knows no place."""
    preset = config.preset if config.auth == "hmac" else None
    header = config.delivery_id_header or _ID_HEADERS.get(preset or "")
    path = config.delivery_id_path or _ID_PATHS.get(preset or "")
    if header is not None:
        found = next((value for key, value in headers if key == header.lower()), "")
        return found.strip() or None
    return None if path is None else _at_path(_payload(config, headers, body), path)


def _at_path(value: Json, path: str) -> str | None:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int) and value != "" else None


# -- what the run is given ---------------------------------------------------------------------------------------------


def trigger_output(
    config: WebhookTriggerConfig,
    method: str,
    headers: Headers,
    query: Sequence[tuple[str, str]],
    body: bytes,
) -> JsonObject:
    """Return the output of the trigger, without secrets; raises Refused: `invalid-json`, `unsupported-content-type`."""
    output = {
        "payload": _payload(config, headers, body),
        "headers": _shown_headers(config, headers),
        "method": method.upper(),
        "query": _gather(query),
    }
    return dict(normalise_value(output))


def by_hand(given: Json) -> JsonObject:
    """Return the trigger's output for a run by hand: the given payload, or a whole delivery of the same shape."""
    output: JsonObject = {"payload": None, "headers": {}, "method": "POST", "query": {}}
    is_whole = isinstance(given, dict) and "payload" in given and given.keys() <= output.keys()
    return {**output, **given} if is_whole else {**output, "payload": given}


def _payload(config: WebhookTriggerConfig, headers: Headers, body: bytes) -> Json:
    if not body.strip():
        return None
    declared = next((value for key, value in headers if key == "content-type"), "")
    media_type = declared.partition(";")[0].strip().lower()
    return _reader(media_type, body)(config, body)


def _reader(media_type: str, body: bytes) -> Callable[[WebhookTriggerConfig, bytes], Json]:
    """Return how to read a body; one without a type is JSON if it looks like it."""
    if media_type == "application/json" or media_type.endswith("+json"):
        return _read_json
    if media_type == "application/x-www-form-urlencoded":
        return _read_form
    if media_type.startswith("text/") or media_type in ("application/xml", ""):
        looks_like_json = not media_type and body.lstrip()[:1] in (b"{", b"[")
        return _read_json if looks_like_json else _read_text
    raise Refused(
        "unsupported-content-type",
        f"A delivery is JSON, a form or text, not `{media_type[:100]}`.",
    )


def _read_json(_: WebhookTriggerConfig, body: bytes) -> Json:
    return normalise_json(body)


def _read_form(config: WebhookTriggerConfig, body: bytes) -> Json:
    form = _gather(parse_qsl(_decoded(body), keep_blank_values=True, max_num_fields=1_000))
    if config.preset == "github" and isinstance(form.get("payload"), str):
        return normalise_json(form["payload"])
    return form


def _read_text(_: WebhookTriggerConfig, body: bytes) -> Json:
    return _decoded(body)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid-json", "The body is not UTF-8.", path="") from error


def _gather(pairs: Sequence[tuple[str, str]]) -> JsonObject:
    """Return pairs by name; what comes more than once is a list."""
    gathered: JsonObject = {}
    for name, value in pairs:
        before = gathered.get(name)
        if before is None:
            gathered[name] = value
        else:
            gathered[name] = [*before, value] if isinstance(before, list) else [before, value]
    return gathered


def _shown_headers(config: WebhookTriggerConfig, headers: Headers) -> JsonObject:
    hidden = set(_SECRET_HEADERS)
    if config.auth == "header" and config.header is not None:
        hidden.add(config.header.lower())
    shown: dict[str, str] = {}
    for name, value in headers:
        text = REDACTED if name in hidden else value
        shown[name] = f"{shown[name]}, {text}" if name in shown and name not in hidden else text
    return dict(shown)
