"""The tables of tasks beside those in use, filled from the log and swapped in, as PostgreSQL does it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from contracts.operations import Rebuild
from contracts.task import TaskFact
from services.chassis.database import (
    Connection,
    Pool,
    Statements,
    acquire_seconds_max,
    translated,
)
from services.chassis.errors import Transient
from services.chassis.verify_fold import Folding
from services.tasks.adapters.projection import WORD_SEPARATOR
from services.tasks.adapters.rows_of_task import TaskRow, row_of
from services.tasks.app.verify_tasks import RULES
from services.tasks.domain.task_state import TaskState

page_tasks = 200
swap_events_max = 200
"""What may have happened since the last page when the tables are held: some 100 ms of work."""
ROW_WIDTH = 10
FIRST_ID = UUID(int=0)
statements = Statements(Path(__file__).parent / "sql")


class PostgresRebuild:
    """Implements `services.tasks.app.rebuild.RebuildStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def start(self, started_by: str, now: datetime) -> None:
        async with self._transaction() as connection:
            if await connection.fetchval(statements["rebuild_start"], started_by, now):
                await connection.execute(statements["rebuild_begin_tables"])

    async def state(self) -> Rebuild:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                row = await connection.fetchrow(statements["rebuild_state"])
        return Rebuild(state="none") if row is None else Rebuild(**dict(row))

    async def claim(self, now: datetime, until: datetime) -> bool:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return bool(await connection.fetchval(statements["rebuild_claim"], now, until))

    async def fill(self, until: datetime) -> bool:
        async with self._transaction() as connection:
            place = await connection.fetchrow(statements["rebuild_lock"])
            if place is None:
                return False
            if place["filled"]:
                return await self._catch_up(connection, place["after"], place["position"], until)
            after = place["after"] or FIRST_ID
            rows = await connection.fetch(statements["rebuild_ids"], after, page_tasks)
            ids = [row["stream_id"] for row in rows]
            await _write(connection, ids)
            is_last = len(ids) < page_tasks
            last = ids[-1] if ids else after
            await connection.execute(
                statements["rebuild_progress"], last, is_last, place["position"], len(ids), until
            )
            return True

    async def _catch_up(
        self, connection: Connection, after: UUID, position: int, until: datetime
    ) -> bool:
        """Write what has happened since; false if that is so little that the swap can do it."""
        rows = await connection.fetch(statements["rebuild_changed"], position, page_tasks)
        if len(rows) < page_tasks:
            return False
        await _write(connection, sorted({row["stream_id"] for row in rows}))
        is_filled, through = True, rows[-1]["position"]
        await connection.execute(
            statements["rebuild_progress"], after, is_filled, through, 0, until
        )
        return True

    async def swap(self, now: datetime) -> bool:
        try:
            async with self._transaction() as connection:
                await connection.execute(statements["rebuild_patience"])
                place = await connection.fetchrow(statements["rebuild_lock"])
                if place is None:
                    return True
                await connection.execute(statements["rebuild_hold"])
                rows = await connection.fetch(
                    statements["rebuild_changed"], place["position"], swap_events_max + 1
                )
                if len(rows) > swap_events_max:
                    return False
                await _write(connection, sorted({row["stream_id"] for row in rows}))
                await connection.execute(statements["rebuild_swap"])
                await connection.execute(statements["rebuild_finish"], "done", now, None)
        except Transient as error:
            held = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
            if isinstance(error.__cause__, held):
                return False
            raise
        return True

    async def finish(self, now: datetime, message: str) -> None:
        async with self._transaction() as connection:
            await connection.execute(statements["rebuild_finish"], "failed", now, message)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        with translated():
            async with (
                self._pool.acquire(timeout=acquire_seconds_max) as connection,
                connection.transaction(),
            ):
                yield connection


async def _write(connection: Connection, task_ids: Sequence[UUID]) -> None:
    """Make the tables beside say of these tasks what the log says of them, whatever they said before."""
    if not task_ids:
        return
    foldings = {task_id: Folding[TaskState, TaskFact](RULES, task_id) for task_id in task_ids}
    for event in await connection.fetch(statements["rebuild_events"], task_ids):
        foldings[event["stream_id"]].take(
            event["version"], event["type"], event["data"], event["occurred_at"]
        )
    rows = [row for folding in foldings.values() if (row := row_of(folding.fold)) is not None]
    await connection.execute(statements["rebuild_forget"], task_ids)
    await connection.execute(statements["rebuild_put"], *_columns(rows))


def _columns(rows: Sequence[TaskRow]) -> Iterable[list[object]]:
    if not rows:
        return [[] for _ in range(ROW_WIDTH)]
    return map(list, zip(*map(_values, rows), strict=True))


def _values(row: TaskRow) -> tuple[object, ...]:
    *before, words, due_at, timeout_at = astuple(row)
    return (*before, WORD_SEPARATOR.join(words), due_at, timeout_at)
