"""Writes refused attempts: one statement for all tasks, whatever their number."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from services.chassis.database import Pool, Statements, acquire_seconds_max, translated
from services.chassis.ids import new_id
from services.tasks.app.ports import ATTEMPTS_KEPT_MAX, Attempt, TaskAttempts

NAME_CHARACTERS_MAX = 200
ROW_WIDTH = 10
statements = Statements(Path(__file__).parent / "sql")


class PostgresAttempts:
    """The audit trail of those who did not decide."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, noted: Sequence[TaskAttempts]) -> None:
        by_task = sorted(noted, key=lambda of_task: of_task.task_id)
        tasks = [of_task.task_id for of_task in by_task]
        counts = [of_task.count for of_task in by_task]
        rows = [
            _row(of_task.task_id, place, attempt)
            for of_task in by_task
            for place, attempt in enumerate(of_task.first, start=1)
        ]
        columns = [tasks, counts, *(zip(*rows, strict=True) if rows else [[]] * ROW_WIDTH)]
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                await connection.execute(statements["keep_attempts"], *columns, ATTEMPTS_KEPT_MAX)


def _row(task_id: UUID, place: int, attempt: Attempt) -> tuple[object, ...]:
    actor = attempt.actor
    return (
        task_id,
        place,
        new_id(),
        actor.kind,
        _kept(actor.id),
        _kept(actor.name),
        actor.means,
        attempt.action,
        attempt.code,
        attempt.at,
    )


def _kept(text: str) -> str:
    """Return what PostgreSQL can hold of the text."""
    return text[:NAME_CHARACTERS_MAX].replace("\0", "")
