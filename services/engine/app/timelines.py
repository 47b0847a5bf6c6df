"""When runs and their steps ran: a page of runs that were under way in a span, each with its bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Protocol
from uuid import UUID

from contracts.run import RunStatus, TriggerKind
from contracts.run_view import StepStatus
from contracts.stats import ListTimelines, Timeline, TimelinePage, TimelineStep
from services.chassis.errors import Refused
from services.chassis.pages import encode_cursor
from services.engine.app.fitting import fitting

STEPS_MAX = 100
"""Of one run. Whoever wants all of them looks at the run."""
STATUS_AFTER: dict[str, StepStatus] = {
    "flusso.run.paused": "Waiting",
    "flusso.run.retry_set": "Retrying",
    "flusso.run.resumed": "Completed",
    "flusso.run.node_completed": "Completed",
    "flusso.run.node_failed": "Failed",
    "flusso.run.failed": "Failed",
}
"""By the last event of the step; after all others it runs."""


@dataclass(frozen=True, slots=True)
class RunBar:
    """A run without its steps."""

    id: UUID
    workflow_id: UUID
    workflow_name: str
    version: int
    status: RunStatus
    trigger: TriggerKind
    started_at: datetime
    finished_at: datetime | None
    parent_run_id: UUID | None


@dataclass(frozen=True, slots=True)
class StepBar:
    """One visit of a step; its name and type are empty if the run's version cannot be read."""

    run_id: UUID
    node: str
    name: str | None
    type: str | None
    began_at: datetime
    ended_at: datetime | None
    last_event: str
    steps_total: int


class TimelineStore(Protocol):
    """Where runs are found. Every method raises Transient when it is away."""

    async def page(self, question: ListTimelines) -> Sequence[RunBar]:
        """Return up to one run more than the page holds, the newest first."""
        ...

    async def steps(self, run_ids: Sequence[UUID], limit: int) -> Sequence[StepBar]:
        """Return the longest steps of each run, run by run, in the order in which they began."""
        ...


class Timelines:
    """The question of the Timelines page."""

    def __init__(self, store: TimelineStore) -> None:
        self._store = store

    async def page(self, question: ListTimelines) -> TimelinePage:
        """Return a page of runs with their steps. Raises Refused: invalid-request, invalid-cursor."""
        for moment in (question.start, question.end):
            if moment.tzinfo is None:
                raise Refused("invalid-request", "A time needs its offset.")
        if question.end <= question.start:
            raise Refused("invalid-request", "The span ends before it starts.")
        found = await self._store.page(question)
        shown = found[: question.limit]
        steps = await self._store.steps([run.id for run in shown], STEPS_MAX)
        of_run = {run_id: list(bars) for run_id, bars in groupby(steps, lambda bar: bar.run_id)}
        items = fitting([_timeline(run, of_run) for run in shown])
        cursor = None
        if len(items) < len(found):
            cursor = encode_cursor(items[-1].started_at, items[-1].id)
        return TimelinePage(items=items, next_cursor=cursor)


def _timeline(run: RunBar, of_run: Mapping[UUID, Sequence[StepBar]]) -> Timeline:
    bars = of_run.get(run.id, ())
    return Timeline(
        id=run.id,
        workflow_id=run.workflow_id,
        workflow_name=run.workflow_name,
        status=run.status,
        trigger=run.trigger,
        started_at=run.started_at,
        finished_at=run.finished_at,
        parent_run_id=run.parent_run_id,
        steps=[_step(run, bar) for bar in bars],
        steps_total=bars[0].steps_total if bars else 0,
    )


def _step(run: RunBar, bar: StepBar) -> TimelineStep:
    status: StepStatus = STATUS_AFTER.get(bar.last_event, "Running")
    ended_at = bar.ended_at
    if ended_at is None and run.finished_at is not None:
        status, ended_at = "Cancelled", run.finished_at
    return TimelineStep(
        node=bar.node,
        name=bar.name or bar.node,
        type=bar.type or "unknown",
        status=status,
        started_at=bar.began_at,
        finished_at=ended_at,
    )
