"""Statistics of runs, steps and decisions, and the timelines of runs: what Monitor, Timelines and the Dashboard ask.

A span is from `start` up to, not including, `end`, in whole hours: figures are kept by the hour. `zone` is an IANA
name; days, and hours of the week, are those of its clocks. Durations are whole milliseconds; medians and 90th
percentiles are read from a scale of fixed steps (`services/chassis/magnitudes.py`) and off by a fifth as a rule.
"""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Command, Fact, Instant
from contracts.run import RunStatus, TriggerKind
from contracts.run_view import StepStatus

Bucket = Literal["hour", "day"]
StepKind = Literal["work", "people", "time"]


class RunFigures(Fact):
    """What became of runs: started and ended in the span. `rejected` are among the `failed`: a person said no.

    `success_rate` is that of the completed among those that completed or failed, from 0 to 1.
    """

    started: int = 0
    completed: int = 0
    failed: int = 0
    rejected: int = 0
    cancelled: int = 0
    success_rate: float | None = None
    duration_ms_mean: int | None = None
    duration_ms_median: int | None = None
    duration_ms_p90: int | None = None


class AskRunStats(Command):
    """Ask for the figures of runs, bucket by bucket."""

    start: Instant
    end: Instant
    zone: str = Field(default="UTC", max_length=64)
    workflow_id: UUID | None = None
    bucket: Bucket = "hour"


class RunBucket(RunFigures):
    """The figures of one hour or day, which began at `at`."""

    at: Instant


class RunStats(Fact):
    """Every bucket of the span, the oldest first; all together; and the span of the same length before it."""

    start: Instant
    end: Instant
    zone: str
    bucket: Bucket
    items: list[RunBucket]
    total: RunFigures
    previous: RunFigures


class AskWorkflowStats(Command):
    """Ask which workflows fail most (reliably so: by the lower bound of the failure rate), take longest or run most."""

    start: Instant
    end: Instant
    zone: str = Field(default="UTC", max_length=64)
    workflow_id: UUID | None = None
    sort: Literal["failures", "duration", "runs"] = "failures"
    limit: int = Field(default=10, ge=1, le=100)


class WorkflowFigures(RunFigures):
    """The figures of one workflow, under the name that it has now."""

    workflow_id: UUID
    workflow_name: str


class WorkflowStats(Fact):
    """Workflows that ran in the span."""

    items: list[WorkflowFigures]


class AskStepStats(Command):
    """Ask which steps take longest: those that do work, wait for people, or sleep."""

    start: Instant
    end: Instant
    zone: str = Field(default="UTC", max_length=64)
    workflow_id: UUID | None = None
    kind: StepKind = "work"
    limit: int = Field(default=10, ge=1, le=100)


class StepFigures(Fact):
    """The figures of one step; its name and type are those of the workflow's current version, if it still has it."""

    workflow_id: UUID
    workflow_name: str
    node: str
    step_name: str
    type: str
    steps: int
    failed: int
    duration_ms_mean: int
    duration_ms_median: int
    duration_ms_p90: int


class StepStats(Fact):
    """Steps that ended in the span, the slowest first, by their mean."""

    items: list[StepFigures]


class AskHourStats(Command):
    """Ask when runs start, by the hour of the week."""

    start: Instant
    end: Instant
    zone: str = Field(default="UTC", max_length=64)
    workflow_id: UUID | None = None


class HourFigures(Fact):
    """Runs that started in one hour of the week; `weekday` is 1 for Monday to 7 for Sunday."""

    weekday: int
    hour: int
    started: int


class HourStats(Fact):
    """All 168 hours of the week in order, in the zone that was asked for."""

    zone: str
    items: list[HourFigures]


class AskDecisionStats(Command):
    """Ask how long people take to decide, from the pause of the run to the answer."""

    start: Instant
    end: Instant
    zone: str = Field(default="UTC", max_length=64)
    workflow_id: UUID | None = None
    limit: int = Field(default=20, ge=1, le=100)


class DecisionFigures(Fact):
    """Answers of people, and how long these took; what the clock decided is counted apart, in `timed_out`."""

    decisions: int = 0
    approved: int = 0
    rejected: int = 0
    submitted: int = 0
    timed_out: int = 0
    duration_ms_mean: int | None = None
    duration_ms_median: int | None = None
    duration_ms_p90: int | None = None


class StepDecisions(DecisionFigures):
    """The figures of one step, under the names of its last decision."""

    workflow_id: UUID
    workflow_name: str
    node: str
    step_name: str


class DecisionStats(Fact):
    """The steps that people take longest to decide, by the median; all steps together; and the span before."""

    items: list[StepDecisions]
    total: DecisionFigures
    previous: DecisionFigures


# -- timelines ---------------------------------------------------------------------------------------------------------


class ListTimelines(Command):
    """Ask for runs that were under way in a span, the newest first, with their steps."""

    start: Instant
    end: Instant
    workflow_id: UUID | None = None
    limit: int = Field(default=25, ge=1, le=50)
    cursor: str | None = None


class TimelineStep(Fact):
    """When one step ran; without `finished_at` it still does."""

    node: str
    name: str
    type: str
    status: StepStatus
    started_at: Instant
    finished_at: Instant | None = None


class Timeline(Fact):
    """One run. Of one with more than a hundred steps the longest are there, and `steps_total` says how many it has."""

    id: UUID
    workflow_id: UUID
    workflow_name: str
    status: RunStatus
    trigger: TriggerKind
    started_at: Instant
    finished_at: Instant | None = None
    parent_run_id: UUID | None = None
    steps: list[TimelineStep]
    steps_total: int


class TimelinePage(Fact):
    """A page of timelines."""

    items: list[Timeline]
    next_cursor: str | None = None
