"""Closes what delivery cannot promise: waits without a task, tasks without a wait, decisions not taken, jobs forgotten.

Both services digest what they hold, by the last byte of the task's id; only buckets that differ are compared id by id.
In a run without faults nothing is ever repaired: every repair is counted, since it hides a bug or follows a fault.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts import subjects
from contracts.task import (
    CloseTasks,
    DigestOpenTasks,
    ExplainTasks,
    ListOpenTasks,
    OpenTaskDigests,
    OpenTaskPage,
    OverTask,
    TaskExplanation,
    TaskExplanations,
)
from services.chassis import telemetry
from services.chassis.errors import Refused, Transient
from services.chassis.orders import Done
from services.chassis.rpc import Caller
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.ports import Announcer, Wait, WaitStore
from services.engine.app.resolutions import resolve_of

interval_seconds = 15.0
settle_seconds = 10.0
job_seconds_max = 360.0
"""Longer than the longest request and its acknowledgement: a job that is being worked on is not offered twice."""
explain_seconds_max = 1.5
page_size = 1_000
jobs_a_round_max = 200
logger = logging.getLogger(__name__)

Ids = Mapping[UUID, UUID]
"""Runs by task."""


def _now() -> datetime:
    return datetime.now(UTC)


class Reconciler:
    """Works where the relay leads, so on one replica at a time."""

    def __init__(
        self,
        store: WaitStore,
        announcer: Announcer,
        caller: Caller,
        pipeline: RunPipeline,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._caller = caller
        self._pipeline = pipeline
        self._clock = clock
        self._suspects: set[UUID] = set()

    async def run(self) -> None:
        """Look every 15 s until cancelled."""
        while True:
            await asyncio.sleep(interval_seconds)
            if not self._announcer.leads:
                continue
            try:
                await self.look()
            except (Transient, Refused) as error:
                logger.info("reconciling put off", extra={"reason": str(error)})

    async def look(self) -> None:
        """Compare and repair once. Raises Transient."""
        before = self._clock() - timedelta(seconds=settle_seconds)
        suspects: set[UUID] = set()
        async for bucket in self._differing(before):
            suspects |= await self._compare(bucket, before)
        self._suspects = suspects
        await self._offer_jobs_again()

    async def _differing(self, before: datetime) -> AsyncIterator[int]:
        mine = await self._store.digests(before)
        question = DigestOpenTasks(before=before)
        answer = await self._caller.ask(subjects.DIGEST_OPEN_TASKS, question)
        theirs = OpenTaskDigests.model_validate_json(answer).buckets
        ours = {(digest.bucket, digest.count, digest.checksum) for digest in mine}
        others = {(digest.bucket, digest.count, digest.checksum) for digest in theirs}
        for bucket in sorted({digest[0] for digest in ours ^ others}):
            yield bucket

    async def _compare(self, bucket: int, before: datetime) -> set[UUID]:
        """Repair one bucket; return the tasks to be closed if the next look finds them too."""
        waits, tasks = await self._waits(bucket, before), await self._tasks(bucket, before)
        without_task = {task: run for task, run in waits.items() if task not in tasks}
        without_wait = {task: run for task, run in tasks.items() if task not in waits}
        for page in _pages(without_task):
            await self._restore(page, before)
        suspects: set[UUID] = set()
        for page in _pages(without_wait):
            suspects |= await self._close(page, before)
        return suspects

    async def _waits(self, bucket: int, before: datetime) -> dict[UUID, UUID]:
        found: dict[UUID, UUID] = {}
        after: UUID | None = None
        while True:
            waits = await self._store.waits(bucket, before, after, page_size)
            found |= {wait.task_id: wait.run_id for wait in waits}
            if len(waits) < page_size:
                return found
            after = waits[-1].task_id

    async def _tasks(self, bucket: int, before: datetime) -> dict[UUID, UUID]:
        found: dict[UUID, UUID] = {}
        after: UUID | None = None
        while True:
            question = ListOpenTasks(bucket=bucket, before=before, after=after, limit=page_size)
            answer = await self._caller.ask(subjects.LIST_OPEN_TASKS, question)
            items = OpenTaskPage.model_validate_json(answer).items
            found |= {item.task_id: item.run_id for item in items}
            if len(items) < page_size:
                return found
            after = items[-1].task_id

    # -- repairs -------------------------------------------------------------------------------------------------------

    async def _restore(self, page: Ids, before: datetime) -> None:
        """Announce waits again that no task stands for, and carry out decisions that the run has not taken."""
        waiting = await self._store.still_waiting(list(page))
        if not waiting:
            return
        explained = await self._explained(sorted(waiting))
        unknown = [item.task_id for item in explained if item.status == "unknown"]
        if unknown:
            await self._announcer.announce_waits([Wait(task, page[task]) for task in unknown])
        self._repaired("wait-without-task", unknown)
        # A decision of this moment is on its way.
        await self._resolve(
            [item for item in explained if item.resolution and item.resolution.decided_at < before]
        )

    async def _explained(self, task_ids: list[UUID]) -> list[TaskExplanation]:
        """Ask what became of them, in halves if there is no answer: long answers of people may be too much for one."""
        question = ExplainTasks(task_ids=task_ids)
        try:
            answer = await self._caller.ask(
                subjects.EXPLAIN_TASKS, question, timeout_seconds=explain_seconds_max
            )
        except Transient:
            if len(task_ids) == 1:
                raise
            middle = len(task_ids) // 2
            first = await self._explained(task_ids[:middle])
            return first + await self._explained(task_ids[middle:])
        return TaskExplanations.model_validate_json(answer).items

    async def _resolve(self, decided: Sequence[TaskExplanation]) -> None:
        orders = [
            order_for(
                item.resolution.run_id,
                resolve_of(item.task_id, item.resolution),
                actor="reconciler",
            )
            for item in decided
            if item.resolution is not None
        ]
        outcomes = await self._pipeline.execute_all(orders)
        taken = [
            item.task_id
            for item, outcome in zip(decided, outcomes, strict=True)
            if isinstance(outcome, Done) and outcome.events
        ]
        self._repaired("decision-not-taken", taken)

    async def _close(self, page: Ids, before: datetime) -> set[UUID]:
        """Close tasks that nothing waits for: at once if the run ended long enough ago, else at the next look."""
        waiting = await self._store.still_waiting(list(page))
        over = {task: run for task, run in page.items() if task not in waiting}
        ended = await self._store.ended(list(over.values()), before) if over else {}
        certain = {
            task: run for task, run in over.items() if run in ended or task in self._suspects
        }
        items = [
            OverTask.model_validate(
                {"task_id": task, "run_id": run, "run_status": ended.get(run, "Cancelled")}
            )
            for task, run in certain.items()
        ]
        if items:
            await self._caller.ask(subjects.CLOSE_TASKS, CloseTasks(items=items))
        self._repaired("task-without-wait", list(certain))
        return over.keys() - certain.keys()

    async def _offer_jobs_again(self) -> None:
        now = self._clock()
        before = now - timedelta(seconds=job_seconds_max)
        runs = await self._announcer.offer_stale_jobs(before, now, jobs_a_round_max)
        self._repaired("job-without-result", runs)

    def _repaired(self, kind: str, ids: Sequence[UUID]) -> None:
        if not ids:
            return
        telemetry.REPAIRS.labels(kind).inc(len(ids))
        logger.warning("repaired", extra={"kind": kind, "count": len(ids), "first": str(ids[0])})


def _pages(ids: Ids) -> list[Ids]:
    items = list(ids.items())
    return [dict(items[at : at + page_size]) for at in range(0, len(items), page_size)]
