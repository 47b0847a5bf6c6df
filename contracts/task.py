"""A task: what a paused run asks of people (`flusso.task.*`, all version 1)."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.actor import Actor
from contracts.base import Command, Fact, Instant, JsonObject
from contracts.run import DecidedOutcome, FormField, TaskKind

TaskStatus = Literal["pending", "resolved", "closed"]
TaskAction = Literal["approve", "reject", "submit"]


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: Sequence[object]) -> bool:
    return not value


def _is_zero(value: int) -> bool:
    return value == 0


# -- facts -------------------------------------------------------------------------------------------------------------


class TaskOpened(Fact):
    """`flusso.task.opened`: people can see and decide it. `digest` names exactly what they are shown.

    `created_at` is when the run paused, however late the pause was heard of. By `due_at` an answer is wished for; at
    `timeout_at` the clock decides (`timed_out`), unless somebody has. Without them the task waits for ever.
    """

    run_id: UUID
    node: str
    kind: TaskKind
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    step_name: str
    title: str
    prompt: str
    fields: list[FormField] = Field(default_factory=list)
    assignees: list[str] = Field(default_factory=list)
    created_at: Instant
    digest: str
    due_at: Instant | None = None
    timeout_at: Instant | None = None


class TaskResolved(Fact):
    """`flusso.task.resolved`: the one decision, as the engine must carry it out.

    `timed_out` is the clock's: `by` is then `contracts.actor.TIMEOUT`, and `decided_at` never before `timeout_at`.
    """

    run_id: UUID
    node: str
    outcome: DecidedOutcome
    values: JsonObject | None = None
    by: Actor
    decided_at: Instant
    comment: str | None = None
    digest: str
    idempotency_key: str | None = None
    request_digest: str | None = None


class TaskClosed(Fact):
    """`flusso.task.closed`: the run ended in `run_status` without this task's decision.

    `ended_by` is who cancelled or rejected the run, at `ended_at`. Facts told before these existed lack them.
    """

    run_id: UUID
    run_status: Literal["Completed", "Failed", "Cancelled"]
    ended_by: Actor | None = Field(default=None, exclude_if=_is_none)
    ended_at: Instant | None = Field(default=None, exclude_if=_is_none)


class TaskOvertaken(Fact):
    """`flusso.task.overtaken`: it was decided, but the run ended in `run_status` before it took the decision.

    The only fact that can follow `flusso.task.resolved`. The decision stays as what was answered; nothing came of it.
    `ended_by` and `ended_at` are as in `flusso.task.closed`.
    """

    run_id: UUID
    run_status: Literal["Completed", "Failed", "Cancelled"]
    ended_by: Actor | None = Field(default=None, exclude_if=_is_none)
    ended_at: Instant | None = Field(default=None, exclude_if=_is_none)


TaskFact = TaskOpened | TaskResolved | TaskClosed | TaskOvertaken

TASK_FACTS_BY_TYPE: dict[str, type[TaskFact]] = {
    "flusso.task.opened": TaskOpened,
    "flusso.task.resolved": TaskResolved,
    "flusso.task.closed": TaskClosed,
    "flusso.task.overtaken": TaskOvertaken,
}
TYPES_OF_TASK_FACTS: dict[type[TaskFact], str] = {
    model: name for name, model in TASK_FACTS_BY_TYPE.items()
}

# -- orders ------------------------------------------------------------------------------------------------------------


class DecideTask(Command):
    """Decide a task. The first wins; a repeat with the same idempotency key and digest gets the first answer.

    Refused with: `task-not-found`, `already-decided` (details `decided_by`, `decided_at`, `outcome`), `run-ended`
    (details `run_status`, and if known `ended_by` and `ended_at`), `digest-mismatch`, `invalid-values` (details
    `fields`: list of `name`, `code`, `message`), `forbidden`, `wrong-kind`, `idempotency-key-reused`.
    """

    task_id: UUID
    action: TaskAction
    values: JsonObject | None = None
    comment: str | None = Field(default=None, max_length=10_000)
    if_match: str | None = None
    actor: Actor
    idempotency_key: str | None = Field(default=None, max_length=255)
    request_digest: str | None = None


# -- questions and their answers ---------------------------------------------------------------------------------------


class GetTask(Command):
    """Ask for one task, whole."""

    task_id: UUID
    actor: Actor


class ListTasks(Command):
    """Ask for a page of the inbox, or of its history (`decided`: resolved or closed).

    `due` puts what is due first before the rest, and what has no due date at the end, oldest first. It and `overdue`
    (only what is past its due date) are for pending tasks; with another status they are refused, `invalid-request`.
    """

    status: Literal["pending", "decided", "resolved", "closed"] = "pending"
    workflow_id: UUID | None = None
    kind: TaskKind | None = None
    q: str | None = Field(default=None, max_length=200)
    assignee: str | None = Field(default=None, max_length=200)
    sort: Literal["oldest", "newest", "due"] = "oldest"
    overdue: bool = False
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None
    actor: Actor


class CountTasks(Command):
    """Ask for the number of pending tasks."""

    actor: Actor


class TaskCount(Fact):
    """The answer to CountTasks: exact."""

    pending: int


class TaskDecision(Fact):
    """What was answered, by whom and when."""

    outcome: DecidedOutcome
    by: str
    at: Instant
    values: JsonObject | None = None
    comment: str | None = None


class TaskAttempt(Fact):
    """Somebody who tried to decide and was refused; `code` says why."""

    by: str
    action: TaskAction
    code: str
    at: Instant


class TaskView(Fact):
    """A task as the API shows it; in a list `prompt` may be shortened, and then `prompt_truncated` is true.

    `closed_reason` is how the run ended if that came before a decision, or before the run took it; `closed_by` is who
    ended it so, if somebody did, and `closed_at` when. Only the answer to GetTask has `attempts`, the first hundred
    that were refused, and their number `attempts_total`.
    """

    id: UUID
    run_id: UUID
    workflow_id: UUID
    workflow_name: str
    workflow_version: int
    node: str
    step_name: str
    kind: TaskKind
    title: str
    prompt: str
    prompt_truncated: bool = False
    fields: list[FormField] = Field(default_factory=list)
    assignees: list[str] = Field(default_factory=list)
    status: TaskStatus
    created_at: Instant
    digest: str
    due_at: Instant | None = None
    timeout_at: Instant | None = None
    decision: TaskDecision | None = None
    closed_reason: str | None = None
    closed_by: str | None = Field(default=None, exclude_if=_is_none)
    closed_at: Instant | None = Field(default=None, exclude_if=_is_none)
    attempts: list[TaskAttempt] = Field(default_factory=list, exclude_if=_is_empty)
    attempts_total: int = Field(default=0, exclude_if=_is_zero)


class TaskPage(Fact):
    """A page of tasks; `total` counts all that match, exactly."""

    items: list[TaskView]
    next_cursor: str | None = None
    total: int


# -- reconciling -------------------------------------------------------------------------------------------------------


class BucketDigest(Fact):
    """How many ids end with this byte (0 to 255), and the exclusive-or of PostgreSQL's 64-bit hash of each."""

    bucket: int
    count: int
    checksum: int


