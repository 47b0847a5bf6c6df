"""Waits, jobs and timers as the loops of the engine read them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.task import BucketDigest
from services.chassis.database import Pool, Row, translated
from services.engine.adapters.statements import statements

LOWEST_ID = UUID(int=0)


class WaitStore:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def digests(self, before: datetime) -> list[BucketDigest]:
        """Return the digests of waits opened before then."""
        with translated():
            rows = await self._pool.fetch(statements["digest_waits"], before)
        return [BucketDigest(**dict(row)) for row in rows]

    async def waits(self, bucket: int, before: datetime, after: UUID, limit: int) -> list[Row]:
        """Return rows of (task_id, run_id) of one bucket."""
        with translated():
            return await self._pool.fetch(statements["list_waits"], bucket, before, after, limit)

    async def still_waiting(self, task_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that are waited for now."""
        with translated():
            rows = await self._pool.fetch(statements["existing_waits"], task_ids)
        return {row["task_id"] for row in rows}

    async def ended(self, run_ids: Sequence[UUID]) -> dict[UUID, str]:
        """Return the statuses of those runs that have ended."""
        with translated():
            rows = await self._pool.fetch(statements["statuses_of_runs"], run_ids)
        return {row["id"]: row["status"] for row in rows}

    async def paused_events(
        self, task_ids: Sequence[UUID], run_ids: Sequence[UUID]
    ) -> Sequence[Row]:
        """Return the rows of the log by which these waits opened."""
        with translated():
            return await self._pool.fetch(statements["paused_events"], task_ids, run_ids)

    async def stale_jobs(self, before: datetime, limit: int) -> Sequence[Row]:
        """Return the rows of the log by which jobs without a result were offered."""
        with translated():
            return await self._pool.fetch(statements["stale_jobs"], before, limit)

    async def touch_jobs(self, run_ids: Sequence[UUID], now: datetime) -> None:
        """Note that the jobs of these runs were offered again."""
        with translated():
            await self._pool.execute(statements["touch_jobs"], run_ids, now)

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Row]:
        """Return timers that are due."""
        with translated():
            return await self._pool.fetch(statements["due_timers"], now, limit)

    async def delete_timers(self, run_ids: Sequence[UUID], nodes: Sequence[str]) -> None:
        """Drop timers that mean nothing any more."""
        with translated():
            await self._pool.execute(statements["delete_timers"], run_ids, nodes)
