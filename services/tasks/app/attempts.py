"""Remembers who tried to decide a task and was refused, for the audit trail; no decision waits for it.

What belongs there is whoever came too late, was not allowed, had seen something else, or used a key for two things. A
task that does not exist has no trail, and a form with a mistake is corrected and sent again: neither is kept.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from contracts.task import DecideTask
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.finishing import finished
from services.tasks.app.ports import ATTEMPTS_KEPT_MAX, Attempt, AttemptStore, TaskAttempts

AUDITED = frozenset(
    {"already-decided", "run-ended", "forbidden", "digest-mismatch", "idempotency-key-reused"}
)
FLUSH_SECONDS = 0.25
RETRY_SECONDS = 2.0
TASKS_WAITING_MAX = 2_000
"""Tasks with attempts that are not written yet; attempts on further ones are lost, and said to be."""
ATTEMPTS_WAITING_MAX = 10_000
"""Attempts not written yet, of all tasks together; further ones are only counted."""
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class AttemptRecorder:
    """A bounded memory and the loop that empties it."""

    def __init__(self, store: AttemptStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock
        self._waiting: dict[UUID, TaskAttempts] = {}
        self._attempts_waiting = 0
        self._lost = 0
        self._noted = asyncio.Event()

    def note(self, request: DecideTask, refusal: Refused) -> None:
        """Remember a refused decision. Never blocks, never raises."""
        if refusal.code not in AUDITED:
            return
        of_task = self._of_task(request.task_id)
        if of_task is None:
            self._lost += 1
            return
        of_task.count += 1
        if len(of_task.first) < ATTEMPTS_KEPT_MAX and self._attempts_waiting < ATTEMPTS_WAITING_MAX:
            self._attempts_waiting += 1
            of_task.first.append(
                Attempt(request.actor, request.action, refusal.code, self._clock())
            )
        self._noted.set()

    def _of_task(self, task_id: UUID) -> TaskAttempts | None:
        found = self._waiting.get(task_id)
        if found is None and len(self._waiting) < TASKS_WAITING_MAX:
            found = self._waiting[task_id] = TaskAttempts(task_id)
        return found

    async def run(self) -> None:
        """Write what was noted until cancelled, and then the rest."""
        try:
            while True:
                await self._noted.wait()
                self._noted.clear()
                await asyncio.sleep(FLUSH_SECONDS)
                if not await finished(self.flush()):
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            await self.flush()

    async def flush(self) -> bool:
        """Write what waits; if the database is away it waits on, and the answer is false."""
        if self._lost:
            logger.warning("refused attempts not kept", extra={"attempts": self._lost})
            self._lost = 0
        noted, self._waiting, self._attempts_waiting = self._waiting, {}, 0
        if not noted:
            return True
        try:
            await self._store.keep(list(noted.values()))
        except Transient as error:
            logger.warning("refused attempts not written yet", extra={"reason": str(error)})
            self._take_back(noted)
            return False
        except Broken:
            logger.exception("refused attempts not kept", extra={"tasks": len(noted)})
        return True

    def _take_back(self, noted: dict[UUID, TaskAttempts]) -> None:
        """Put back what was not written, before what has come since; if it was written after all, it counts twice."""
        since, self._waiting = self._waiting, noted
        for of_task in since.values():
            earlier = self._of_task(of_task.task_id)
            if earlier is None:
                self._lost += of_task.count
                continue
            earlier.count += of_task.count
            earlier.first = [*earlier.first, *of_task.first][:ATTEMPTS_KEPT_MAX]
        self._attempts_waiting = sum(len(of_task.first) for of_task in noted.values())
        self._noted.set()
