"""What is said where: which subject takes which order and answers what, which tells which facts.

`contracts.publish` writes it down for readers outside; tests hold the services to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts import subjects
from contracts.base import Command, Fact, Nothing
from contracts.event import EmitEvent, EmittedEvent
from contracts.operations import ANSWERS, OPERATIONS
from contracts.receipt import GetReceipt, Receipt
from contracts.run import (
    RUN_FACTS_BY_TYPE,
    CancelRun,
    ReceiveDelivery,
    RecordResult,
    StartedRun,
    StartRun,
)
from contracts.run_view import (
    GetRun,
    GetRunOverview,
    ListRunEvents,
    ListRuns,
    RunEventPage,
    RunItem,
    RunOverview,
    RunPage,
    RunView,
)
from contracts.secret import DeleteSecret, ListSecrets, PutSecret, SecretItem, SecretPage
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
from contracts.task import (
    TASK_FACTS_BY_TYPE,
    CloseTasks,
    CountTasks,
    DecideTask,
    DigestOpenTasks,
    ExplainTasks,
    GetTask,
    ListOpenTasks,
    ListTasks,
    OpenTaskDigests,
    OpenTaskPage,
    TaskCount,
    TaskExplanations,
    TaskPage,
    TaskView,
)
from contracts.webhook import (
    DeliveryPage,
    DeliveryView,
    GetDelivery,
    GetWebhookSecrets,
    ListDeliveries,
    NewWebhookSecret,
    ReplayDelivery,
    RotateWebhookSecret,
    WebhookSecrets,
)
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    DropWorkflowDraft,
    DuplicateWorkflow,
    GetWorkflow,
    GetWorkflowDraft,
    GetWorkflowUse,
    KeepWorkflowDraft,
    ListVersions,
    ListWorkflows,
    SetWorkflowStatus,
    UpdateWorkflow,
    ValidateDefinition,
    Validation,
    VersionPage,
    WorkflowDraft,
    WorkflowDraftAnswer,
    WorkflowPage,
    WorkflowUse,
    WorkflowView,
)

Service = Literal["engine", "tasks"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request on core NATS to one of `service`'s replicas, answered when it is committed."""

    service: Service
    subject: str
    command: type[Command]
    answer: type[Fact]


@dataclass(frozen=True, slots=True)
class Announcement:
    """Facts told on a JetStream subject in batches, in the order of the log; `alone`: one a batch."""

    service: Service
    stream: str
    subject: str
    facts: Mapping[str, type[Fact]]
    alone: bool = False


