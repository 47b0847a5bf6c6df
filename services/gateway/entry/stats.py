"""Statistics and timelines over HTTP: what Monitor, Timelines and the Dashboard draw."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts import subjects
from contracts.base import Command
from contracts.stats import (
    AskDecisionStats,
    AskHourStats,
    AskRunStats,
    AskStepStats,
    AskWorkflowStats,
    DecisionStats,
    HourStats,
    ListTimelines,
    RunStats,
    StepStats,
    TimelinePage,
    WorkflowStats,
)
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer
from services.gateway.entry.stats_forms import (
    DecisionStatsQuery,
    RunStatsQuery,
    SpanQuery,
    StatsQuery,
    StepStatsQuery,
    TimelinesQuery,
    WorkflowStatsQuery,
)

STATS_DAYS = 7
TIMELINE_DAYS = 1
HOURLY_DAYS = 3
"""Spans up to this long are told by the hour unless days are asked for."""


class StatsRoutes:
    """Routes below `/api/v1/stats`, and `/api/v1/timelines`."""

    def __init__(self, asking: Asking, clock: Callable[[], datetime]) -> None:
        self._asking = asking
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        routes = (
            ("/api/v1/stats/runs", self.runs, RunStats),
            ("/api/v1/stats/workflows", self.workflows, WorkflowStats),
            ("/api/v1/stats/steps", self.steps, StepStats),
            ("/api/v1/stats/hours", self.hours, HourStats),
            ("/api/v1/stats/decisions", self.decisions, DecisionStats),
            ("/api/v1/timelines", self.timelines, TimelinePage),
        )
        for path, endpoint, answer in routes:
            router.add_api_route(path, endpoint, responses=documented(answer, 422), tags=["stats"])

    def _span(self, query: SpanQuery, days: int) -> dict[str, Any]:
        """Return the query as it is asked on: without times it is the last days, up to now."""
        end = query.to or self._clock()
        start = query.since or end - timedelta(days=days)
        rest = query.model_dump(exclude={"since", "to"})
        return {**rest, "start": start, "end": end}

    async def _ask(self, subject: str, question: Command) -> Response:
        return json_answer(await self._asking.ask(subject, question))

    async def runs(self, query: Annotated[RunStatsQuery, Query()]) -> Response:
        """Get how many runs started and how they ended, hour by hour or day by day."""
        asked = self._span(query, STATS_DAYS)
        if asked["bucket"] is None:
            short = asked["end"] - asked["start"] <= timedelta(days=HOURLY_DAYS)
            asked["bucket"] = "hour" if short else "day"
        return await self._ask(subjects.RUN_STATS, AskRunStats(**asked))

    async def workflows(self, query: Annotated[WorkflowStatsQuery, Query()]) -> Response:
        """Get the workflows that fail most, take longest or run most."""
        asked = AskWorkflowStats(**self._span(query, STATS_DAYS))
        return await self._ask(subjects.WORKFLOW_STATS, asked)

    async def steps(self, query: Annotated[StepStatsQuery, Query()]) -> Response:
        """Get the steps that take longest."""
        return await self._ask(subjects.STEP_STATS, AskStepStats(**self._span(query, STATS_DAYS)))

    async def hours(self, query: Annotated[StatsQuery, Query()]) -> Response:
        """Get when runs start, by hour of the week."""
        return await self._ask(subjects.HOUR_STATS, AskHourStats(**self._span(query, STATS_DAYS)))

    async def decisions(self, query: Annotated[DecisionStatsQuery, Query()]) -> Response:
        """Get how long people take to decide."""
        asked = AskDecisionStats(**self._span(query, STATS_DAYS))
        return await self._ask(subjects.DECISION_STATS, asked)

    async def timelines(self, query: Annotated[TimelinesQuery, Query()]) -> Response:
        """List runs that were under way in a span, the newest first, with their steps."""
        asked = ListTimelines(**self._span(query, TIMELINE_DAYS))
        return await self._ask(subjects.LIST_TIMELINES, asked)
