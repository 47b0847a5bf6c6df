"""`webhook_trigger`: a delivery over HTTP starts the run."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Literal

from services.engine.domain.configs import Config, OptionalText, Text
from services.engine.domain.findings import Place
from services.engine.domain.secret_names import NAME_RULE, as_name, is_name, sole_reference
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type

NAME = "webhook_trigger"
KEPT = "********"
"""Stands for the secret that the workflow keeps: it is never shown, and saving this back changes nothing."""
GENERATE = "generate"
"""The same in a new workflow: its secret is made after it was saved."""
STANDARD_PREFIX = "whsec_"
"""What every secret of Standard Webhooks begins with."""
SECRET_CHARS_MAX = 1_000
_SHAPE = Shape(members=frozenset({"payload", "headers", "method", "query"}))
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")


class WebhookTriggerConfig(Config):
    """How a sender proves itself, and where its delivery id is.

    `delivery_id_header` names a header, `delivery_id_path` a dotted path into the payload. Presets know theirs.
    """

    auth: Literal["none", "header", "hmac"] = "none"
    header: OptionalText = None
    secret: OptionalText = None
    preset: Literal["github", "stripe", "slack", "standard_webhooks", "custom"] | None = None
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Text = ""
    delivery_id_header: OptionalText = None
    delivery_id_path: OptionalText = None


@dataclass(frozen=True, slots=True)
class Written:
    """The secret itself stands in the definition: as it comes from its author, or from before it was kept apart."""

    text: str


@dataclass(frozen=True, slots=True)
class Named:
    """The secret is one of those with a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The secret is the workflow's own and kept apart from its definition, if there is one."""


SecretSource = Written | Named | Kept


def secret_source(secret: str | None) -> SecretSource:
    """Return where the secret is that a configuration means."""
    if secret is None or secret in {KEPT, GENERATE}:
        return Kept()
    name = sole_reference(secret)
    return Written(secret) if name is None else Named(name)


def _check(config: WebhookTriggerConfig, place: Place) -> None:
    """Note what the chosen way to prove oneself lacks."""
    if config.auth != "none" and config.secret is None:
        place.at("secret").fault(
            "missing-key",
            f"`secret` is missing. `{GENERATE}` makes one after this was saved.",
            name="secret",
            reason="secret",
        )
    needs_header = config.auth == "header" or (config.auth == "hmac" and config.preset == "custom")
    if needs_header and config.header is None:
        place.at("header").fault("missing-key", "`header` is missing.", name="header")
    if config.auth == "hmac" and config.preset is None:
        place.at("preset").fault("missing-key", "`preset` is missing.", name="preset")
    for key in ("header", "delivery_id_header"):
        _check_header(getattr(config, key), place.at(key))
    if config.secret is not None:
        _check_secret(config, config.secret, place.at("secret"))


def _check_header(name: str | None, place: Place) -> None:
    if name is not None and not _HEADER_NAME.fullmatch(name.strip()):
        place.fault("invalid-value", "This is no name of a header.", reason="header_name")


def _check_secret(config: WebhookTriggerConfig, secret: str, place: Place) -> None:
    match secret_source(secret):
        case Named(name=name) if is_name(name):
            place.secret(name)
        case Named(name=name):
            place.fault("invalid-secret-name", NAME_RULE, as_name(name))
        case Named(name=name):
            place.secret(name)
        case Written(text=text) if "{{" in text:
            place.fault(
                "invalid-value",
                "A secret is a text, or `{{ secrets.NAME }}` alone.",
                reason="secret",
            )
        case Written(text=text) if len(text) > SECRET_CHARS_MAX:
            place.fault(
                "text-too-long",
                f"The limit is {SECRET_CHARS_MAX} characters.",
                limit=SECRET_CHARS_MAX,
            )
        case Written(text=text) if config.preset == "standard_webhooks" and _is_garbled(text):
            message = f"After `{STANDARD_PREFIX}` a secret of Standard Webhooks is base64."
            place.fault("invalid-value", message, reason="standard_secret")
        case _:
            return


def _is_garbled(secret: str) -> bool:
    if not secret.startswith(STANDARD_PREFIX):
        return False
    bare = secret.removeprefix(STANDARD_PREFIX).rstrip("=")
    try:
        return not base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return True


WEBHOOK_TRIGGER: TriggerType = trigger_type(NAME, WebhookTriggerConfig, _check, _SHAPE)
