"""`manual_trigger`: a person or a script starts the run with an input."""

from pydantic import Field

from contracts.base import JsonObject
from contracts.run import FormField
from services.engine.domain.configs import Config, Fields
from services.engine.domain.findings import Place
from services.engine.domain.form import compile_fields
from services.engine.domain.run_state import TRIGGER
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type


class ManualTriggerConfig(Config):
    """`sample_input` fills the run dialog; `fields` are its form, and what a run by hand is judged by."""

    sample_input: JsonObject | None = None
    fields: Fields = Field(default=[])


def _check(config: ManualTriggerConfig, place: Place) -> None:
    compile_fields(config.fields, place.at("fields").of(TRIGGER))


def fields_of(config: Config) -> tuple[FormField, ...]:
    """Return what a run by hand is asked for, as far as its values are judged by it; other triggers ask for nothing."""
    if not isinstance(config, ManualTriggerConfig):
        return ()
    return tuple(
        FormField.model_validate({**field.model_dump(exclude={"default"}), "label": field.name})
        for field in config.fields
    )


MANUAL_TRIGGER: TriggerType = trigger_type("manual_trigger", ManualTriggerConfig, _check, Shape())
