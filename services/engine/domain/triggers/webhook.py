"""`webhook_trigger`: a delivery over HTTP starts the run."""

from typing import Literal

from services.engine.domain.configs import Config, OptionalText, Text
from services.engine.domain.findings import Place
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type

_SHAPE = Shape(members=frozenset({"payload", "headers", "method", "query"}))


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


def _check(config: WebhookTriggerConfig, place: Place) -> None:
    """Note what the chosen way to prove oneself lacks."""
    if config.auth != "none" and config.secret is None:
        place.at("secret").fault("missing-key", "`secret` is missing.")
    needs_header = config.auth == "header" or (config.auth == "hmac" and config.preset == "custom")
    if needs_header and config.header is None:
        place.at("header").fault("missing-key", "`header` is missing.")
    if config.auth == "hmac" and config.preset is None:
        place.at("preset").fault("missing-key", "`preset` is missing.")


WEBHOOK_TRIGGER: TriggerType = trigger_type("webhook_trigger", WebhookTriggerConfig, _check, _SHAPE)
