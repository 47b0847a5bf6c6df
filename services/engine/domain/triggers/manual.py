"""`manual_trigger`: a person or a script starts the run with an input."""

from pydantic import Field

from contracts.base import JsonObject
from services.engine.domain.configs import Config, Fields
from services.engine.domain.findings import Place
from services.engine.domain.form import compile_fields
from services.engine.domain.run_state import TRIGGER
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type


class ManualTriggerConfig(Config):
    """`sample_input` fills the run dialog, `fields` are its form."""

    sample_input: JsonObject | None = None
    fields: Fields = Field(default=[])


def _check(config: ManualTriggerConfig, place: Place) -> None:
    compile_fields(config.fields, place.at("fields").of(TRIGGER))


MANUAL_TRIGGER: TriggerType = trigger_type("manual_trigger", ManualTriggerConfig, _check, Shape())
