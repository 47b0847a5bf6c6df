"""All that is left to chance in one seed, and the trace of what came of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")
BEGIN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
lines_kept_max = 4_000
common_part = 0.85


@dataclass(slots=True)
class Trace:
    """What happened, in order; kept only if somebody will read it."""

    is_kept: bool
    lines: list[str] = field(default_factory=list)

    def add(self, seconds: float, who: str, what: str) -> None:
        if self.is_kept and len(self.lines) < lines_kept_max:
            self.lines.append(f"{seconds:9.4f}  {who:<12} {what}")


class Chance:
    """A seeded source; the same seed asks the same questions and gets the same answers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._near = self._random.getrandbits(48)
        self.slowness = self._random.choice((0.0, 0.0, 0.01, 0.05))
        """How often a message or a statement takes its time."""

    def happens(self, probability: float) -> bool:
        return self._random.random() < probability

    def between(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def one_of(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def some_of(self, choices: Sequence[T], count: int) -> list[T]:
        return self._random.sample(choices, count)

    def latency(self) -> float:
        """Return how long a way takes, in seconds: mostly a part of a millisecond, now and then a second."""
        draw = self._random.random()
        if draw < self.slowness:
            return self._random.uniform(0.02, 1.2)
        return 0.0001 + draw * (0.0015 if draw < common_part else 0.012)

    def id(self) -> UUID:
        """Return a UUIDv7-like id."""
        self._near += self._random.randint(1, 1_000)
        low = self._random.getrandbits(80)
        return UUID(int=self._near << 80 | low & ~(0xF << 76) | 7 << 76)


def seconds_of(at: datetime) -> float:
    """Return the time of the loop at that moment."""
    return (at - BEGIN).total_seconds()


def moment(seconds: float) -> datetime:
    """Return the time of the day at this time of the loop."""
    return BEGIN + timedelta(seconds=seconds)
