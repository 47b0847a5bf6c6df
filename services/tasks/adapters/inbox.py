"""The inbox as PostgreSQL keeps it: every page is one statement, so its total is of the same instant."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from contracts.task import (
    TASK_FACTS_BY_TYPE,
    BucketDigest,
    OpenTask,
    TaskAttempt,
    TaskClosed,
    TaskExplanation,
    TaskOpened,
    TaskResolved,
)
from services.chassis.database import Pool, Statements, acquire_seconds_max, translated
from services.tasks.adapters.tsquery import tsquery_of
from services.tasks.app.aggregate import decode_state
from services.tasks.app.ports import ATTEMPTS_KEPT_MAX, Filter, Place, Row, Rows, Sort, Trail
from services.tasks.domain.task_state import TaskState, Unknown

statements = Statements(Path(__file__).parent / "sql")
_FIRST: dict[Sort, Place] = {
    "oldest": Place(datetime(1, 1, 2, tzinfo=UTC), UUID(int=0)),
    "newest": Place(datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1)),
    "due": Place(datetime(1, 1, 2, tzinfo=UTC), UUID(int=0)),
}


class PostgresInbox:
    """Reads what `TaskProjection` writes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _fetch(self, name: str, *arguments: object) -> Sequence[asyncpg.Record]:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return await connection.fetch(statements[name], *arguments)

    async def load(self, task_id: UUID) -> TaskState:
        rows = await self._fetch("load_task", task_id)
        return decode_state(rows[0][0]) if rows else Unknown()

    async def trail(self, task_id: UUID) -> Trail:
        rows = await self._fetch("list_attempts", task_id, ATTEMPTS_KEPT_MAX)
        attempts = [
            TaskAttempt(
                by=row["actor_name"], action=row["action"], code=row["code"], at=row["attempted_at"]
            )
            for row in rows
        ]
        return Trail(attempts, rows[0]["total"]) if rows else Trail()

    async def list(self, wanted: Filter, after: Place | None, limit: int) -> Rows:
        name, arguments = _statement(wanted, after or _FIRST[wanted.sort], limit)
        rows = await self._fetch(name, *arguments)
        items = [
            Row(Place(row["placed_at"], row["task_id"]), row["item"])
            for row in rows
            if row["task_id"] is not None
        ]
        return Rows(items, total=rows[0]["total"])

    async def count_pending(self) -> int:
        rows = await self._fetch("count_pending")
        return int(rows[0][0])

    async def digest_open(self, before: datetime) -> Sequence[BucketDigest]:
        return [
            BucketDigest(bucket=row["bucket"], count=row["tasks"], checksum=row["checksum"])
            for row in await self._fetch("digest_open_tasks", before)
        ]

    async def list_open(
        self, bucket: int, before: datetime, after: UUID | None, limit: int
    ) -> Sequence[OpenTask]:
        rows = await self._fetch("list_open_tasks", bucket, before, after, limit)
        return [OpenTask(task_id=row["task_id"], run_id=row["run_id"]) for row in rows]

    async def explain(self, task_ids: Sequence[UUID]) -> Sequence[TaskExplanation]:
        rows = await self._fetch("explain_tasks", task_ids, len(task_ids))
        known = {row["stream_id"]: _explanation(row) for row in rows}
        return [
            known.get(task_id) or TaskExplanation(task_id=task_id, status="unknown")
            for task_id in dict.fromkeys(task_ids)
        ]


def _statement(wanted: Filter, after: Place, limit: int) -> tuple[str, Sequence[object]]:
    part = "ended" if wanted.statuses else "pending"
    arguments: list[object] = [wanted.kinds, after.at, after.task_id, limit]
    if wanted.statuses:
        arguments.append(wanted.statuses)
    if wanted.words is not None:
        search = [tsquery_of(wanted.words), wanted.workflow_id]
        due_by = [] if wanted.statuses else [wanted.due_by]
        return f"search_{part}_{wanted.sort}", [*arguments, *search, *due_by]
    if wanted.due_by is not None:
        return f"overdue_pending_{wanted.sort}", [*arguments, wanted.due_by, wanted.workflow_id]
    if wanted.workflow_id is not None:
        return f"list_{part}_of_workflow_{wanted.sort}", [*arguments, wanted.workflow_id]
    return f"list_{part}_{wanted.sort}", arguments


def _explanation(row: asyncpg.Record) -> TaskExplanation:
    task_id: UUID = row["stream_id"]
    model = TASK_FACTS_BY_TYPE[row["type"]]
    if model is TaskResolved:
        resolution = TaskResolved.model_validate_json(row["resolution"])
        return TaskExplanation(task_id=task_id, status="resolved", resolution=resolution)
    if model is TaskClosed:
        return TaskExplanation(task_id=task_id, status="closed")
    assert model is TaskOpened
    return TaskExplanation(task_id=task_id, status="pending")
