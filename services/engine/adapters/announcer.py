"""Tells facts of the log once more, through the relay."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Pool, translated
from services.chassis.relay import Relay
from services.engine.adapters.statements import statements
from services.engine.app.ports import Wait


class LogAnnouncer:
    """Reads the events that matter and has the relay publish them again."""

    def __init__(self, pool: Pool, relay: Relay) -> None:
        self._pool = pool
        self._relay = relay

    @property
    def leads(self) -> bool:
        """Tell whether this replica is the one that tells the log."""
        return self._relay.leads

    async def announce_waits(self, waits: Sequence[Wait]) -> None:
        """Tell again that these runs have paused."""
        tasks, runs = [wait.task_id for wait in waits], [wait.run_id for wait in waits]
        with translated():
            rows = await self._pool.fetch(statements["paused_events"], tasks, runs)
        await self._relay.tell_again(rows)

    async def offer_stale_jobs(self, before: datetime, now: datetime, limit: int) -> list[UUID]:
        """Offer jobs that have had no result since `before` again and return their runs."""
        with translated():
            rows = await self._pool.fetch(statements["stale_jobs"], before, limit)
        if not rows:
            return []
        await self._relay.tell_again(rows)
        runs = [row["stream_id"] for row in rows]
        with translated():
            await self._pool.execute(statements["touch_jobs"], runs, now)
        return runs
