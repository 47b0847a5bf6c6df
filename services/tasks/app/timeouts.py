"""Has the clock decide the tasks whose time is up: never early, through the same door as people.

A claim only keeps replicas from doing the same work; who decides is settled at the door. A claim that its replica
could not use ends by itself, and somebody else takes it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.task import TaskFact
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Broken, Transient
from services.chassis.orders import Done, Order
from services.tasks.app.ports import Orders, TimeoutStore
from services.tasks.domain.task_commands import TaskCommand, TimeOut
from services.tasks.domain.task_state import Decided, TaskState

poll_seconds = 0.5
claim_seconds = 5.0
"""Longer than a commit takes; a timeout whose replica died is this much later."""
timeouts_a_round_max = 500
"""Two batches of the pipeline, so that people's decisions wait for two at most."""
logger = logging.getLogger(__name__)
Outcome = Done[TaskState, TaskFact] | Exception


def _now() -> datetime:
    return datetime.now(UTC)


class Timeouts:
    """Every replica looks; each timeout is claimed by one of them at a time."""

    def __init__(
        self, store: TimeoutStore, pipeline: Orders, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock

    async def run(self) -> None:
        """Look twice a second until cancelled; without a pause while there is more than one round's worth."""
        while True:
            try:
                claimed = await self.fire_due()
            except (Transient, Broken) as error:
                logger.warning("timeouts put off", extra={"reason": str(error)})
                claimed = 0
            if claimed < timeouts_a_round_max:
                await asyncio.sleep(poll_seconds)

    async def fire_due(self) -> int:
        """Fire what is due, and return how many timeouts were claimed. Raises Transient or Broken."""
        now = self._clock()
        until = now + timedelta(seconds=claim_seconds)
        task_ids = await self._store.claim(now, until, timeouts_a_round_max)
        if task_ids:
            pass_crash_point("timeout-claimed")
            await self._fire(task_ids)
        return len(task_ids)

    async def _fire(self, task_ids: Sequence[UUID]) -> None:
        outcomes = await self._pipeline.execute_all([_order(task_id) for task_id in task_ids])
        _tell(outcomes)
        # Somebody was before the clock: a timeout goes with that decision, but for one that an older release wrote.
        without_effect = [
            task_id
            for task_id, outcome in zip(task_ids, outcomes, strict=True)
            if isinstance(outcome, Done) and not outcome.events
        ]
        if without_effect:
            await self._store.forget(without_effect)


def _order(task_id: UUID) -> Order[TaskCommand]:
    return Order(task_id, TimeOut(), actor="system:timeout", cause="timeout")


def _tell(outcomes: Sequence[Outcome]) -> None:
    late = [seconds for outcome in outcomes for seconds in _seconds_late(outcome)]
    for seconds in late:
        telemetry.TIMER_LATE_SECONDS.labels("task timeout").observe(seconds)
    if late:
        logger.info("tasks timed out", extra={"tasks": len(late), "late_seconds": max(late)})
    put_off = sum(not isinstance(outcome, Done) for outcome in outcomes)
    if put_off:
        logger.warning("timeouts put off", extra={"tasks": put_off})


def _seconds_late(outcome: Outcome) -> Sequence[float]:
    """Return how late the timeout fired; nothing if somebody was before it."""
    if not isinstance(outcome, Done) or not outcome.events:
        return ()
    assert isinstance(outcome.state, Decided), "a timeout that takes effect decides its task"
    opened, resolved = outcome.state.opened, outcome.state.resolved
    assert opened.timeout_at is not None, "only a task with a timeout times out"
    return ((resolved.decided_at - opened.timeout_at).total_seconds(),)
