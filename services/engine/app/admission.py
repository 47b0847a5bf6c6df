"""Lets queued runs begin: the oldest first, and never more than their workflow lets run at once.

A slot is given in one short transaction that counts what runs; the run then starts like any other. Who dies between the
two leaves an admitted run, which another replica starts. A run that waits for people holds no slot; when it goes on, it
does so at once, even if all slots are taken by then.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.chassis.errors import Broken, Transient
from services.chassis.event_log import LogRow
from services.chassis.orders import Done
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.ports import QueueStore
from services.engine.domain.run_commands import Admit

poll_seconds = 0.5
"""Another replica may have freed a slot, or somebody may have saved another limit."""
start_seconds_max = 2.0
"""An admitted run that has not started after this time is started by whoever looks."""
runs_a_round_max = 256
queues_max = 1_000
TYPE = 3
"""Where a row of the log has the name of the event."""
QUEUED = "flusso.run.queued"
FREEING = frozenset(
    {"flusso.run.paused", "flusso.run.completed", "flusso.run.failed", "flusso.run.cancelled"}
)
"""What may free a slot. A run that comes to wait because its children do is found by the next poll."""
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Admission:
    """Every replica looks; the database gives each slot once."""

    def __init__(
        self, store: QueueStore, pipeline: RunPipeline, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock
        self._woken = asyncio.Event()
        self._queues_exist = True
        self._broken: set[UUID] = set()
        """Runs whose definition cannot be read: told once, and left alone by this process."""

    def notice(self, rows: Sequence[LogRow]) -> None:
        """Look at once after a commit that queued a run, or freed a slot that one may wait for."""
        for row in rows:
            name = row[TYPE]
            if name == QUEUED or (self._queues_exist and name in FREEING):
                self._woken.set()
                return

    async def run(self) -> None:
        """Look when woken, and twice a second, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.look()
            except (Transient, Broken) as error:
                logger.warning("admission put off", extra={"reason": str(error)})
            with suppress(TimeoutError):
                async with asyncio.timeout(poll_seconds):
                    await self._woken.wait()

    async def look(self) -> int:
        """Admit what has a slot, and return how many runs started. Raises Transient or Broken."""
        queues = await self._store.queues(queues_max)
        self._queues_exist = bool(queues)
        now = self._clock()
        before = now - timedelta(seconds=start_seconds_max)
        left = await self._store.unstarted(before, runs_a_round_max + len(self._broken))
        open_queues = [workflow_id for workflow_id, is_open in queues.items() if is_open]
        admitted: Sequence[UUID] = ()
        if open_queues:
            admitted = await self._store.admit(open_queues, now, runs_a_round_max)
        return await self._start([run for run in (*left, *admitted) if run not in self._broken])

    async def _start(self, run_ids: Sequence[UUID]) -> int:
        if not run_ids:
            return 0
        outcomes = await self._pipeline.execute_all(
            [order_for(run_id, Admit(), actor="queue") for run_id in run_ids]
        )
        for run_id, outcome in zip(run_ids, outcomes, strict=True):
            if isinstance(outcome, Broken):
                logger.error("queued run cannot start", extra={"run_id": str(run_id)})
                self._broken.add(run_id)
        put_off = sum(not isinstance(outcome, Done) for outcome in outcomes)
        if put_off:
            logger.warning("queued runs put off", extra={"runs": put_off})
        return sum(isinstance(outcome, Done) and bool(outcome.events) for outcome in outcomes)