class DigestOpenTasks(Command):
    """Ask for the digests of tasks that were opened before `before` and are pending."""

    before: Instant


class OpenTaskDigests(Fact):
    """The answer to DigestOpenTasks; buckets without ids are left out."""

    buckets: list[BucketDigest]


class ListOpenTasks(Command):
    """Ask for the pending task ids of one bucket, in order, after `after`."""

    bucket: int = Field(ge=0, le=255)
    before: Instant
    after: UUID | None = None
    limit: int = Field(default=1_000, ge=1, le=5_000)


class OpenTask(Fact):
    """A pending task and the run that it belongs to."""

    task_id: UUID
    run_id: UUID


class OpenTaskPage(Fact):
    """The answer to ListOpenTasks."""

    items: list[OpenTask]


class ExplainTasks(Command):
    """Ask what became of these tasks."""

    task_ids: list[UUID] = Field(max_length=1_000)


class TaskExplanation(Fact):
    """What became of one task: `resolution` is set if it was decided."""

    task_id: UUID
    status: TaskStatus | Literal["unknown"]
    resolution: TaskResolved | None = None


class TaskExplanations(Fact):
    """The answer to ExplainTasks."""

    items: list[TaskExplanation]


class OverTask(Fact):
    """A task that nothing waits for; `run_status` is how its run ended."""

    task_id: UUID
    run_id: UUID
    run_status: Literal["Completed", "Failed", "Cancelled"]


class CloseTasks(Command):
    """Close pending tasks that no run waits for; decided and closed ones stay as they are."""

    items: list[OverTask] = Field(max_length=1_000)
