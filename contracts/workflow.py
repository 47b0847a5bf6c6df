"""Workflows as the engine answers for them: definitions, versions, status, and what is wrong with a definition."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.actor import Actor
from contracts.base import Command, Fact, Instant, Json, JsonObject
from contracts.run import RunStatus

WorkflowStatus = Literal["Draft", "Active", "Paused"]


class Fault(Fact):
    """One thing that is wrong with a definition, by the JSON pointer of the place.

    `code` and `params` say what `message` says in English, for whoever says it in another language; where a code has
    several meanings, `params` has a `reason`.
    """

    path: str
    code: str
    message: str
    params: dict[str, str | int | float] = Field(default_factory=dict)
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None


class CreateWorkflow(Command):
    """Store version 1 as a Draft. Refused with `invalid-definition` (details `faults`) or `idempotency-key-reused`."""

    workflow_id: UUID
    name: str
    description: str = ""
    definition: Json
    source: str | None = None
    """The YAML that the definition was written as; it must say the same."""
    actor: Actor
    request_digest: str | None = None


class UpdateWorkflow(Command):
    """Store the next version; refused with `version-mismatch` when `if_version` is not the current one."""

    workflow_id: UUID
    name: str
    description: str = ""
    definition: Json
    source: str | None = None
    if_version: int | None = None
    actor: Actor


class SetWorkflowStatus(Command):
    """Activate or pause."""

    workflow_id: UUID
    status: Literal["Active", "Paused"]
    actor: Actor


class DuplicateWorkflow(Command):
    """Store a Draft named "Copy of ..." under `new_workflow_id`."""

    workflow_id: UUID
    new_workflow_id: UUID
    actor: Actor


class DeleteWorkflow(Command):
    """Delete a workflow with its runs; refused with `runs-live` while any is, unless `cancel_runs`."""

    workflow_id: UUID
    cancel_runs: bool = False
    actor: Actor


class GetWorkflow(Command):
    """Ask for a workflow as of a version, or the current one."""

    workflow_id: UUID
    version: int | None = None


class ListWorkflows(Command):
    """Ask for a page of workflows."""

    q: str | None = Field(default=None, max_length=200)
    status: WorkflowStatus | None = None
    sort: Literal["name", "-updated_at"] = "name"
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class ListVersions(Command):
    """Ask for the versions of a workflow, newest first."""

    workflow_id: UUID
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class GetWorkflowUse(Command):
    """Ask what hangs on a workflow, and so what goes or fails when it is deleted."""

    workflow_id: UUID


class KeepWorkflowDraft(Command):
    """Keep what the actor edits of a workflow (null: of a new one) and has not saved, whatever it is.

    Refused with `draft-changed` unless `if_revision` is the draft's; 0 says that there is none yet.
    """

    workflow_id: UUID | None
    name: str = Field(max_length=1_000)
    description: str = Field(default="", max_length=20_000)
    text: str
    format: Literal["yaml", "json"] = "yaml"
    base_version: int | None = None
    """The version that it was made from."""
    if_revision: int | None = None
    actor: Actor


class GetWorkflowDraft(Command):
    """Ask for the actor's draft of a workflow (null: of a new one)."""

    workflow_id: UUID | None
    actor: Actor


class DropWorkflowDraft(Command):
    """Forget the actor's draft; refused with `draft-changed` if it is there at another revision."""

    workflow_id: UUID | None
    if_revision: int | None = None
    actor: Actor


class ValidateDefinition(Command):
    """Ask what is wrong with a definition, given as a text or as an object."""

    text: str | None = None
    format: Literal["yaml", "json"] = "json"
    definition: Json = None


class ScheduleView(Fact):
    """When the clock starts runs: the schedule, in English words, and its next instants."""

    cron: str
    timezone: str
    words: str
    next: list[Instant]


class Validation(Fact):
    """The answer to ValidateDefinition; `definition`, `yaml` and `json` are set when the text could be read."""

    valid: bool
    faults: list[Fault]
    definition: Json = None
    yaml: str | None = None
    json_text: str | None = Field(default=None, serialization_alias="json", validation_alias="json")
    schedule: ScheduleView | None = None


class LastRun(Fact):
    """The newest run of a workflow."""

    id: UUID
    status: RunStatus
    started_at: Instant


class WorkflowItem(Fact):
    """A workflow in a list."""

    id: UUID
    name: str
    description: str
    status: WorkflowStatus
    version: int
    steps: int
    trigger: str
    created_at: Instant
    updated_at: Instant
    last_run: LastRun | None = None
    webhook_url: str | None = None
    schedule: ScheduleView | None = None


class WorkflowView(WorkflowItem):
    """A workflow, whole; `source` is the YAML that its author wrote, where that was kept."""

    definition: JsonObject
    source: str | None = None


class WorkflowDraft(Fact):
    """What somebody edits and has not saved; it may be no definition at all."""

    name: str
    description: str
    text: str
    format: Literal["yaml", "json"]
    base_version: int | None = None
    revision: int
    saved_at: Instant


class WorkflowDraftAnswer(Fact):
    """A draft, if there is one."""

    draft: WorkflowDraft | None = None


class CallingWorkflow(Fact):
    """A workflow whose current version calls another one."""

    id: UUID
    name: str


class WorkflowUse(Fact):
    """What hangs on a workflow; runs are counted up to `counted_max`, callers listed up to a limit."""

    runs: int
    live_runs: int
    counted_max: int
    callers: list[CallingWorkflow]


class WorkflowPage(Fact):
    """A page of workflows."""

    items: list[WorkflowItem]
    next_cursor: str | None = None


class VersionItem(Fact):
    """One immutable version."""

    version: int
    created_at: Instant
    created_by: str


class VersionPage(Fact):
    """A page of versions."""

    items: list[VersionItem]
    next_cursor: str | None = None
