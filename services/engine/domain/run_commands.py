"""The commands that a run takes."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Json, JsonObject
from contracts.run import (
    ChildReport,
    DecidedOutcome,
    ParentRun,
    RunError,
    TimerKind,
    TriggerKind,
)
from services.engine.domain.calls import Callees
from services.engine.domain.graph import Graph


@dataclass(frozen=True, slots=True)
class Start:
    """Begin. A repeat with the same digest changes nothing, another digest is refused."""

    workflow_id: UUID
    workflow_name: str
    version: int
    trigger: TriggerKind
    trigger_output: Json
    actor: Actor
    request_digest: str | None = None
    parent: ParentRun | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """The workflow has a slot for this run, which has been queued."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Carry out a decision; `values` are those of a submitted form."""

    task_id: UUID
    outcome: DecidedOutcome
    values: JsonObject | None
    by: Actor
    decided_at: datetime
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class RecordNodeResult:
    """What a worker found: an output and the port that it took, or an error."""

    node: str
    visit: int
    attempt: int
    output: Json = None
    port: str = "out"
    error: RunError | None = None
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class FireRetry:
    """The timer of a `RetrySet` is due; `attempt` is the failed one, as that event says."""

    node: str
    visit: int
    attempt: int


@dataclass(frozen=True, slots=True)
class FireTimer:
    """The timer of a `TimerSet` is due; `node` is empty for the run's own limit."""

    kind: TimerKind
    node: str
    visit: int


@dataclass(frozen=True, slots=True)
class ReportChildren:
    """How child runs of a visit are doing."""

    node: str
    visit: int
    reports: tuple[ChildReport, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """An operator ends the run."""

    reason: str | None
    by: Actor


Command = (
    Start | Admit | Resolve | RecordNodeResult | FireRetry | FireTimer | ReportChildren | Cancel
)


@dataclass(frozen=True, slots=True)
class RunCommand:
    """A command with what judging it takes: whose run it is, and the graph of the version that the run keeps.

    `callees` are the workflows that the graph calls, as they are now.
    """

    run_id: UUID
    command: Command
    graph: Graph
    callees: Callees = field(default_factory=dict)
