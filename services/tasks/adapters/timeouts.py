"""The timeouts of pending tasks, as PostgreSQL keeps them; `TaskProjection` writes and removes them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.chassis.database import Pool, Row, Statements, acquire_seconds_max, translated

statements = Statements(Path(__file__).parent / "sql")


class PostgresTimeouts:
    """Looks up what is due in one index, and claims it in the same statement."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        rows = await self._fetch("claim_timeouts", now, until, limit)
        return [row["task_id"] for row in rows]

    async def forget(self, task_ids: Sequence[UUID]) -> None:
        await self._fetch("forget_timeouts", task_ids)

    async def _fetch(self, name: str, *arguments: object) -> Sequence[Row]:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return await connection.fetch(statements[name], *arguments)
