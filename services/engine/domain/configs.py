"""What the configurations of nodes and triggers are made of, as people write them."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.base import Json, JsonObject
from services.engine.domain.limits import ASSIGNEES_MAX, FIELDS_MAX, NAME_MAX
from services.engine.domain.template import as_text


def _blank_is_none(value: Json) -> Json:
    return None if isinstance(value, str) and not value.strip() else value


def _scalar_is_text(value: Json) -> Json:
    """YAML reads `5` as a number and `true` as a truth value where a text was meant, such as a port."""
    return as_text(value) if isinstance(value, int | float) else value


Text = Annotated[str, BeforeValidator(_scalar_is_text, json_schema_input_type=str | float | bool)]
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


class NodeModel(Config):
    key: str
    type: str
    name: Annotated[str | None, Field(max_length=NAME_MAX)] = None
    config: JsonObject = {}
    retry: Json = None
    time_limit: Json = None


class TriggerModel(Config):
    type: str
    config: JsonObject = {}


class EdgeModel(Config):
    """`from` may be a port's node or the trigger."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: str = Field(alias="from")
    port: Annotated[Text, Field(max_length=200)] = "out"
    target: str = Field(alias="to")
