"""Lets only so many requests in at once: the rest is told at once to come back, so that those inside are answered soon.

Without it an overloaded gateway takes everything, answers everything late, and works for clients that have given up.
How many are too many depends on the machine: the sign is an event loop that comes too late to everything. Alone it
means little, since a machine can be busy with other things; nor do many requests, while the loop keeps up.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from services.chassis.errors import Overloaded
from services.gateway.entry import metrics

requests_at_once_max = 1_000
"""However fast the machine is: what they may hold of memory, about 250 MB at worst, is bounded too."""
requests_when_late_max = 256
starting_part_max = 0.75
"""Starts and deliveries leave room for people who decide, and for those who look."""
beat_seconds = 0.05
late_seconds = 0.25
EVENTS = "/api/v1/events"
DELIVERIES = "/api/webhooks/"
RUNS = "/runs"


class Gate:
    """Counts who is inside; event streams stay for long, cost little, and have a limit of their own."""

    def __init__(
        self,
        inside_max: int = requests_at_once_max,
        inside_when_late_max: int = requests_when_late_max,
    ) -> None:
        self._inside_max = inside_max
        self._inside_when_late_max = inside_when_late_max
        self._inside = 0
        self.late_seconds = 0.0
        """By how much the event loop came too late of late."""

    async def run(self) -> None:
        """Feel how late the event loop is, until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + beat_seconds
            await asyncio.sleep(beat_seconds)
            self.late_seconds = max(clock() - due, self.late_seconds / 2)

    @contextmanager
    def passing(self, method: str, path: str) -> Iterator[None]:
        """Be inside for the length of the block. Raises Overloaded."""
        if path == EVENTS:
            yield
            return
        if self._inside >= self._room_for(method, path):
            metrics.SHED.inc()
            raise Overloaded("too many requests at once")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    def _room_for(self, method: str, path: str) -> int:
        is_late = self.late_seconds > late_seconds
        room = self._inside_when_late_max if is_late else self._inside_max
        return int(room * starting_part_max) if _starts_something(method, path) else room


def _starts_something(method: str, path: str) -> bool:
    return method == "POST" and (path.startswith(DELIVERIES) or path.endswith(RUNS))
