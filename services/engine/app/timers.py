"""Fires what is due: retries, delays, limits. Never early; a firing that comes too late or twice changes nothing.

A claim only keeps replicas from doing the same work; the run decides whether a firing counts. A claim that its replica
could not use ends by itself, and somebody else takes it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.orders import Done
from services.engine.app.orders import RunOutcome, RunPipeline, order_for
from services.engine.app.ports import Timer, WaitStore
from services.engine.domain.run_commands import FireRetry, FireTimer

poll_seconds = 0.5
"""A timer may be set by another replica, or be nearer than the next one was: nothing is slept through for longer."""
claim_seconds = 2.0
"""Longer than a round takes; a timer whose replica died in the act is this much later."""
broken_seconds = 60.0
"""A timer of a run whose definition cannot be read is tried again as rarely."""
timers_a_round_max = 500
"""Two batches of the pipeline, so that people's decisions wait for two at most."""
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Timers:
    """Every replica looks; each timer is claimed by one of them at a time."""

    def __init__(
        self, store: WaitStore, pipeline: RunPipeline, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock
        self._looked_at = clock()

    async def run(self) -> None:
        """Fire when something is due, and look twice a second, until cancelled."""
        while True:
            try:
                fired = await self.fire_due()
                pause = 0.0 if fired == timers_a_round_max else await self._pause()
            except (Transient, Broken) as error:
                logger.warning("timers put off", extra={"reason": str(error)})
                pause = poll_seconds
            await asyncio.sleep(pause)

    async def fire_due(self) -> int:
        """Fire what is due and return how many timers are over. Raises Transient or Broken."""
        now = self._looked_at = self._clock()
        until = now + timedelta(seconds=claim_seconds)
        timers = await self._store.claim_timers(now, until, timers_a_round_max)
        if not timers:
            return 0
        pass_crash_point("timer-claimed")
        return await self._fire(timers, now)

    async def _pause(self) -> float:
        """Return the seconds until the next timer is due, or until another one may have been set."""
        next_at = await self._store.next_timer(self._looked_at)
        if next_at is None:
            return poll_seconds
        # One that has become due since the last look is fired at once.
        return min(max((next_at - self._clock()).total_seconds(), 0.0), poll_seconds)

    async def _fire(self, timers: Sequence[Timer], now: datetime) -> int:
        try:
            outcomes = await self._pipeline.execute_all(
                [order_for(timer.run_id, _firing(timer), actor="timer") for timer in timers]
            )
        except asyncio.CancelledError:  # the service stops: nobody need wait for the claim's end
            with suppress(Transient):
                await self._store.release_timers(timers, now)
            raise
        fired = list(zip(timers, outcomes, strict=True))
        over = [timer for timer, outcome in fired if _means_nothing(outcome)]
        if over:
            await self._store.delete_timers(over, now)
        self._count(fired)
        put_off = 0
        for kind, seconds in ((Transient, 0.0), (Broken, broken_seconds)):
            left = [timer for timer, outcome in fired if isinstance(outcome, kind)]
            if left:
                logger.warning("timers put off", extra={"timers": len(left)})
                await self._store.release_timers(left, now + timedelta(seconds=seconds))
                put_off += len(left)
        return len(timers) - put_off

    def _count(self, fired: Sequence[tuple[Timer, RunOutcome]]) -> None:
        now = self._clock()
        for timer, outcome in fired:
            if isinstance(outcome, Done) and outcome.events:
                late = (now - timer.due_at).total_seconds()
                telemetry.TIMER_LATE_SECONDS.labels(timer.kind).observe(max(late, 0.0))


def _firing(timer: Timer) -> FireRetry | FireTimer:
    if timer.kind == "retry":
        return FireRetry(timer.node, timer.visit, timer.attempt)
    return FireTimer(timer.kind, timer.node, timer.visit)


def _means_nothing(outcome: RunOutcome) -> bool:
    """Tell whether the run has moved on, or is not there any more."""
    return isinstance(outcome, Refused) or (isinstance(outcome, Done) and not outcome.events)
