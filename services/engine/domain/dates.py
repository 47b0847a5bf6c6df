"""The `date` filter: instants and days in, text out, with the directives that every strftime knows and no others."""

import re
from datetime import UTC, date, datetime

from contracts.base import Json
from services.engine.domain.failure import EvaluationFailed

_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_KNOWN = frozenset("aAbBdHIjmMpSyYZzfFTDRGuVwUWceshxXnt%")
_WRITTEN_OUT = {"F": "%Y-%m-%d", "T": "%H:%M:%S", "D": "%m/%d/%y", "R": "%H:%M", "h": "%b"}
_PLAIN = {"n": "\n", "t": "\t", "%": "%%"}


def format_date(value: Json, pattern: str) -> str:
    """Return an instant (RFC 3339 text, a day, or seconds since 1970) as `pattern` says, in its own offset."""
    moment = read_moment(value)
    return moment.strftime(_DIRECTIVE.sub(lambda found: _directive(found, moment), pattern))


def _directive(found: re.Match[str], moment: datetime) -> str:
    """Return what strftime gets: a width or an unknown letter would be the C library's business."""
    dash, letter = found.groups()
    if letter == "s":
        return str(int(moment.timestamp()))
    if letter in _PLAIN:
        return _PLAIN[letter]
    if letter == "e":
        return f"{moment.day:2d}"
    if letter not in _KNOWN:
        raise EvaluationFailed(
            "expression-failed", f"The filter `date` does not know `{found.group()}`."
        )
    if dash:
        return moment.strftime(f"%{letter}").lstrip("0") or "0"
    return _WRITTEN_OUT.get(letter, f"%{letter}")


def read_moment(value: Json) -> datetime:
    """Return the moment that a value names; without an offset it is UTC. Raises EvaluationFailed."""
    try:
        match value:
            case bool():
                pass
            case int() | float():
                return datetime.fromtimestamp(value, UTC)
            case str() if len(value) <= 64:  # noqa: PLR2004 - no instant is longer
                return _read_text(value.strip())
            case _:
                pass
    except (ValueError, OverflowError, OSError):
        pass
    raise EvaluationFailed(
        "expression-failed", "The filter `date` needs an instant such as `2026-03-01T09:30:00Z`."
    )


def _read_text(text: str) -> datetime:
    if text.isdigit() and len(text) > 8:  # noqa: PLR2004 - shorter digits are a day, YYYYMMDD
        return datetime.fromtimestamp(int(text), UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        day = date.fromisoformat(text)
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone follows
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
