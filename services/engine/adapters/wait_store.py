"""Waits, jobs and timers as the loops of the engine read them."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from uuid import UUID

from contracts.run import NodeScheduled
from contracts.task import BucketDigest
from services.chassis.database import Pool, translated
from services.engine.adapters.statements import statements
from services.engine.app.ports import Timer, Wait

LOWEST_ID = UUID(int=0)


class PostgresWaits:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def digests(self, before: datetime) -> list[BucketDigest]:
        """Return the digests of waits opened before then."""
        with translated():
            rows = await self._pool.fetch(statements["digest_waits"], before)
        return [BucketDigest(**dict(row)) for row in rows]

    async def waits(
        self, bucket: int, before: datetime, after: UUID | None, limit: int
    ) -> list[Wait]:
        """Return the waits of one bucket, by task id."""
        start = LOWEST_ID if after is None else after
        with translated():
            rows = await self._pool.fetch(statements["list_waits"], bucket, before, start, limit)
        return [Wait(row["task_id"], row["run_id"]) for row in rows]

    async def still_waiting(self, task_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that are waited for now."""
        with translated():
            rows = await self._pool.fetch(statements["existing_waits"], task_ids)
        return {row["task_id"] for row in rows}

    async def ended(self, run_ids: Sequence[UUID], before: datetime) -> dict[UUID, str]:
        """Return the statuses of those runs that ended before then."""
        with translated():
            rows = await self._pool.fetch(statements["statuses_of_runs"], run_ids, before)
        return {row["id"]: row["status"] for row in rows}

    async def is_wanted(self, run_id: UUID, job: NodeScheduled) -> bool:
        """Tell whether the job's result is still awaited."""
        with translated():
            return bool(
                await self._pool.fetchval(
                    statements["is_wanted"], run_id, job.node, job.visit, job.attempt
                )
            )

    async def claim_timers(self, now: datetime, until: datetime, limit: int) -> list[Timer]:
        """Return timers that are due, the earliest first; nobody else gets them before `until`."""
        with translated():
            rows = await self._pool.fetch(statements["claim_timers"], now, until, limit)
        return [Timer(*row) for row in rows]

    async def next_timer(self, after: datetime) -> datetime | None:
        """Return when the first timer after then is due."""
        with translated():
            due_at: datetime | None = await self._pool.fetchval(statements["next_timer"], after)
        return due_at

    async def release_timers(self, timers: Sequence[Timer], until: datetime) -> None:
        """Give claimed timers back; nobody gets them before then."""
        keys = [(timer.run_id, timer.node, timer.kind) for timer in timers]
        columns = [list(column) for column in zip(*keys, strict=True)]
        with translated():
            await self._pool.execute(statements["release_timers"], *columns, until)

    async def delete_timers(self, timers: Sequence[Timer], due_before: datetime) -> None:
        """Drop timers that mean nothing any more, but not those that the same nodes have set since."""
        rows = [astuple(timer)[:5] for timer in timers]
        columns = [list(column) for column in zip(*rows, strict=True)]
        with translated():
            await self._pool.execute(statements["drop_timers"], *columns, due_before)
