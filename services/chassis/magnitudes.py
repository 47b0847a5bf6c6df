"""How long things take, on a scale of fixed steps: what medians are read from without keeping every duration.

Each step is about 1.41 times as long as the one before it, and what is read from it lies on the step of the true value:
off by a fifth as a rule, and by two fifths at most. The same scale is in the migrations that make `duration_magnitude`;
a stored magnitude means the same for ever.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

BOUNDS_MS: tuple[int, ...] = (1, *(round(2 ** (step / 2)) for step in range(2, 67)))
"""From 1 ms to 99 days. Magnitude 0 is less than the first of them, magnitude n at least the n-th."""
MAGNITUDE_MAX = len(BOUNDS_MS)
_MILLISECOND = timedelta(milliseconds=1)


def duration_ms(began_at: datetime, ended_at: datetime) -> int:
    """Return whole milliseconds; clocks of replicas may differ, so an end before its beginning is none."""
    return max(0, (ended_at - began_at) // _MILLISECOND)


def magnitude(milliseconds: int) -> int:
    """Return on which step of the scale a duration lies."""
    return bisect_right(BOUNDS_MS, milliseconds)


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """Return the duration in ms that this share of them does not exceed, about; None if there are none."""
    total = sum(counts.values())
    if total == 0:
        return None
    wanted = max(1.0, share * total)
    before = 0
    for step in sorted(counts):
        if before + counts[step] >= wanted:
            return _within(step, (wanted - before - 0.5) / counts[step])
        before += counts[step]
    return _within(max(counts), 1.0)


def _within(step: int, part: float) -> int:
    """Return the duration that lies so far between the ends of a step."""
    if step == 0:
        return 0
    low = BOUNDS_MS[step - 1]
    high = BOUNDS_MS[step] if step < MAGNITUDE_MAX else low
    return round(low + (high - low) * min(1.0, max(0.0, part)))


TOTAL = -1
"""The magnitude of rows that say how many there were and how long they took together, not how long each took."""


@dataclass(slots=True)
class Durations:
    """Durations, added up: how many, how long all took together, and how many on each step of the scale."""

    number: int = 0
    milliseconds: int = 0
    counts: Counter[int] = field(default_factory=Counter)

    def add(self, step: int, number: int, milliseconds: int) -> None:
        """Add a row: a total, or how many durations lie on a step of the scale."""
        if step == TOTAL:
            self.number += number
            self.milliseconds += milliseconds
        else:
            self.counts[step] += number

    @property
    def mean(self) -> int | None:
        """Return the mean in ms."""
        return round(self.milliseconds / self.number) if self.number else None

    @property
    def median(self) -> int | None:
        """Return the median in ms, about."""
        return quantile(self.counts, 0.5)

    @property
    def p90(self) -> int | None:
        """Return the 90th percentile in ms, about."""
        return quantile(self.counts, 0.9)
