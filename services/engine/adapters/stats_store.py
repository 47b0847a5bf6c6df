"""The statistics of runs and steps as they are read, and kept small."""

from collections.abc import Sequence
from datetime import datetime

from services.chassis.database import Pool, Row, translated
from services.chassis.planned import fetch_planned
from services.chassis.verify_stats import DayStats
from services.engine.adapters.statements import statements
from services.engine.app.stats import Counted, CountedStep, CountedWorkflow, Hours
from services.engine.app.stats_upkeep import kept_days

RUN_DAYS = DayStats(
    service="engine",
    compare=(statements["verify_run_stats"], statements["verify_step_stats"]),
    kept_days=kept_days,
)
"""How statistics of runs and steps are proved."""


class PostgresStats:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _fetch(self, name: str, *asked: object) -> Sequence[Row]:
        return await fetch_planned(self._pool, statements[name], *asked)

    async def runs(self, hours: Hours, edges: Sequence[datetime]) -> Sequence[tuple[int, Counted]]:
        """Return what is in the buckets that begin at the edges, from 1; 0 is the span before."""
        before = hours.start - (hours.end - hours.start)
        rows = await self._fetch("stats_runs", before, hours.end, hours.workflow_id, edges)
        return [(row["bucket"], _counted(row, "runs")) for row in rows]

    async def workflows(self, hours: Hours, sort: str, limit: int) -> Sequence[CountedWorkflow]:
        """Return the first workflows in that order, each in one piece."""
        asked = (hours.start, hours.end, hours.workflow_id, sort, limit)
        return [
            CountedWorkflow(row["workflow_id"], row["workflow_name"], _counted(row, "runs"))
            for row in await self._fetch("stats_workflows", *asked)
        ]

    async def steps(
        self, hours: Hours, outcomes: Sequence[str], limit: int
    ) -> Sequence[CountedStep]:
        """Return the slowest steps, each in one piece."""
        asked = (hours.start, hours.end, hours.workflow_id, outcomes, limit)
        return [
            CountedStep(
                row["workflow_id"],
                row["workflow_name"],
                row["node"],
                row["step_name"],
                row["type"],
                _counted(row, "steps"),
            )
            for row in await self._fetch("stats_steps", *asked)
        ]

    async def hours(self, hours: Hours) -> Sequence[tuple[datetime, int]]:
        """Return how many runs started, hour by hour; hours without any are left out."""
        rows = await self._fetch("stats_hours", hours.start, hours.end, hours.workflow_id)
        return [(row["hour"], row["runs"]) for row in rows]

    async def fold_runs(self, before: datetime) -> bool:
        """Put the first day of runs that is not folded yet together; False if it is not before then."""
        with translated():
            return await self._pool.fetchval(statements["fold_run_stats"], before) is not None

    async def fold_steps(self, before: datetime) -> bool:
        """Put the first day of steps that is not folded yet together; False if it is not before then."""
        with translated():
            return await self._pool.fetchval(statements["fold_step_stats"], before) is not None

    async def prune(self, before: datetime) -> int:
        """Forget what is older than that; return how many rows went."""
        with translated():
            return int(await self._pool.fetchval(statements["prune_stats"], before))


def _counted(row: Row, number: str) -> Counted:
    return Counted(row["outcome"], row["magnitude"], row[number], row["duration_ms"])
