"""Lengths of time and moments as people read them in a terminal."""

from datetime import datetime, timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def span(length: timedelta) -> str:
    """Return the two largest units of a length of time: `850 ms`, `42 s`, `3 m 5 s`, `2 d 4 h`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds * 1_000:.0f} ms"
    left = int(seconds)
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def age(since: datetime, now: datetime) -> str:
    """Return how long ago a moment was."""
    return span(now - since)


def moment(text: str) -> datetime:
    """Return an instant of the API."""
    return datetime.fromisoformat(text)


def local(text: str) -> str:
    """Return an instant of the API in this machine's zone, to the second."""
    return moment(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
