"""Compares what runs wait for with the tasks that are open: both sides hold the same, but for what is on its way.

Both are digested as the reconciler does it; where they differ ids are compared. Whatever differs is looked at again
after some seconds, and only what is still so is broken: the reconciler would repair it, and should never have to.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts import subjects
from contracts.operations import Finding, VerifiedWaits, VerifyWaits
from contracts.task import (
    DigestOpenTasks,
    ListOpenTasks,
    OpenTaskDigests,
    OpenTaskPage,
    TaskExplanation,
)
from services.chassis.findings import Said, finding, said
from services.chassis.rpc import Caller
from services.engine.app.ports import WaitStore
from services.engine.app.verify_runs import explained

page_size = 1_000
suspects_max = 1_000
REMEDY = said(
    "reconciler",
    "The reconciler repairs this within a minute and counts it in flusso_repairs_total; if it stays, "
    "look whether engine, tasks and NATS are ready (Settings, System health).",
)


def _now() -> datetime:
    return datetime.now(UTC)


class Waits:
    """Answers VerifyWaits."""

    def __init__(
        self, store: WaitStore, caller: Caller, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._caller = caller
        self._clock = clock

    async def verify(self, question: VerifyWaits) -> VerifiedWaits:
        """Name suspects, or say which of the suspects are broken. Raises Refused, Transient."""
        if question.suspects is not None:
            return VerifiedWaits(findings=list(await self._findings(question.suspects)))
        before = self._clock() - timedelta(seconds=question.settle_seconds)
        mine = await self._store.digests(before)
        answer = await self._caller.ask(subjects.DIGEST_OPEN_TASKS, DigestOpenTasks(before=before))
        theirs = OpenTaskDigests.model_validate_json(answer).buckets
        ours = {(digest.bucket, digest.count, digest.checksum) for digest in mine}
        others = {(digest.bucket, digest.count, digest.checksum) for digest in theirs}
        suspects: set[UUID] = set()
        for bucket in sorted({digest[0] for digest in ours ^ others}):
            suspects |= await self._differing(bucket, before)
            if len(suspects) >= suspects_max:
                break
        return VerifiedWaits(
            waits=sum(digest.count for digest in mine), suspects=sorted(suspects)[:suspects_max]
        )

    async def _differing(self, bucket: int, before: datetime) -> set[UUID]:
        return await self._waiting(bucket, before) ^ await self._open(bucket, before)

    async def _waiting(self, bucket: int, before: datetime) -> set[UUID]:
        found: set[UUID] = set()
        after: UUID | None = None
        while True:
            waits = await self._store.waits(bucket, before, after, page_size)
            found |= {wait.task_id for wait in waits}
            if len(waits) < page_size:
                return found
            after = waits[-1].task_id

    async def _open(self, bucket: int, before: datetime) -> set[UUID]:
        found: set[UUID] = set()
        after: UUID | None = None
        while True:
            question = ListOpenTasks(bucket=bucket, before=before, after=after, limit=page_size)
            answer = await self._caller.ask(subjects.LIST_OPEN_TASKS, question)
            items = OpenTaskPage.model_validate_json(answer).items
            found |= {item.task_id for item in items}
            if len(items) < page_size:
                return found
            after = items[-1].task_id

    async def _findings(self, suspects: Sequence[UUID]) -> Sequence[Finding]:
        waiting = await self._store.still_waiting(suspects)
        became = await explained(self._caller, suspects)
        return [
            finding
            for task_id in suspects
            for finding in _judged(task_id, became, is_waited_for=task_id in waiting)
        ]


def _judged(
    task_id: UUID, became: Mapping[UUID, TaskExplanation], *, is_waited_for: bool
) -> Sequence[Finding]:
    known = became.get(task_id)
    status = "unknown" if known is None else known.status
    match status, is_waited_for:
        case "pending", False:
            message = said("task-without-wait", "it is open, but no run waits for it")
            return [_finding("task-without-wait", task_id, message)]
        case "unknown", True:
            message = said("wait-without-task", "a run waits for it, but there is none")
            return [_finding("wait-without-task", task_id, message)]
        case (("resolved" | "closed"), True):
            text = "it is {status}, but its run still waits for it"
            message = said(f"{status}-not-taken", text, status=status)
            return [_finding("decision-not-taken", task_id, message)]
        case _:
            return []


def _finding(check: str, task_id: UUID, message: Said) -> Finding:
    return finding("engine", check, said("task", "task {id}", id=task_id), message, REMEDY)
