"""How often and when a failed attempt of a node is made again."""

from dataclasses import dataclass
from uuid import UUID

from services.chassis.ids import derived_id


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`retries` come on top of the first attempt; the delay doubles each time up to the limit."""

    retries: int = 0
    delay_seconds: float = 1.0
    delay_seconds_max: float = 300.0
    backoff: float = 2.0
    jitter: float = 0.25
    """Retries of many runs that failed together spread over this part of their delay, either way."""

    def delay_after(self, attempt: int, run_id: UUID, key: str) -> float:
        """Return the seconds between a failed attempt and the next, spread by a hash (no chance here)."""
        exponent = min(attempt - 1, 32)
        delay = min(self.delay_seconds * self.backoff**exponent, self.delay_seconds_max)
        spread = derived_id("retry", str(run_id), key, str(attempt)).int % 1_000 / 1_000
        return delay * (1 - self.jitter + 2 * self.jitter * spread)


NO_RETRIES = RetryPolicy()
