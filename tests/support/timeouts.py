"""Tasks with timeouts, and clocks to fire them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.actor import TIMEOUT
from contracts.base import JsonObject
from services.chassis.database import Pool
from services.chassis.ids import derived_id
from services.tasks.adapters.timeouts import PostgresTimeouts
from services.tasks.app.timeouts import Timeouts
from services.tasks.domain.task_commands import Open
from tests.support.tasks import CREATED_AT, opening, paused, timed
from tests.support.tasks_service import TaskStore

TIMEOUT_AT = CREATED_AT + timedelta(hours=4)


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = CREATED_AT

    def __call__(self) -> datetime:
        return self.now


def an_id(number: int) -> UUID:
    return derived_id("timed", str(number))


def a_timed(number: int, timeout_at: datetime | None = TIMEOUT_AT) -> tuple[UUID, Open]:
    task_id = an_id(number)
    return task_id, opening(timed(paused(task_id=task_id), timeout_at=timeout_at))


def timeouts(store: TaskStore, clock: Clock) -> Timeouts:
    return Timeouts(PostgresTimeouts(store.pool), store.pipeline, clock)


async def decisions(pool: Pool) -> Sequence[JsonObject]:
    """Return every decision that was ever committed: `task_id`, `outcome`, `by`, `at`."""
    rows = await pool.fetch(
        """
        SELECT stream_id AS task_id, data ->> 'outcome' AS outcome, data -> 'by' ->> 'name' AS by,
            occurred_at AS at
        FROM log WHERE type = 'flusso.task.resolved' ORDER BY position
        """
    )
    return [dict(row) for row in rows]


async def waiting_timeouts(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM task_timeouts"))


def by_the_clock(decided: Sequence[JsonObject]) -> list[JsonObject]:
    return [decision for decision in decided if decision["by"] == TIMEOUT.name]
