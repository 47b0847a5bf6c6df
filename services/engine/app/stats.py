"""Questions about how runs and steps fared, answered from figures that are kept by the hour."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.stats import (
    AskHourStats,
    AskRunStats,
    AskStepStats,
    AskWorkflowStats,
    Bucket,
    HourFigures,
    HourStats,
    RunBucket,
    RunFigures,
    RunStats,
    StepFigures,
    StepKind,
    StepStats,
    WorkflowFigures,
    WorkflowStats,
)
from services.chassis.errors import Refused
from services.chassis.hours import HOUR, known_zone, whole_hours
from services.chassis.magnitudes import TOTAL, Durations

Question = AskRunStats | AskWorkflowStats | AskStepStats | AskHourStats
HOURLY_DAYS_MAX = 31
"""A longer span has more hours than a chart has room for."""
DAYS_OF_THE_WEEK, HOURS_OF_THE_DAY = range(1, 8), range(24)
OUTCOMES: dict[StepKind, tuple[str, ...]] = {
    "work": ("Completed", "Failed"),
    "people": ("Answered", "Rejected"),
    "time": ("Slept",),
}


@dataclass(frozen=True, slots=True)
class Hours:
    """What is asked for: whole hours, on whose clocks, of which workflow."""

    start: datetime
    end: datetime
    zone: str
    workflow_id: UUID | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Of magnitude TOTAL, how many ended so and how long these took together; else how many took how long."""

    outcome: str
    magnitude: int
    number: int
    milliseconds: int


@dataclass(frozen=True, slots=True)
class CountedWorkflow:
    """A part of what became of a workflow's runs."""

    workflow_id: UUID
    workflow_name: str
    counted: Counted


@dataclass(frozen=True, slots=True)
class CountedStep:
    """A part of what became of a step; its name and type are empty if the workflow has it no more."""

    workflow_id: UUID
    workflow_name: str
    node: str
    step_name: str | None
    type: str | None
    counted: Counted


class StatsStore(Protocol):
    """Where figures are kept. Every method raises Transient when it is away."""

    async def runs(self, hours: Hours, edges: Sequence[datetime]) -> Sequence[tuple[int, Counted]]:
        """Return what is in the buckets that begin at the edges, from 1; 0 is the span of the same length before."""
        ...

    async def workflows(self, hours: Hours, sort: str, limit: int) -> Sequence[CountedWorkflow]:
        """Return the first workflows in that order, each in one piece."""
        ...

    async def steps(
        self, hours: Hours, outcomes: Sequence[str], limit: int
    ) -> Sequence[CountedStep]:
        """Return the slowest steps, each in one piece."""
        ...

    async def hours(self, hours: Hours) -> Sequence[tuple[datetime, int]]:
        """Return how many runs started, hour by hour; hours without any may be left out."""
        ...


@dataclass(slots=True)
class _Runs:
    """Runs, added up."""

    started: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)

    def add(self, counted: Counted) -> None:
        if counted.outcome == "Started":
            self.started += counted.number
            return
        if counted.magnitude == TOTAL:
            self.ended[counted.outcome] = self.ended.get(counted.outcome, 0) + counted.number
        self.durations.add(counted.magnitude, counted.number, counted.milliseconds)

    def figures(self) -> RunFigures:
        completed, rejected = self.ended.get("Completed", 0), self.ended.get("Rejected", 0)
        failed = self.ended.get("Failed", 0) + rejected
        judged = completed + failed
        return RunFigures(
            started=self.started,
            completed=completed,
            failed=failed,
            rejected=rejected,
            cancelled=self.ended.get("Cancelled", 0),
            success_rate=completed / judged if judged else None,
            duration_ms_mean=self.durations.mean,
            duration_ms_median=self.durations.median,
            duration_ms_p90=self.durations.p90,
        )


def _figures(parts: Iterable[Counted]) -> RunFigures:
    runs = _Runs()
    for part in parts:
        runs.add(part)
    return runs.figures()


