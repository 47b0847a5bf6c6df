"""What can be wrong with a schedule as people write it, and what they probably meant."""

import difflib
import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

CRON_CHARS_MAX = 200
ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    (
        "day of the month",
        "1 to 31, `L` (the last day) or `LW` (the last one from Monday to Friday)",
    ),
    ("month", "1 to 12 or JAN to DEC"),
    (
        "day of the week",
        "0 to 7 or SUN to SAT, `MON#2` (the second Monday) or `5L` (the last Friday)",
    ),
)
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_NAMES = {
    3: ("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    4: ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}
_NAME_CHARS = 3
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})


class CronFault(Exception):  # noqa: N818 - a verdict
    """A schedule cannot be taken; `key` is the one of the configuration that is wrong."""

    def __init__(
        self,
        key: str,
        code: str,
        message: str,
        suggestion: str | None = None,
        /,
        **params: str | float,
    ) -> None:
        super().__init__(message)
        self.params = params
        self.key = key
        self.code = code
        self.message = message
        self.suggestion = suggestion


def check_cron(text: str) -> list[str]:
    """Return the five fields, in capitals. Raises CronFault."""
    if len(text) > CRON_CHARS_MAX:
        text = f"A schedule has at most {CRON_CHARS_MAX} characters."
        raise _wrong(text, reason="length", limit=CRON_CHARS_MAX)
    fields = text.upper().split()
    _check_count(text, fields)
    for place in range(len(FIELDS)):
        _check_field(fields, place)
    if not _is_taken(fields):
        raise never_comes()
    return fields


def check_zone(name: str) -> str:
    """Return the time zone's name. Raises CronFault."""
    if name in _zones():
        return name
    message = f"`{name[:CRON_CHARS_MAX]}` is not a time zone of the IANA database, such as `UTC` or `Europe/Rome`."
    raise CronFault(
        "timezone", "unknown-timezone", message, _nearest_zone(name), name=name[:CRON_CHARS_MAX]
    )


def never_comes() -> CronFault:
    """Return what is said of a schedule without instants."""
    return CronFault("cron", "never-due", "This never comes: none of these months has such a day.")


def _wrong(message: str, suggestion: str | None = None, /, **params: str | float) -> CronFault:
    return CronFault("cron", "invalid-cron", message, suggestion, **params)


def _check_count(text: str, fields: list[str]) -> None:
    if text.strip().startswith("@"):
        suggestion = NICKNAMES.get(text.strip().lower())
        raise _wrong(
            "Nicknames are not taken; write the five fields.", suggestion, reason="nickname"
        )
    if len(fields) == len(FIELDS):
        return
    expected = "minute, hour, day of the month, month, day of the week"
    if len(fields) in {len(FIELDS) + 1, len(FIELDS) + 2}:
        # Seconds come first, and Quartz has years at the end.
        suggestion = " ".join(_from_quartz(fields[1 : len(FIELDS) + 1]))
        text = (
            f"This has {len(fields)} fields; five are taken, and no seconds or years: {expected}."
        )
        near = suggestion if _is_taken(suggestion.split()) else None
        raise _wrong(text, near, reason="count", count=len(fields))
    raise _wrong(
        f"This has {len(fields)} fields; five are taken: {expected}.",
        reason="count",
        count=len(fields),
    )


def _check_field(fields: list[str], place: int) -> None:
    field = fields[place]
    if _is_taken(_alone(field, place)):
        return
    name, taken = FIELDS[place]
    better = _better(field, place)
    suggestion = None
    if better is not None:
        suggestion = " ".join([*fields[:place], better, *fields[place + 1 :]])
    raise _wrong(
        f"`{field}` does not fit as the {name}: {taken}; also lists, ranges and steps.",
        suggestion,
        reason="field",
        field=field,
        place=place,
    )


def _is_taken(fields: list[str]) -> bool:
    try:
        CronSim(" ".join(fields), ANY_DAY)
    except CronSimError:
        return False
    return len(fields) == len(FIELDS)


def _alone(field: str, place: int) -> list[str]:
    return [field if index == place else "*" for index in range(len(FIELDS))]


def _from_quartz(fields: list[str]) -> list[str]:
    return ["*" if field == "?" else field for field in fields]


def _better(field: str, place: int) -> str | None:
    """Return the field as it was probably meant."""
    terms = [_better_term(term, place) for term in _from_quartz(field.split(","))]
    better = ",".join(terms)
    return better if better != field and _is_taken(_alone(better, place)) else None


def _better_term(term: str, place: int) -> str:
    """Cut names to three letters, and split a range that runs over the end, such as `22-2`."""
    words = re.sub(r"[A-Z]{4,}", lambda word: word.group()[:_NAME_CHARS], term)
    ends = words.split("-")
    numbers = [_number(end, place) for end in ends]
    lowest, highest = _RANGES[place]
    match numbers:
        case [int(first), int(last)] if lowest <= last < first <= highest:
            return f"{_span(first, highest)},{_span(lowest, last)}"
        case [int(only)] if only == highest + 1 and lowest == 0:
            return str(lowest)
        case _:
            return words


def _number(word: str, place: int) -> int | None:
    names = _NAMES.get(place, ())
    if word in names:
        return names.index(word)
    return int(word) if word.isascii() and word.isdigit() else None


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


@lru_cache(maxsize=1)  # reading the folder takes milliseconds, and it changes with a release
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


def _nearest_zone(name: str) -> str | None:
    """Return the zone whose name, or whose city, was probably meant."""
    word = name.strip()[:CRON_CHARS_MAX].replace(" ", "_").lower()
    by_name = {zone.lower(): zone for zone in sorted(_zones())}
    by_city = {zone.rpartition("/")[2]: zone for zone in by_name.values() if "/" in zone}
    cities = {city.lower(): zone for city, zone in by_city.items()}
    city = word.rpartition("/")[2]
    found = by_name.get(word) or cities.get(city)
    if found is not None:
        return found
    near = difflib.get_close_matches(word, by_name, n=1, cutoff=0.7)
    near_city = difflib.get_close_matches(city, cities, n=1, cutoff=0.7)
    return by_name[near[0]] if near else cities[near_city[0]] if near_city else None
