"""`event_trigger`: a run of another workflow emits an event, which starts this one."""

from pydantic import Field

from services.engine.domain.configs import Config, Text
from services.engine.domain.findings import Place
from services.engine.domain.limits import NAME_MAX
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type


class EventTriggerConfig(Config):
    """`event` is the name that `emit_event` tells."""

    event: Text = Field(min_length=1, max_length=NAME_MAX)


def _check(config: EventTriggerConfig, place: Place) -> None:
    if "{{" in config.event or not config.event.strip():
        place.at("event").fault(
            "invalid-value", "This is a name, without variables.", reason="event_name"
        )


EVENT_TRIGGER: TriggerType = trigger_type("event_trigger", EventTriggerConfig, _check, Shape())
