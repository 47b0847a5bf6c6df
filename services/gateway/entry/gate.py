"""Lets only so many requests in at once: the rest is told at once to come back, so that those inside are answered soon.

Without it an overloaded gateway takes everything, answers everything late, and works for clients that have given up.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from services.chassis.errors import Overloaded
from services.gateway.entry import metrics

requests_at_once_max = 1_000
"""Less than a second's work of one gateway, and about 100 MB at worst."""
starts_at_once_max = 750
"""Starts and deliveries leave room for people who decide, and for those who look."""
EVENTS = "/api/v1/events"
DELIVERIES = "/api/webhooks/"
RUNS = "/runs"


class Gate:
    """Counts who is inside; event streams stay for long, cost little, and have a limit of their own."""

    def __init__(
        self, everyone_max: int = requests_at_once_max, starts_max: int = starts_at_once_max
    ) -> None:
        self._everyone_max = everyone_max
        self._starts_max = starts_max
        self._inside = 0

    @contextmanager
    def passing(self, method: str, path: str) -> Iterator[None]:
        """Be inside for the length of the block. Raises Overloaded."""
        if path == EVENTS:
            yield
            return
        if self._inside >= (
            self._starts_max if _starts_something(method, path) else self._everyone_max
        ):
            metrics.SHED.inc()
            raise Overloaded("too many requests at once")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


def _starts_something(method: str, path: str) -> bool:
    return method == "POST" and (path.startswith(DELIVERIES) or path.endswith(RUNS))