REQUESTS: tuple[Request, ...] = (
    Request("engine", subjects.START_RUN, StartRun, StartedRun),
    Request("engine", subjects.RECEIVE_DELIVERY, ReceiveDelivery, StartedRun),
    Request("engine", subjects.CANCEL_RUN, CancelRun, RunItem),
    Request("engine", subjects.RECORD_RESULT, RecordResult, Nothing),
    Request("engine", subjects.EMIT_EVENT, EmitEvent, EmittedEvent),
    Request("engine", subjects.GET_RUN, GetRun, RunView),
    Request("engine", subjects.LIST_RUNS, ListRuns, RunPage),
    Request("engine", subjects.LIST_RUN_EVENTS, ListRunEvents, RunEventPage),
    Request("engine", subjects.RUN_OVERVIEW, GetRunOverview, RunOverview),
    Request("engine", subjects.RUN_STATS, AskRunStats, RunStats),
    Request("engine", subjects.WORKFLOW_STATS, AskWorkflowStats, WorkflowStats),
    Request("engine", subjects.STEP_STATS, AskStepStats, StepStats),
    Request("engine", subjects.HOUR_STATS, AskHourStats, HourStats),
    Request("engine", subjects.LIST_TIMELINES, ListTimelines, TimelinePage),
    Request("engine", subjects.CREATE_WORKFLOW, CreateWorkflow, WorkflowView),
    Request("engine", subjects.UPDATE_WORKFLOW, UpdateWorkflow, WorkflowView),
    Request("engine", subjects.SET_WORKFLOW_STATUS, SetWorkflowStatus, WorkflowView),
    Request("engine", subjects.DUPLICATE_WORKFLOW, DuplicateWorkflow, WorkflowView),
    Request("engine", subjects.DELETE_WORKFLOW, DeleteWorkflow, Nothing),
    Request("engine", subjects.GET_WORKFLOW, GetWorkflow, WorkflowView),
    Request("engine", subjects.LIST_WORKFLOWS, ListWorkflows, WorkflowPage),
    Request("engine", subjects.LIST_VERSIONS, ListVersions, VersionPage),
    Request("engine", subjects.WORKFLOW_USE, GetWorkflowUse, WorkflowUse),
    Request("engine", subjects.KEEP_WORKFLOW_DRAFT, KeepWorkflowDraft, WorkflowDraft),
    Request("engine", subjects.GET_WORKFLOW_DRAFT, GetWorkflowDraft, WorkflowDraftAnswer),
    Request("engine", subjects.DROP_WORKFLOW_DRAFT, DropWorkflowDraft, Nothing),
    Request("engine", subjects.VALIDATE_DEFINITION, ValidateDefinition, Validation),
    Request("engine", subjects.ROTATE_WEBHOOK_SECRET, RotateWebhookSecret, NewWebhookSecret),
    Request("engine", subjects.GET_WEBHOOK_SECRETS, GetWebhookSecrets, WebhookSecrets),
    Request("engine", subjects.LIST_DELIVERIES, ListDeliveries, DeliveryPage),
    Request("engine", subjects.GET_DELIVERY, GetDelivery, DeliveryView),
    Request("engine", subjects.REPLAY_DELIVERY, ReplayDelivery, StartedRun),
    Request("engine", subjects.LIST_SECRETS, ListSecrets, SecretPage),
    Request("engine", subjects.PUT_SECRET, PutSecret, SecretItem),
    Request("engine", subjects.DELETE_SECRET, DeleteSecret, Nothing),
    Request("tasks", subjects.DECIDE_TASK, DecideTask, TaskView),
    Request("tasks", subjects.GET_TASK, GetTask, TaskView),
    Request("tasks", subjects.GET_RECEIPT, GetReceipt, Receipt),
    Request("tasks", subjects.LIST_TASKS, ListTasks, TaskPage),
    Request("tasks", subjects.COUNT_TASKS, CountTasks, TaskCount),
    Request("tasks", subjects.DECISION_STATS, AskDecisionStats, DecisionStats),
    Request("tasks", subjects.DIGEST_OPEN_TASKS, DigestOpenTasks, OpenTaskDigests),
    Request("tasks", subjects.LIST_OPEN_TASKS, ListOpenTasks, OpenTaskPage),
    Request("tasks", subjects.EXPLAIN_TASKS, ExplainTasks, TaskExplanations),
    Request("tasks", subjects.CLOSE_TASKS, CloseTasks, Nothing),
    *(
        Request(service, subject, command, ANSWERS[command])
        for service, asked in OPERATIONS.items()
        for command, subject in asked.items()
    ),
)

_ALONE = subjects.RUN_NODE_SCHEDULED

ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement(
        "engine",
        subjects.RUN_EVENTS,
        subjects.RUN_FACTS,
        {name: fact for name, fact in RUN_FACTS_BY_TYPE.items() if name != _ALONE},
    ),
    Announcement(
        "engine",
        subjects.RUN_EVENTS,
        subjects.RUN_NODE_SCHEDULED,
        {_ALONE: RUN_FACTS_BY_TYPE[_ALONE]},
        alone=True,
    ),
    Announcement("tasks", subjects.TASK_EVENTS, subjects.TASK_FACTS, TASK_FACTS_BY_TYPE),
)

FACTS: Mapping[str, type[Fact]] = {**RUN_FACTS_BY_TYPE, **TASK_FACTS_BY_TYPE}
"""Every published type; each is at version 1."""

FACT_VERSION = 1
