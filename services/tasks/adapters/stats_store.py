"""The statistics of decisions as they are read, and kept small."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.chassis.database import Pool, Statements, acquire_seconds_max, translated
from services.chassis.planned import fetch_planned
from services.chassis.verify_stats import DayStats
from services.tasks.app.stats import Counted
from services.tasks.app.stats_upkeep import kept_days

statements = Statements(Path(__file__).parent / "sql")
DECISION_DAYS = DayStats(
    service="tasks", compare=(statements["verify_decision_stats"],), kept_days=kept_days
)
"""How statistics of decisions are proved."""


class PostgresDecisionStats:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def decisions(
        self, start: datetime, end: datetime, workflow_id: UUID | None, limit: int
    ) -> Sequence[Counted]:
        """Return what was decided, step by step; and the span of the same length before."""
        query = statements["stats_decisions"]
        rows = await fetch_planned(self._pool, query, start, end, workflow_id, limit)
        return [Counted(*row) for row in rows]

    async def fold(self, before: datetime) -> bool:
        """Put the first day that is not folded yet together; False if it is not before then."""
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                day = await connection.fetchval(statements["fold_decision_stats"], before)
                return day is not None

    async def prune(self, before: datetime) -> int:
        """Forget what is older than that; return how many rows went."""
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return int(await connection.fetchval(statements["prune_decision_stats"], before))
