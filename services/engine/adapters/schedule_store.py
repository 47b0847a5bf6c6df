"""Schedules in PostgreSQL: kept with the workflows that they belong to, and read by whoever looks what is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson

from services.chassis.database import Connection, Pool, Row, translated
from services.engine.adapters.statements import statements
from services.engine.app.schedule_ports import DueSchedule, Look, Move
from services.engine.domain.cron import Schedule
from services.engine.domain.triggers.schedule import ScheduleTriggerConfig

NEVER = timedelta(days=50 * 365)
"""Beyond the years that are looked at; saving has checked that there are instants."""


class PostgresSchedules:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def last_look(self) -> Look:
        """Return the database's time, and when an engine last looked what was due."""
        with translated():
            row = await self._pool.fetchrow(statements["last_look"])
        assert row is not None, "the migration makes the only row"
        return Look(row["now"], row["looked_at"])

    async def note_look(self, now: datetime) -> None:
        """Remember that an engine has looked."""
        with translated():
            await self._pool.execute(statements["note_look"], now)

    async def claim(
        self, due_by: datetime, now: datetime, until: datetime, limit: int
    ) -> Sequence[DueSchedule]:
        """Take schedules that are due, the earliest first; nobody else gets them before `until`."""
        with translated():
            rows = await self._pool.fetch(statements["claim_schedules"], due_by, now, until, limit)
        return [_due(row) for row in rows]

    async def missed(self, by: datetime, after: UUID, limit: int) -> Sequence[DueSchedule]:
        """Return a page of schedules whose next instant came by then, by workflow."""
        with translated():
            rows = await self._pool.fetch(statements["missed_schedules"], by, after, limit)
        return [_due(row) for row in rows]

    async def move(self, moves: Sequence[Move], *, started: bool) -> None:
        """Go on to the next instants, but for schedules that have another one already."""
        with translated():
            await self._pool.execute(
                statements["move_schedules"],
                [move.workflow_id for move in moves],
                [move.instant for move in moves],
                [move.following for move in moves],
                started,
            )

    async def instants(self, after: datetime, until: datetime, limit: int) -> Sequence[datetime]:
        """Return the instants at which schedules are due, in order."""
        with translated():
            rows = await self._pool.fetch(statements["upcoming_instants"], after, until, limit)
        return [row["next_at"] for row in rows]


async def keep_schedule(connection: Connection, workflow_id: UUID) -> None:
    """Make the workflow's row what its status and its current version say, in the transaction that changed them."""
    row = await connection.fetchrow(statements["scheduled_version"], workflow_id)
    if row is None:
        await connection.execute(statements["drop_schedule"], workflow_id)
        return
    config = ScheduleTriggerConfig.model_validate(orjson.loads(row["config"]))
    schedule = config.schedule()
    await connection.execute(
        statements["keep_schedule"],
        workflow_id,
        row["version"],
        schedule.cron,
        schedule.timezone,
        config.after_downtime,
        schedule.next_after(row["now"]) or row["now"] + NEVER,
    )


def _due(row: Row) -> DueSchedule:
    return DueSchedule(
        # asyncpg's own class is one that orjson does not write.
        UUID(int=row["workflow_id"].int),
        Schedule(row["cron"], row["timezone"]),
        row["after_downtime"],
        row["next_at"],
    )
