"""Every type of trigger, one module each: its configuration and the shape of its output."""

from collections.abc import Mapping

from services.engine.domain.trigger_type import TriggerType
from services.engine.domain.triggers.event import EVENT_TRIGGER
from services.engine.domain.triggers.manual import MANUAL_TRIGGER
from services.engine.domain.triggers.schedule import SCHEDULE_TRIGGER
from services.engine.domain.triggers.webhook import WEBHOOK_TRIGGER

TRIGGER_TYPES: Mapping[str, TriggerType] = {
    trigger.name: trigger
    for trigger in (MANUAL_TRIGGER, WEBHOOK_TRIGGER, SCHEDULE_TRIGGER, EVENT_TRIGGER)
}
LATER_TRIGGER_TYPES = frozenset({"schedule_trigger", "event_trigger"} - TRIGGER_TYPES.keys())
