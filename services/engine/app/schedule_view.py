"""A schedule as people see it: in words, and with its next instants."""

from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from contracts.base import Json
from contracts.workflow import ScheduleView
from services.engine.domain.cron import Schedule
from services.engine.domain.cron_faults import CronFault
from services.engine.domain.triggers.schedule import SCHEDULE_TRIGGER_NAME, ScheduleTriggerConfig

instants_shown = 5


def schedule_view(definition: Json, now: datetime) -> ScheduleView | None:
    """Return the schedule of a definition, valid or not; None if it has none that could be read."""
    trigger = definition.get("trigger") if isinstance(definition, dict) else None
    if not isinstance(trigger, dict) or trigger.get("type") != SCHEDULE_TRIGGER_NAME:
        return None
    return view_of_config(trigger.get("config"), now)


def view_of_config(config: Json, now: datetime) -> ScheduleView | None:
    """Return the schedule of a trigger's configuration; None if it could not be read."""
    try:
        schedule = ScheduleTriggerConfig.model_validate(config).schedule()
    except (ValidationError, CronFault):
        return None
    return ScheduleView(
        cron=schedule.cron,
        timezone=schedule.timezone,
        words=schedule.words(),
        next=list(_upcoming(schedule, now.replace(second=0, microsecond=0))),
    )


@lru_cache(
    maxsize=1_024
)  # a list is asked for again and again within a minute, and none comes inside one
def _upcoming(schedule: Schedule, minute: datetime) -> tuple[datetime, ...]:
    return tuple(schedule.upcoming(minute, instants_shown))
