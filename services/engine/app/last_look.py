"""The last look before something that cannot be undone: whether its result is still awaited.

A job may wait long between the moment when it was found to be wanted and its request: for its host's turn, for a
connection, or because the whole process stood still, while another worker does it and its result is recorded. So the
one who sends passes here right before the first byte, and what was seen too long ago is looked at again.
"""

import time
from collections.abc import Awaitable, Callable

from services.chassis.errors import Transient

look_seconds_max = 1.0
"""So old a look may be when the first byte leaves, counted from before it was asked for: a result that is recorded
later than that is not seen. A job that takes its turn at once costs no second look."""
looks_max = 10
Gate = Callable[[], Awaitable[None]]
"""Passed right before the first byte; between its return and that byte nothing may be waited for.

Raises Transient if it must not leave: the job is offered again, and then dropped if nobody wants it.
"""


async def open_gate() -> None:
    """Let everything pass: of those who send nothing twice."""


class LastLook:
    """Of one job."""

    def __init__(
        self, look: Callable[[], Awaitable[bool]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock`: seconds that go on while the process stands still; not the loop's, which may lag behind."""
        self._look = look
        self._clock = clock
        self._asked_at = float("-inf")

    async def is_wanted(self) -> bool:
        """Look. Raises Transient."""
        asked_at = self._clock()
        wanted = await self._look()
        self._asked_at = asked_at
        return wanted

    async def __call__(self) -> None:
        """Return at once if the last look is young, else after a new one. Raises Transient."""
        for _ in range(looks_max):
            if self._clock() - self._asked_at <= look_seconds_max:
                return
            if not await self.is_wanted():
                raise Transient("its result was recorded, or its run ended, before its turn came")
        raise Transient("the database takes too long to say whether it is still wanted")
