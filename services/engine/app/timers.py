"""Fires what is due: retries, delays, limits. What means nothing any more is dropped; firing twice changes nothing."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from services.chassis.errors import Refused, Transient
from services.chassis.orders import Done
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.ports import Timer, WaitStore
from services.engine.domain.run_commands import FireRetry, FireTimer

poll_seconds = 0.5
timers_a_round_max = 500
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Timers:
    """Every replica looks; the run decides whose firing counts."""

    def __init__(
        self, store: WaitStore, pipeline: RunPipeline, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock

    async def run(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            try:
                fired = await self.fire_due()
            except Transient as error:
                logger.info("timers put off", extra={"reason": str(error)})
                fired = 0
            if fired < timers_a_round_max:
                await asyncio.sleep(poll_seconds)

    async def fire_due(self) -> int:
        """Fire what is due and return how many timers that were. Raises Transient."""
        now = self._clock()
        timers = await self._store.due_timers(now, timers_a_round_max)
        if timers:
            await self._fire(timers, now)
        return len(timers)

    async def _fire(self, timers: Sequence[Timer], now: datetime) -> None:
        outcomes = await self._pipeline.execute_all(
            [order_for(timer.run_id, _firing(timer), actor="timer") for timer in timers]
        )
        over = [
            timer
            for timer, outcome in zip(timers, outcomes, strict=True)
            if isinstance(outcome, Refused) or (isinstance(outcome, Done) and not outcome.events)
        ]
        if over:
            await self._store.delete_timers(over, now)


def _firing(timer: Timer) -> FireRetry | FireTimer:
    if timer.kind == "retry":
        return FireRetry(timer.node, timer.visit, timer.attempt)
    return FireTimer(timer.kind, timer.node, timer.visit)
