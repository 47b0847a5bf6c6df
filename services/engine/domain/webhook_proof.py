"""Who may start a run by webhook: the proofs of each sender, over the bytes as they came, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.chassis.errors import Refused
from services.engine.domain.triggers.webhook import STANDARD_PREFIX, WebhookTriggerConfig

Headers = Sequence[tuple[str, str]]
"""In order of arrival, names in lower case."""

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may be off, either way: the figure of Stripe, Slack and Standard Webhooks."""
SIGNATURES_MAX = 20
"""A sender that rotates keys signs with two or three."""
_STAMP_DIGITS_MAX = 12
_NOBODY = b"nobody has this secret, it only takes as long"


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a sender signs, and the signatures that came with it."""

    content: bytes
    given: Sequence[str]


def verify(
    config: WebhookTriggerConfig,
    secrets: Sequence[bytes],
    headers: Headers,
    body: bytes,
    now: datetime,
) -> None:
    """Return if the sender has proved that it knows one of the secrets; raises Refused("invalid-signature").

    Every secret is tried whatever the others gave, so that the time tells nothing about which one fits.
    """
    match config.auth:
        case "none":
            return
        case "header":
            given = _bytes(_required(headers, config.header))
            if not _any(hmac.compare_digest(given, secret) for secret in secrets):
                raise _invalid(_mismatch("secret", secrets))
        case "hmac":
            signed = _signed(config, headers, body, now)
            if not _any(_matches(config, secret, signed) for secret in secrets):
                raise _invalid(_mismatch("signature", secrets))
        case _:
            assert_never(config.auth)


def verify_nothing(body: bytes) -> None:
    """Take as long as judging a signature over the body, for what has no webhook to judge it."""
    hmac.digest(_NOBODY, body, hashlib.sha256)


def signature_headers(config: WebhookTriggerConfig) -> frozenset[str]:
    """Return the headers that hold a proof, in lower case; they are never shown."""
    presets = {
        "github": {"x-hub-signature-256", "x-hub-signature"},
        "stripe": {"stripe-signature"},
        "slack": {"x-slack-signature"},
        "standard_webhooks": {"webhook-signature", "svix-signature"},
    }
    found = set().union(*presets.values())
    if config.auth != "none" and config.header is not None:
        found.add(config.header.strip().lower())
    return frozenset(found)


def _mismatch(what: str, secrets: Sequence[bytes]) -> str:
    if not secrets:
        return "This webhook has no secret yet, so that nobody can know it."
    return f"The {what} does not match."


def _any(verdicts: Iterator[bool]) -> bool:
    """Look at all of them."""
    return bool(sum(verdicts))


def _signed(config: WebhookTriggerConfig, headers: Headers, body: bytes, now: datetime) -> _Signed:
    match config.preset:
        case "github":
            return _Signed(body, [_required(headers, "x-hub-signature-256")])
        case "stripe":
            stamp, given = _stripe_signature(_required(headers, "stripe-signature"))
            _check_time(stamp, now)
            return _Signed(stamp.encode() + b"." + body, given)
        case "slack":
            stamp = _required(headers, "x-slack-request-timestamp")
            _check_time(stamp, now)
            given = [_required(headers, "x-slack-signature")]
            return _Signed(b"v0:" + stamp.encode() + b":" + body, given)
        case "standard_webhooks":
            return _standard(headers, body, now)
        case "custom" | None:
            return _Signed(body, [_required(headers, config.header)])
        case _:
            assert_never(config.preset)


def _matches(config: WebhookTriggerConfig, secret: bytes, signed: _Signed) -> bool:
    """Compare with every signature that came, each in constant time."""
    expected = _expected(config, secret, signed.content).encode()
    return _any(
        hmac.compare_digest(expected, _bytes(_folded(config, one)))
        for one in signed.given[:SIGNATURES_MAX]
    )


def _expected(config: WebhookTriggerConfig, secret: bytes, content: bytes) -> str:
    match config.preset:
        case "github":
            return "sha256=" + _hex(secret, content)
        case "stripe":
            return _hex(secret, content)
        case "slack":
            return "v0=" + _hex(secret, content)
        case "standard_webhooks":
            digest = hmac.digest(standard_key(secret), content, hashlib.sha256)
            return base64.b64encode(digest).decode()
        case "custom" | None:
            digest = hmac.digest(secret, content, config.algorithm)
            encoded = base64.b64encode(digest).decode()
            return config.prefix + (digest.hex() if config.encoding == "hex" else encoded)
        case _:
            assert_never(config.preset)


def _folded(config: WebhookTriggerConfig, given: str) -> str:
    """Return the signature as we write it: of a custom one in hex, the case of its digits means nothing."""
    if config.preset not in {"custom", None} or config.encoding == "base64":
        return given
    prefix = len(config.prefix)
    return given[:prefix] + given[prefix:].lower()


def _stripe_signature(header: str) -> tuple[str, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    if len(stamps) != 1:
        raise _invalid("The signature has no timestamp.")
    return stamps[0], [value for name, _, value in pairs if name == "v1"]


def _standard(headers: Headers, body: bytes, now: datetime) -> _Signed:
    """Read what standardwebhooks.com says, also under the names that it had at Svix."""
    names = {name for name, _ in headers}
    prefix = "svix" if "svix-id" in names and "webhook-id" not in names else "webhook"
    identifier = _required(headers, f"{prefix}-id")
    stamp = _required(headers, f"{prefix}-timestamp")
    _check_time(stamp, now)
    parts = [part.partition(",") for part in _required(headers, f"{prefix}-signature").split()]
    given = [signature for version, _, signature in parts if version == "v1"]
    return _Signed(_bytes(f"{identifier}.{stamp}.") + body, given)


def standard_key(secret: bytes) -> bytes:
    """Return the key that a secret of Standard Webhooks stands for; what is no base64 is the key itself."""
    bare = secret.removeprefix(STANDARD_PREFIX.encode()).rstrip(b"=")
    try:
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return secret


def _hex(key: bytes, signed: bytes) -> str:
    return hmac.digest(key, signed, hashlib.sha256).hex()


def _check_time(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _STAMP_DIGITS_MAX):
        raise _invalid("The timestamp is no number of seconds.")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise _invalid(f"The timestamp is more than {TOLERANCE_SECONDS} seconds off.")


def _bytes(text: str) -> bytes:
    """Return the bytes that came: a header is read as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _required(headers: Headers, name: str | None) -> str:
    """Return the header; twice is as wrong as never, since each reader would believe another."""
    values = [value for key, value in headers if key == (name or "").strip().lower()]
    if len(values) != 1:
        raise _invalid(f"The header `{name}` is {'missing' if not values else 'there twice'}.")
    return values[0].strip()


def _invalid(message: str) -> Refused:
    return Refused("invalid-signature", message)
