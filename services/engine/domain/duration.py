"""Lengths of time as people write them: `90s`, `15m`, `2h`, `3d`, `1w`, and sums such as `1h30m`."""

import re
from datetime import timedelta

DURATION_DAYS_MAX = 3_660
"""Ten years: longer is a mistake."""
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"(\d{1,9})\s*([smhdw])", re.ASCII)
_WHOLE = re.compile(r"\s*(?:\d{1,9}\s*[smhdw]\s*)+", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Return the length of time; raises ValueError that says what is expected."""
    if not _WHOLE.fullmatch(text):
        msg = f"`{text[:40]}` is no duration; write 90s, 15m, 2h, 3d, 1w or a sum such as 1h30m."
        raise ValueError(msg)
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
    if not 0 < seconds <= DURATION_DAYS_MAX * 86_400:
        msg = f"`{text.strip()}` is not between one second and {DURATION_DAYS_MAX:,} days."
        raise ValueError(msg)
    return timedelta(seconds=seconds)


def in_words(length: timedelta) -> str:
    """Return a length of time as it would be written: the largest units first, such as `1h30m`."""
    seconds = int(length.total_seconds())
    parts = []
    for unit in ("w", "d", "h", "m", "s"):
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
