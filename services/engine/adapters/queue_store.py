"""Queues of runs in PostgreSQL: who waits for a slot of its workflow, and who gets one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Pool, acquire_seconds_max, translated
from services.engine.adapters.statements import statements


class PostgresQueues:
    """Every method raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def queues(self, limit: int) -> dict[UUID, bool]:
        """Return the workflows in whose queues runs wait, and whether each has a free slot."""
        with translated():
            rows = await self._pool.fetch(statements["list_queues"], limit)
        return {row["id"]: row["is_open"] for row in rows}

    async def admit(
        self, workflow_ids: Sequence[UUID], now: datetime, limit: int
    ) -> Sequence[UUID]:
        """Give the free slots to the oldest runs in the queues, and return these; they hold their slots from now on.

        The lock makes it one at a time: counting what runs and taking a slot must not meet another's doing so.
        """
        with translated():
            async with (
                self._pool.acquire(timeout=acquire_seconds_max) as connection,
                connection.transaction(),
            ):
                locked = await connection.fetch(statements["lock_queues"], workflow_ids)
                held = [row["id"] for row in locked]
                rows = await connection.fetch(statements["admit_runs"], held, now, limit)
        return [row["id"] for row in rows]

    async def unstarted(self, before: datetime, limit: int) -> Sequence[UUID]:
        """Return runs that were admitted before then and have not started."""
        with translated():
            rows = await self._pool.fetch(statements["unstarted_runs"], before, limit)
        return [row["id"] for row in rows]
