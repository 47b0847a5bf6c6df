"""Spans of whole hours: what statistics that are kept by the hour can be asked for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.chassis.errors import Refused

HOUR = timedelta(hours=1)
SPAN_DAYS_MAX = 400
"""How long statistics are kept, too: a year, and a month to compare it with."""


def whole_hours(
    start: datetime, end: datetime, days_max: int = SPAN_DAYS_MAX
) -> tuple[datetime, datetime]:
    """Return the span widened to whole hours in UTC. Raises Refused("invalid-request") if it is empty or too long."""
    first, last = _hour(start), _hour(end)
    if last < end:
        last += HOUR
    if last <= first:
        raise Refused("invalid-request", "The span ends before it starts.")
    if last - first > timedelta(days=days_max):
        raise Refused("invalid-request", f"The span is longer than {days_max} days.")
    return first, last


def _hour(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Refused("invalid-request", "A time needs its offset, as in 2026-11-24T08:00:00Z.")
    try:
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    except OverflowError:
        raise Refused("invalid-request", "There is no such time.") from None


def known_zone(name: str) -> str:
    """Return the name if it is that of a time zone. Raises Refused("invalid-request")."""
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or the name of a folder
        raise Refused("invalid-request", "There is no such time zone.", zone=name) from None
