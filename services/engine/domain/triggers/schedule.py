"""`schedule_trigger`: the clock starts the run, at the instants of a cron schedule in a time zone."""

from typing import Literal

from contracts.base import JsonObject
from services.engine.domain.configs import Config, Text
from services.engine.domain.cron import Schedule, parse_schedule
from services.engine.domain.cron_faults import CronFault
from services.engine.domain.findings import Place
from services.engine.domain.steps import Shape
from services.engine.domain.trigger_type import TriggerType, trigger_type

SCHEDULE_TRIGGER_NAME = "schedule_trigger"
AfterDowntime = Literal["skip", "catch_up"]
_SHAPE = Shape(members=frozenset({"scheduled_at"}))


class ScheduleTriggerConfig(Config):
    """`after_downtime` says what becomes of instants at which no engine was there to start a run."""

    cron: Text
    timezone: Text = "UTC"
    after_downtime: AfterDowntime = "skip"

    def schedule(self) -> Schedule:
        """Return the schedule. Raises CronFault."""
        return parse_schedule(self.cron, self.timezone)


def _check(config: ScheduleTriggerConfig, place: Place) -> None:
    try:
        config.schedule()
    except CronFault as fault:
        place.at(fault.key).fault(fault.code, fault.message, fault.suggestion, **fault.params)


def by_hand(given: JsonObject, now: str) -> JsonObject:
    """Return the trigger's output of a run that the clock has not started: due now, unless the input says when."""
    return {"scheduled_at": now} | given


SCHEDULE_TRIGGER: TriggerType = trigger_type(
    SCHEDULE_TRIGGER_NAME, ScheduleTriggerConfig, _check, _SHAPE
)
