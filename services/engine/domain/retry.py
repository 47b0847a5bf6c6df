"""How often, when and after which errors a failed attempt of a node is made again."""

import re
from dataclasses import dataclass
from uuid import UUID

from services.chassis.ids import derived_id

ANY = "any"
"""Stands for every error, also for those that are likely to come again."""
Statuses = tuple[int, int]
"""The first and the last of a range of HTTP statuses."""
_STATUS = re.compile(r"status-(?:([1-5])xx|([1-5]\d\d))", re.ASCII | re.IGNORECASE)
_EXPONENT_MAX = 64
"""Beyond, every delay is the longest one."""


def statuses_of(word: str) -> Statuses | None:
    """Return the statuses that a word such as `status-5xx` or `status-429` stands for."""
    found = _STATUS.fullmatch(word)
    if found is None:
        return None
    if found.group(1):
        first = int(found.group(1)) * 100
        return first, first + 99
    return int(found.group(2)), int(found.group(2))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`retries` come on top of the first attempt; the delay grows by `backoff` each time up to the limit."""

    retries: int = 0
    delay_seconds: float = 1.0
    delay_seconds_max: float = 300.0
    backoff: float = 2.0
    jitter: float = 0.25
    """Retries of many runs that failed together spread over this part of their delay, either way."""
    codes: frozenset[str] | None = None
    """The errors that are worth another attempt. None: those that the worker says may pass."""
    statuses: tuple[Statuses, ...] = ()

    def tries_again(self, attempt: int, code: str, status: int | None, *, may_pass: bool) -> bool:
        """Tell whether there is another attempt after one that ended with this error, and HTTP status if any."""
        if attempt > self.retries:
            return False
        if self.codes is None:
            return may_pass
        if ANY in self.codes or code in self.codes:
            return True
        return status is not None and any(low <= status <= high for low, high in self.statuses)

    def delay_after(self, attempt: int, run_id: UUID, key: str) -> float:
        """Return the seconds between a failed attempt and the next, spread by a hash (no chance here)."""
        exponent = min(attempt - 1, _EXPONENT_MAX)
        delay = min(self.delay_seconds * self.backoff**exponent, self.delay_seconds_max)
        spread = derived_id("retry", str(run_id), key, str(attempt)).int % 1_000 / 1_000
        return delay * (1 - self.jitter + 2 * self.jitter * spread)


NO_RETRIES = RetryPolicy()
