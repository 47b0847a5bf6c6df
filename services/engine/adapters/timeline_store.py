"""Runs that were under way in a span, and when their steps were, from the tables and the log."""

from collections.abc import Sequence
from uuid import UUID

from contracts.stats import ListTimelines
from services.chassis.database import Pool
from services.chassis.pages import time_cursor
from services.chassis.planned import fetch_planned
from services.engine.adapters.statements import statements
from services.engine.app.timelines import RunBar, StepBar


class PostgresTimelines:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, question: ListTimelines) -> Sequence[RunBar]:
        """Return up to one run more than the page holds, the newest first."""
        rows = await fetch_planned(
            self._pool,
            statements["list_timelines"],
            question.start,
            question.end,
            question.workflow_id,
            *time_cursor(question.cursor),
            question.limit + 1,
        )
        return [RunBar(**dict(row)) for row in rows]

    async def steps(self, run_ids: Sequence[UUID], limit: int) -> Sequence[StepBar]:
        """Return the longest steps of each run, run by run, in the order in which they began."""
        rows = await fetch_planned(self._pool, statements["timeline_steps"], run_ids, limit)
        return [StepBar(*row) for row in rows]
