"""A run: the orders that it takes and the facts that it tells (`flusso.run.*`, all version 1); see also `run_view`."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.actor import Actor
from contracts.base import Command, Fact, Instant, Json, JsonObject

RunStatus = Literal["Queued", "Running", "Waiting", "Completed", "Failed", "Cancelled"]
TriggerKind = Literal["manual", "webhook", "schedule", "event", "workflow"]
"""`workflow`: a run of another workflow has started it."""
TaskKind = Literal["approval", "manual_input"]
DecidedOutcome = Literal["approved", "rejected", "submitted", "timed_out"]
TimerKind = Literal["delay", "node_limit", "run_limit"]


class RunError(Fact):
    """Why a node or a run failed. `code` is stable; `message` is for the person who built the workflow."""

    code: str
    message: str
    node: str | None = None
    details: JsonObject = Field(default_factory=dict)


class ParentRun(Fact):
    """The run, and the visit of one of its nodes, that a child run works for; `index` counts that visit's calls."""

    run_id: UUID
    node: str
    visit: int
    index: int = 0
    waits: bool = True
    """The parent waits for the end of this run."""
    depth: int = 1
    """How many runs stand above this one, each started by the one above it."""


class FormField(Fact):
    """One field of a manual input, as frozen when the task opened."""

    name: str
    label: str
    type: Literal["text", "textarea", "number", "date"]
    required: bool = False
    help: str | None = None
    placeholder: str | None = None
    default: Json = None
    min: float | str | None = None
    max: float | str | None = None
    step: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    pattern_message: str | None = None


# -- orders ------------------------------------------------------------------------------------------------------------


class StartRun(Command):
    """Start `run_id`; asked again with the same id and digest it answers the same, whatever has happened since.

    Refused with `invalid-values` (details as for DecideTask) if the trigger asks by hand for what the input has not.
    """

    run_id: UUID
    workflow_id: UUID
    trigger: TriggerKind = "manual"
    input: Json = None
    actor: Actor
    request_digest: str | None = None


class StartedRun(Fact):
    """The answer to StartRun and ReceiveDelivery, as committed."""

    id: UUID
    workflow_id: UUID
    workflow_name: str
    version: int
    status: RunStatus
    started_at: Instant
    repeated: bool = False


class ReceiveDelivery(Command):
    """A webhook delivery as it came; the engine judges its signature.

    `body` is base64 of the raw bytes (a signature covers bytes). `headers` are in order of arrival, names in lower
    case. `run_id` and `delivery_id` are the gateway's proposal; the trigger's own delivery id wins over it.
    """

    workflow_id: UUID
    run_id: UUID
    delivery_id: str
    method: str
    headers: list[tuple[str, str]]
    query: list[tuple[str, str]]
    body: str
    received_at: Instant


class CancelRun(Command):
    """An operator ends a run; its open tasks are closed."""

    run_id: UUID
    reason: str | None = None
    actor: Actor


class RecordResult(Command):
    """What a worker found: either `output` and the port taken, or an error."""

    run_id: UUID
    node: str
    visit: int
    attempt: int
    output: Json = None
    port: str = "out"
    error: RunError | None = None
    retryable: bool = False


# -- facts -------------------------------------------------------------------------------------------------------------


class RunStarted(Fact):
    """`flusso.run.started`: a run of one version has begun; its trigger's output is known."""

    workflow_id: UUID
    workflow_name: str
    version: int
    trigger: TriggerKind
    trigger_output: Json
    started_at: Instant
    actor: Actor
    request_digest: str | None = None
    parent: ParentRun | None = None


class RunQueued(Fact):
    """`flusso.run.queued`: a run of one version was accepted, and starts when its workflow has a free slot."""

    workflow_id: UUID
    workflow_name: str
    version: int
    trigger: TriggerKind
    trigger_output: Json
    queued_at: Instant
    actor: Actor
    request_digest: str | None = None
    parent: ParentRun | None = None


class SecretUse(Fact):
    """Where the value of a secret belongs in a request: in the text at a JSON pointer, after `offset` characters."""

    name: str
    pointer: str
    offset: int


class NodeScheduled(Fact):
    """`flusso.run.node_scheduled`: a worker is to perform a side effect, under this idempotency key.

    `request` never holds the value of a secret: the worker puts it in at the places that `secrets` names.
    """

    node: str
    visit: int
    attempt: int
    type: str
    request: JsonObject
    idempotency_key: str
    secrets: list[SecretUse] = Field(default_factory=list)


class NodeCompleted(Fact):
    """`flusso.run.node_completed`: a node has its output and took `port`."""

    node: str
    visit: int
    attempt: int = 1
    port: str = "out"
    input: Json = None
    output: Json = None


class NodeFailed(Fact):
    """`flusso.run.node_failed`: a node gave up; it took `port` if its error port is wired, else the run fails."""

    node: str
    visit: int
    attempt: int = 1
    port: str | None = None
    input: Json = None
    error: RunError


