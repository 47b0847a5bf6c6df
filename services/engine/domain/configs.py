"""The configuration of every node and trigger, as people write it."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.base import Json, JsonObject
from services.engine.domain.limits import (
    ASSIGNEES_MAX,
    CASES_MAX,
    EXPRESSION_MAX,
    FIELDS_MAX,
    NAME_MAX,
)
from services.engine.domain.template import as_text


def _blank_is_none(value: Json) -> Json:
    return None if isinstance(value, str) and not value.strip() else value


def _scalar_is_text(value: Json) -> Json:
    """YAML reads `5` as a number and `true` as a truth value where a text was meant, such as a port."""
    return as_text(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_scalar_is_text)]
OptionalText = Annotated[Text | None, BeforeValidator(_blank_is_none)]
Blank = Annotated[None, BeforeValidator(_blank_is_none)]
"""An option that comes later: it may be written down empty, which is what it means today."""


class Config(BaseModel):
    """A key that nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FieldConfig(Config):
    """A field of a form. Every text may hold variables, but for `name`, `type` and `pattern`."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)
    label: OptionalText = None
    type: Literal["text", "textarea", "number", "date"]
    required: bool = False
    help: OptionalText = None
    placeholder: OptionalText = None
    default: Json = None
    min: Json = None
    max: Json = None
    step: float | None = Field(default=None, gt=0)
    min_length: int | None = Field(default=None, ge=0, le=100_000)
    max_length: int | None = Field(default=None, ge=1, le=100_000)
    pattern: str | None = Field(default=None, max_length=500)
    pattern_message: OptionalText = None


Fields = Annotated[list[FieldConfig], Field(max_length=FIELDS_MAX)]
Assignees = Annotated[list[Text], Field(max_length=ASSIGNEES_MAX)]


class ManualTriggerConfig(Config):
    """`sample_input` fills the run dialog, `fields` are its form."""

    sample_input: JsonObject | None = None
    fields: Fields = []


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


class ApprovalConfig(Config):
    """`policy`, `due` and `timeout` are not available yet; a blank timeout waits for ever."""

    prompt: Text
    title: OptionalText = None
    assignees: Assignees = []
    policy: Blank = None
    due: Blank = None
    timeout: Blank = None


class ManualInputConfig(Config):
    prompt: Text = ""
    title: OptionalText = None
    fields: Annotated[Fields, Field(min_length=1)]
    assignees: Assignees = []
    due: Blank = None
    timeout: Blank = None


class ConditionConfig(Config):
    expression: str = Field(min_length=1, max_length=EXPRESSION_MAX)


class SwitchConfig(Config):
    """A case is a text, a number or a boolean; its port is the same, as text."""

    expression: str = Field(min_length=1, max_length=EXPRESSION_MAX)
    cases: list[Json] = Field(min_length=1, max_length=CASES_MAX)


class HttpRequestConfig(Config):
    """`timeout` in seconds; `error_statuses` are statuses or classes such as `5xx`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    url: str = Field(min_length=1)
    headers: dict[str, Text] = Field(default={}, max_length=100)
    query: dict[str, Text] = Field(default={}, max_length=100)
    body: Json = None
    timeout: float = Field(default=30, gt=0, le=300)
    retries: int = Field(default=0, ge=0, le=20)
    retry_delay: float = Field(default=1, gt=0, le=3_600)
    retry_delay_max: float = Field(default=300, gt=0, le=86_400)
    error_statuses: list[Json] = Field(default=["4xx", "5xx"], max_length=100)


class StopConfig(Config):
    status: Literal["Completed", "Failed"] = "Completed"
    message: OptionalText = None
    output: Json = None


class NodeModel(Config):
    key: str
    type: str
    name: Annotated[str | None, Field(max_length=NAME_MAX)] = None
    config: JsonObject = {}


class TriggerModel(Config):
    type: str
    config: JsonObject = {}


class EdgeModel(Config):
    """`from` may be a port's node or the trigger."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: str = Field(alias="from")
    port: Annotated[Text, Field(max_length=200)] = "out"
    target: str = Field(alias="to")
