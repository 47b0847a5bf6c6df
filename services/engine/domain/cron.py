"""Cron schedules of five fields in a time zone: what is wrong with one, when it comes next, and how it reads in words.

`cronsim` walks the calendar by the wall clock, which knows no time zones; how its times become instants when clocks are
changed is decided here, as Debian's cron does it (docs/nodes/schedule_trigger.md tells people).
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from cron_descriptor import Options, get_description
from cronsim import CronSim

from services.engine.domain.cron_faults import ANY_DAY, check_cron, check_zone, never_comes

GAP_MAX = timedelta(hours=3)
"""A longer jump of the clock is a day that a country left out, not a change to summer time."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A valid schedule; `parse_schedule` makes it."""

    cron: str
    timezone: str

    def next_after(self, after: datetime) -> datetime | None:
        """Return the first instant later than `after`, in UTC; None if there is none within fifty years."""
        return next(self.instants_after(after), None)

    def upcoming(self, after: datetime, count: int) -> list[datetime]:
        """Return the next `count` instants."""
        return list(islice(self.instants_after(after), count))

    def instants_after(self, after: datetime) -> Iterator[datetime]:
        """Yield the instants later than `after`, in UTC and in order."""
        zone = ZoneInfo(self.timezone)
        latest, pending = after, list[datetime]()
        for wall in self._walls_from(after.astimezone(zone)):
            # No wall-clock time comes before this, even where those of an hour come twice.
            earliest = _as_utc(wall, zone, 0)
            while pending and pending[0] < earliest:
                latest = pending.pop(0)
                yield latest
            instants = self._instants_of(wall, zone)
            for instant in instants:
                if instant > latest:
                    insort(pending, instant)
            if pending == instants and len(instants) == 1:
                latest = pending.pop()
                yield latest

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """Return the last instant later than `after` and not later than `until`, however many lie between."""
        found = self.next_after(after)
        if found is None or found > until:
            return None
        high = until
        while high - found > _SECOND:
            middle = found + (high - found) / 2
            instant = self.next_after(middle)
            if instant is not None and instant <= until:
                found = instant
            else:
                high = middle
        return found

    @property
    def follows_the_clock(self) -> bool:
        """Tell whether it repeats by the hour or minute, so that a changed clock moves none of its instants."""
        minute, hour = self.cron.split()[:2]
        return minute.startswith("*") or hour.startswith("*")

    def _walls_from(self, local: datetime) -> Iterator[datetime]:
        """Yield the wall-clock times of the schedule from where instants after `local` may be."""
        start = local.replace(tzinfo=None, fold=0)
        zone = local.tzinfo
        assert isinstance(zone, ZoneInfo), "of our making"
        second = _as_utc(start, zone, 1)
        if local.fold == 0 and second > local:
            # The clock will be put back over this hour: earlier times on it come once more.
            start -= second - local.astimezone(UTC)
        return CronSim(self.cron, start)

    def _instants_of(self, wall: datetime, zone: ZoneInfo) -> list[datetime]:
        first, second = _as_utc(wall, zone, 0), _as_utc(wall, zone, 1)
        if first == second:
            return [first]
        if second > first:
            return [first, second] if self.follows_the_clock else [first]
        if self.follows_the_clock or first - second > GAP_MAX:
            return []
        return [_end_of_gap(second, first, zone)]

    def words(self) -> str:
        """Return the schedule as an English sentence."""
        return _words(self.cron)


@lru_cache(maxsize=1_024)  # lists show the same ones again and again
def parse_schedule(cron: str, timezone: str) -> Schedule:
    """Return the schedule. Raises CronFault."""
    fields = check_cron(cron)
    schedule = Schedule(" ".join(fields), check_zone(timezone))
    if next(CronSim(schedule.cron, ANY_DAY), None) is None:
        raise never_comes()
    return schedule


def _as_utc(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _end_of_gap(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant between the two at which the clock was put forward, to the second."""
    before = low.astimezone(zone).utcoffset()
    seconds_low, seconds_high = 0, int((high - low).total_seconds())
    while seconds_high - seconds_low > 1:
        middle = (seconds_low + seconds_high) // 2
        if (low + middle * _SECOND).astimezone(zone).utcoffset() == before:
            seconds_low = middle
        else:
            seconds_high = middle
    return low + seconds_high * _SECOND


@lru_cache(maxsize=1_024)
def _words(cron: str) -> str:
    options = Options()
    options.use_24hour_time_format = True
    text = get_description(cron, options)
    days, months, weekdays = cron.split()[2:]
    if (days, months, weekdays) == ("*", "*", "*"):
        return text if text.startswith("Every") else f"{text}, every day"
    if days.startswith("*") or weekdays.startswith("*"):
        # Both must fit then, which the library does not know.
        return text.replace(", or on ", ", if it is ")
    return text