class NodeSkipped(Fact):
    """`flusso.run.node_skipped`: every edge into the node is dead."""

    node: str
    visit: int


class RetrySet(Fact):
    """`flusso.run.retry_set`: an attempt failed, the next one is due at `due_at`."""

    node: str
    visit: int
    attempt: int
    due_at: Instant
    error: RunError


class TimerSet(Fact):
    """`flusso.run.timer_set`: at `due_at` a delay is over, or the time of a node or of the run (no `node`) is up.

    Setting a timer of the same kind and node again moves it.
    """

    kind: TimerKind
    node: str | None = None
    visit: int = 1
    due_at: Instant


class TimerStopped(Fact):
    """`flusso.run.timer_stopped`: the clock of a limit stands still while only people can move on."""

    kind: TimerKind
    node: str | None = None
    visit: int = 1
    remaining_seconds: float


class ChildCall(Fact):
    """One child run: which, and what its trigger puts out."""

    index: int
    run_id: UUID
    input: JsonObject


class ChildrenCalled(Fact):
    """`flusso.run.children_called`: a node calls runs of a workflow; `total` is how many the visit will call in all.

    `called` counts all calls of the visit so far, these included. `collects` tells whether outputs are kept.
    """

    node: str
    visit: int
    workflow_id: UUID
    total: int
    called: int
    calls: list[ChildCall]
    waits: bool = True
    collects: bool = True


class ChildReport(Fact):
    """How a child run is doing, as of `sequence` of its log. `output` is there once it has completed, if it is kept."""

    index: int
    run_id: UUID
    sequence: int
    status: RunStatus
    output: Json = None
    error: RunError | None = None


class ChildrenReported(Fact):
    """`flusso.run.children_reported`: child runs came to wait for people, moved on, or ended.

    `ended` counts all runs of the visit that have ended by now; `asks` tells whether all others wait for people.
    """

    node: str
    visit: int
    ended: int
    asks: bool
    reports: list[ChildReport]


class RunPaused(Fact):
    """`flusso.run.paused`: the run asks people something; all that they will see is frozen here.

    `due_at` is a wish; at `timeout_at` the tasks service decides that nobody has (`timed_out`).
    """

    task_id: UUID
    node: str
    visit: int
    kind: TaskKind
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    step_name: str
    title: str
    prompt: str
    fields: list[FormField] = Field(default_factory=list)
    assignees: list[str] = Field(default_factory=list)
    due_at: Instant | None = None
    timeout_at: Instant | None = None


class RunResumed(Fact):
    """`flusso.run.resumed`: the answer was taken; the waiting node has `output`."""

    task_id: UUID
    node: str
    visit: int
    outcome: DecidedOutcome
    output: Json
    by: Actor
    decided_at: Instant
    comment: str | None = None


class RunCompleted(Fact):
    """`flusso.run.completed`: nothing is left to do. `open_tasks` are waits that the end has overtaken."""

    output: Json = None
    open_tasks: list[UUID] = Field(default_factory=list)


class RunFailed(Fact):
    """`flusso.run.failed`. For a rejection `by`, `task_id`, `decided_at` and `comment` say who, where, when and why."""

    reason: Literal["rejected", "node-failed", "stopped", "time-limit"]
    error: RunError
    by: Actor | None = None
    task_id: UUID | None = None
    decided_at: Instant | None = None
    comment: str | None = None
    open_tasks: list[UUID] = Field(default_factory=list)


class RunCancelled(Fact):
    """`flusso.run.cancelled`: an operator ended it."""

    reason: str | None
    by: Actor
    open_tasks: list[UUID] = Field(default_factory=list)


RunFact = (
    RunQueued
    | RunStarted
    | NodeScheduled
    | NodeCompleted
    | NodeFailed
    | NodeSkipped
    | RetrySet
    | TimerSet
    | TimerStopped
    | ChildrenCalled
    | ChildrenReported
    | RunPaused
    | RunResumed
    | RunCompleted
    | RunFailed
    | RunCancelled
)

RUN_FACTS_BY_TYPE: dict[str, type[RunFact]] = {
    "flusso.run.queued": RunQueued,
    "flusso.run.started": RunStarted,
    "flusso.run.node_scheduled": NodeScheduled,
    "flusso.run.node_completed": NodeCompleted,
    "flusso.run.node_failed": NodeFailed,
    "flusso.run.node_skipped": NodeSkipped,
    "flusso.run.retry_set": RetrySet,
    "flusso.run.timer_set": TimerSet,
    "flusso.run.timer_stopped": TimerStopped,
    "flusso.run.children_called": ChildrenCalled,
    "flusso.run.children_reported": ChildrenReported,
    "flusso.run.paused": RunPaused,
    "flusso.run.resumed": RunResumed,
    "flusso.run.completed": RunCompleted,
    "flusso.run.failed": RunFailed,
    "flusso.run.cancelled": RunCancelled,
}
TYPES_OF_RUN_FACTS: dict[type[RunFact], str] = {
    model: name for name, model in RUN_FACTS_BY_TYPE.items()
}