class Stats:
    """The questions that Monitor and the Dashboard ask."""

    def __init__(self, store: StatsStore) -> None:
        self._store = store

    async def runs(self, question: AskRunStats) -> RunStats:
        """Return the figures of runs, bucket by bucket. Raises Refused("invalid-request")."""
        hours = _hours(question)
        if question.bucket == "hour" and hours.end - hours.start > timedelta(days=HOURLY_DAYS_MAX):
            message = f"Hours are told of {HOURLY_DAYS_MAX} days at most; ask for days."
            raise Refused("invalid-request", message)
        begins = list(_begins(hours, question.bucket))
        # A day that the span cuts counts from the span on.
        found = await self._store.runs(hours, [hours.start, *begins[1:]])
        buckets: dict[int, list[Counted]] = {}
        for place, counted in found:
            buckets.setdefault(place, []).append(counted)
        before = buckets.pop(0, [])
        return RunStats(
            start=hours.start,
            end=hours.end,
            zone=hours.zone,
            bucket=question.bucket,
            items=[
                RunBucket(at=at, **dict(_figures(buckets.get(place, ()))))
                for place, at in enumerate(begins, 1)
            ],
            total=_figures(counted for parts in buckets.values() for counted in parts),
            previous=_figures(before),
        )

    async def workflows(self, question: AskWorkflowStats) -> WorkflowStats:
        """Return workflows in the order asked for. Raises Refused("invalid-request")."""
        found = await self._store.workflows(_hours(question), question.sort, question.limit)
        items = [
            WorkflowFigures(
                workflow_id=workflow_id,
                workflow_name=name,
                **dict(_figures(part.counted for part in parts)),
            )
            for (workflow_id, name), parts in groupby(
                found, lambda row: (row.workflow_id, row.workflow_name)
            )
        ]
        return WorkflowStats(items=items)

    async def steps(self, question: AskStepStats) -> StepStats:
        """Return the slowest steps. Raises Refused("invalid-request")."""
        outcomes = OUTCOMES[question.kind]
        found = await self._store.steps(_hours(question), outcomes, question.limit)
        grouped = groupby(found, lambda row: (row.workflow_id, row.node))
        return StepStats(items=[_step(list(parts)) for _, parts in grouped])

    async def hours(self, question: AskHourStats) -> HourStats:
        """Return when runs start, by the hour of the week. Raises Refused("invalid-request")."""
        hours = _hours(question)
        zone, started = ZoneInfo(hours.zone), Counter[tuple[int, int]]()
        for hour, runs in await self._store.hours(hours):
            local = hour.astimezone(zone)
            started[local.isoweekday(), local.hour] += runs
        items = [
            HourFigures(weekday=weekday, hour=hour, started=started[weekday, hour])
            for weekday in DAYS_OF_THE_WEEK
            for hour in HOURS_OF_THE_DAY
        ]
        return HourStats(zone=hours.zone, items=items)


def _hours(question: Question) -> Hours:
    start, end = whole_hours(question.start, question.end)
    return Hours(start, end, known_zone(question.zone), question.workflow_id)


def _begins(hours: Hours, bucket: Bucket) -> Iterator[datetime]:
    """Yield when each bucket begins; the first may do so before the span."""
    if bucket == "hour":
        for place in range((hours.end - hours.start) // HOUR):
            yield hours.start + place * HOUR
        return
    zone = ZoneInfo(hours.zone)
    day = datetime.combine(hours.start.astimezone(zone).date(), time(), zone)
    while (begins_at := day.astimezone(UTC)) < hours.end:
        yield begins_at
        day += timedelta(days=1)  # of the calendar: a day of 23 or 25 hours is one too


def _step(parts: Sequence[CountedStep]) -> StepFigures:
    first, durations, failed = parts[0], Durations(), 0
    for part in parts:
        counted = part.counted
        durations.add(counted.magnitude, counted.number, counted.milliseconds)
        if counted.magnitude == TOTAL and counted.outcome in {"Failed", "Rejected"}:
            failed += counted.number
    return StepFigures(
        workflow_id=first.workflow_id,
        workflow_name=first.workflow_name,
        node=first.node,
        step_name=first.step_name or first.node,
        type=first.type or "unknown",
        steps=durations.number,
        failed=failed,
        duration_ms_mean=durations.mean or 0,
        duration_ms_median=durations.median or 0,
        duration_ms_p90=durations.p90 or 0,
    )
