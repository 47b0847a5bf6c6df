"""Runs as they are asked for: lists, one with its trace, its log, and what the Dashboard says."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Command, Fact, Instant, Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.run import DecidedOutcome, RunError, RunStatus, TriggerKind


def _is_none(value: object) -> bool:
    return value is None


def _is_false(value: object) -> bool:
    return value is False


def _is_empty(value: Sequence[object]) -> bool:
    return not value


class GetRun(Command):
    """Ask for one run with its trace, as it is now, or as it was after the event `at` of its log."""

    run_id: UUID
    at: int | None = Field(default=None, ge=1, exclude_if=_is_none)


class ListRuns(Command):
    """Ask for a page of runs, newest first."""

    workflow_id: UUID | None = None
    status: RunStatus | None = None
    trigger: TriggerKind | None = None
    parent_run_id: UUID | None = None
    parent_node: str | None = Field(default=None, max_length=64, exclude_if=_is_none)
    """Of the child runs of `parent_run_id`, those that this node started."""
    without_children: bool = Field(default=False, exclude_if=_is_false)
    """Leave out runs that other runs have started."""
    q: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class ListRunEvents(Command):
    """Ask for a page of a run's log, oldest first; `after` is the last version seen."""

    run_id: UUID
    after: int = 0
    limit: int = Field(default=50, ge=1, le=200)


class RunEventPage(Fact):
    """A page of a run's log; `next_cursor` is the last version as text."""

    items: list[CloudEvent]
    next_cursor: str | None = None


class RunParent(Fact):
    """The run that started this one, and by which of its nodes."""

    run_id: UUID
    node: str


class RunItem(Fact):
    """A run in a list."""

    id: UUID
    workflow_id: UUID
    workflow_name: str
    version: int
    status: RunStatus
    trigger: TriggerKind
    started_at: Instant
    finished_at: Instant | None = None
    duration_ms: int | None = None
    error: RunError | None = None
    parent: RunParent | None = None


class RunPage(Fact):
    """A page of runs."""

    items: list[RunItem]
    next_cursor: str | None = None


StepStatus = Literal[
    "Running", "Waiting", "Retrying", "Completed", "Failed", "Skipped", "Cancelled"
]


class StepDecision(Fact):
    """What a person answered, in the trace of the step that asked."""

    outcome: DecidedOutcome
    by: str
    at: Instant
    comment: str | None = None
    values: JsonObject | None = None


class StepChildren(Fact):
    """The child runs of a step, counted."""

    total: int
    called: int
    ended: int


class AttemptError(Fact):
    """Why an attempt failed; the log has the details."""

    code: str
    message: str


class StepAttempt(Fact):
    """One attempt of a step that was tried more than once; the next one is due at `next_at`."""

    attempt: int
    started_at: Instant
    finished_at: Instant | None = None
    error: AttemptError | None = None
    next_at: Instant | None = None


class TimeLimit(Fact):
    """When the time is up, or how much is left while the clock stands still because only people can move on."""

    due_at: Instant | None = None
    remaining_seconds: float | None = None


class TraceStep(Fact):
    """One step of the trace: one visit of one node."""

    node: str
    name: str
    type: str
    status: StepStatus
    started_at: Instant
    finished_at: Instant | None = None
    input: Json = None
    output: Json = None
    error: RunError | None = None
    attempt: int = 1
    task_id: UUID | None = None
    decision: StepDecision | None = None
    children: StepChildren | None = None
    attempts: list[StepAttempt] = Field(default_factory=list, exclude_if=_is_empty)
    """There once an attempt has failed that another one follows."""
    sleeps_until: Instant | None = Field(default=None, exclude_if=_is_none)
    """Of a step that waits for its time."""
    limit: TimeLimit | None = Field(default=None, exclude_if=_is_none)
    """Of a step under way."""


class RunCancellation(Fact):
    """Who cancelled a run, when and why."""

    by: str
    at: Instant
    reason: str | None = None


class RunView(RunItem):
    """A run as its page shows it."""

    output: Json = None
    trace: list[TraceStep]
    definition: JsonObject
    sequence: int = 0
    """The event of the run's log after which it was as shown; of a run as it is now the last one."""
    as_of: Instant | None = None
    """When that was; empty for now."""
    limit: TimeLimit | None = None
    """Of a run under way."""
    cancelled: RunCancellation | None = Field(default=None, exclude_if=_is_none)
    """Of a run that was cancelled."""
    ahead: int | None = None
    """How many runs are before this one in its workflow's queue."""


class GetRunOverview(Command):
    """Ask for what the Dashboard says of runs."""


class WorkflowFailures(Fact):
    """A workflow that failed in the last 24 hours."""

    workflow_id: UUID
    workflow_name: str
    failed: int
    last_failed_at: Instant
    last_error: RunError | None = None


class RunOverview(Fact):
    """What the Dashboard says of runs: today by status (UTC), the newest ten, what failed lately."""

    today: dict[str, int]
    recent_runs: list[RunItem]
    failing_workflows: list[WorkflowFailures]
