"""What requests may say, and what the gateway's own answers look like; the rest are contract models."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.base import Fact, Instant, Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.run import RunError, RunStatus, TriggerKind
from contracts.run_view import RunItem
from contracts.task import TaskView
from contracts.workflow import WorkflowStatus

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Search = Annotated[str, StringConstraints(max_length=200)]
Comment = Annotated[str, StringConstraints(max_length=10_000)]
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class Form(BaseModel):
    """Input from people: what nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# -- bodies ----------------------------------------------------------------------------------------


class WorkflowForm(Form):
    """A workflow as its author gives it."""

    name: Name
    description: Annotated[str, StringConstraints(max_length=10_000)] = ""
    definition: JsonObject
    source: str | None = None
    """The YAML that the definition was written as, kept with its comments; it must say the same."""


class ValidateForm(Form):
    """A definition to be judged: as a text, or as an object."""

    text: str | None = None
    format: Literal["yaml", "json"] = "json"
    definition: Json = None


class StartRunForm(Form):
    """The input of a run: what `trigger.output` will be."""

    input: JsonObject | None = None


class CancelRunForm(Form):
    """Why a run is cancelled."""

    reason: Comment | None = None


class DecideForm(Form):
    """What goes with an approval or a rejection."""

    comment: Comment | None = None


class SubmitForm(Form):
    """The values of a form, by field name."""

    values: JsonObject
    comment: Comment | None = None


class SignInForm(Form):
    """The token of a sign-in link, which is what stands behind its `#token=`."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class TokenForm(Form):
    """An API token to be made."""

    name: Name
    expires_in_days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class SecretForm(Form):
    """The value of a secret, which is never shown again, and what it is for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    value: str = Field(repr=False)
    description: str | None = None


class WebhookSecretForm(Form):
    """A secret for a webhook, made if none is given, and for how long the former ones are still taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    secret: str | None = Field(default=None, min_length=1, max_length=1_000, repr=False)
    overlap: Annotated[str, StringConstraints(max_length=40)] = "24h"


# -- queries ---------------------------------------------------------------------------------------


class PageQuery(Form):
    """Which part of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class DeliveriesQuery(Form):
    """How many of the last deliveries."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50


class TasksQuery(PageQuery):
    """Which tasks, and in which order; `due` and `overdue` are for pending ones."""

    status: Literal["pending", "decided", "resolved", "closed"] = "pending"
    workflow_id: UUID | None = None
    kind: Literal["approval", "manual_input"] | None = None
    q: Search | None = None
    assignee: Search | None = None
    sort: Literal["oldest", "newest", "due"] = "oldest"
    overdue: bool = False


class RunsQuery(PageQuery):
    """Which runs; `parent_run_id`: those that this run has started, `parent_node`: by this step of it.

    `without_children` leaves out those that any run has started.
    """

    workflow_id: UUID | None = None
    parent_run_id: UUID | None = None
    parent_node: Annotated[str, StringConstraints(max_length=64)] | None = None
    without_children: bool = False
    status: RunStatus | None = None
    trigger: TriggerKind | None = None
    q: Search | None = None


class RunsOfWorkflowQuery(PageQuery):
    """Which runs of one workflow."""

    status: RunStatus | None = None
    trigger: TriggerKind | None = None
    q: Search | None = None


class WorkflowsQuery(PageQuery):
    """Which workflows, and in which order."""

    q: Search | None = None
    status: WorkflowStatus | None = None
    sort: Literal["name", "-updated_at"] = "name"


class RunQuery(Form):
    """A run as it is now, or as it was after the event `at` of its log."""

    at: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class EventsPageQuery(Form):
    """Which part of a run's log; the cursor is the last version that was read."""

    limit: Limit = 50
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")] | None = None


# -- answers ---------------------------------------------------------------------------------------


class UserAnswer(Fact):
    """A person with an account."""

    id: str
    name: str
    role: str


class SessionAnswer(Fact):
    """Who is signed in; unsafe requests repeat `csrf_token` in `X-CSRF-Token`."""

    user: UserAnswer
    csrf_token: str
    expires_at: Instant


class SignInLinkAnswer(Fact):
    """Where to sign in, once."""

    url_path: str
    expires_at: Instant


class TokenAnswer(Fact):
    """An API token; its secret is in no answer but the first one."""

    id: UUID
    name: str
    created_at: Instant
    last_used_at: Instant | None
    expires_at: Instant | None


class MadeTokenAnswer(TokenAnswer):
    """A fresh API token. `token` is null when the request is repeated under the same idempotency key."""

    token: str | None


class TokenPage(Fact):
    """The caller's API tokens."""

    items: list[TokenAnswer]
    next_cursor: str | None = None


class QueuedRun(Fact):
    """A run that starts once the engine is back."""

    id: UUID
    status: Literal["Queued"] = "Queued"


class AcceptedDelivery(Fact):
    """The run that a webhook delivery starts, or has started."""

    run_id: UUID


class RunEventPage(Fact):
    """A page of a run's log."""

    items: list[CloudEvent]
    next_cursor: str | None = None


class FailingWorkflow(Fact):
    """A workflow that failed in the last 24 hours."""

    workflow_id: UUID
    workflow_name: str
    failed: int
    last_failed_at: Instant
    last_error: RunError | None = None


class DashboardAnswer(Fact):
    """What the Dashboard shows."""

    pending: int
    oldest: list[TaskView]
    today: dict[str, int]
    recent_runs: list[RunItem]
    failing_workflows: list[FailingWorkflow]


class ProblemAnswer(BaseModel):
    """RFC 9457 problem details; `code` is stable, and some codes bring more members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
