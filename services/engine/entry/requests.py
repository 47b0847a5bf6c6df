"""What others may ask of the engine."""

from faststream.nats import NatsBroker
from nats.aio.client import Client

from contracts import subjects
from contracts.base import Nothing
from contracts.event import EmitEvent
from contracts.run import CancelRun, RecordResult, RunFact, StartedRun, StartRun
from contracts.run_view import GetRun, GetRunOverview, ListRunEvents, ListRuns, RunItem
from contracts.secret import DeleteSecret, ListSecrets, PutSecret
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
)
from services.chassis import telemetry
from services.chassis.orders import Order
from services.chassis.pipeline import Pipeline
from services.chassis.rpc import OrderServer, serve
from services.engine.app.drafts import Drafts
from services.engine.app.events import Events
from services.engine.app.orders import RunDone, RunOrder, RunPipeline, order_for
from services.engine.app.runs import Runs
from services.engine.app.secrets import Secrets
from services.engine.app.starts import started_run
from services.engine.app.validate import Validating
from services.engine.app.workflows import Workflows
from services.engine.domain.run_commands import RunCommand
from services.engine.domain.run_state import RunState

QUEUE = "engine"


def serve_secrets(broker: NatsBroker, secrets: Secrets) -> None:
    """Take secrets in, and say which there are."""
    serve(broker, subjects.LIST_SECRETS, QUEUE, ListSecrets, secrets.page)
    serve(broker, subjects.PUT_SECRET, QUEUE, PutSecret, secrets.put)
    serve(broker, subjects.DELETE_SECRET, QUEUE, DeleteSecret, secrets.delete)


def serve_questions(
    broker: NatsBroker, runs: Runs, workflows: Workflows, validating: Validating
) -> None:
    """Answer what changes no run."""
    serve(broker, subjects.GET_RUN, QUEUE, GetRun, runs.get)
    serve(broker, subjects.LIST_RUNS, QUEUE, ListRuns, runs.page)
    serve(broker, subjects.LIST_RUN_EVENTS, QUEUE, ListRunEvents, runs.events)
    serve(broker, subjects.RUN_OVERVIEW, QUEUE, GetRunOverview, runs.overview)
    serve(broker, subjects.CREATE_WORKFLOW, QUEUE, CreateWorkflow, workflows.create)
    serve(broker, subjects.UPDATE_WORKFLOW, QUEUE, UpdateWorkflow, workflows.update)
    serve(broker, subjects.SET_WORKFLOW_STATUS, QUEUE, SetWorkflowStatus, workflows.set_status)
    serve(broker, subjects.DUPLICATE_WORKFLOW, QUEUE, DuplicateWorkflow, workflows.duplicate)
    serve(broker, subjects.DELETE_WORKFLOW, QUEUE, DeleteWorkflow, workflows.delete)
    serve(broker, subjects.GET_WORKFLOW, QUEUE, GetWorkflow, workflows.get)
    serve(broker, subjects.WORKFLOW_USE, QUEUE, GetWorkflowUse, workflows.use)
    serve(broker, subjects.LIST_WORKFLOWS, QUEUE, ListWorkflows, workflows.page)
    serve(broker, subjects.LIST_VERSIONS, QUEUE, ListVersions, workflows.versions)
    serve(broker, subjects.VALIDATE_DEFINITION, QUEUE, ValidateDefinition, validating.validate)


def serve_drafts(broker: NatsBroker, drafts: Drafts) -> None:
    """Keep what people edit."""
    serve(broker, subjects.KEEP_WORKFLOW_DRAFT, QUEUE, KeepWorkflowDraft, drafts.keep)
    serve(broker, subjects.GET_WORKFLOW_DRAFT, QUEUE, GetWorkflowDraft, drafts.get)
    serve(broker, subjects.DROP_WORKFLOW_DRAFT, QUEUE, DropWorkflowDraft, drafts.drop)


def serve_events(broker: NatsBroker, events: Events) -> None:
    """Take events that runs emit."""
    serve(broker, subjects.EMIT_EVENT, QUEUE, EmitEvent, events.emit)


def serve_orders(broker: NatsBroker, pipeline: RunPipeline, runs: Runs) -> None:
    """Take the rarer orders to runs."""

    async def cancel(command: CancelRun) -> RunItem:
        traceparent = telemetry.current_traceparent()
        order = order_for(command.run_id, command, actor=command.actor.id, traceparent=traceparent)
        await pipeline.execute(order)
        view = await runs.get(GetRun(run_id=command.run_id))
        return RunItem(**view.model_dump(include=set(RunItem.model_fields)))

    serve(broker, subjects.CANCEL_RUN, QUEUE, CancelRun, cancel)


def start_server(
    connection: Client, pipeline: Pipeline[RunState, RunOrder, RunCommand, RunFact]
) -> OrderServer[StartRun, RunOrder, RunState, RunFact]:
    """Return the server of the hot order."""

    def to_order(command: StartRun, traceparent: str | None) -> Order[RunOrder]:
        return order_for(command.run_id, command, actor=command.actor.id, traceparent=traceparent)

    def to_answer(command: StartRun, done: RunDone) -> StartedRun:
        return started_run(command.run_id, done)

    return OrderServer(
        connection, subjects.START_RUN, QUEUE, StartRun, pipeline, to_order, to_answer
    )


def result_server(
    connection: Client, pipeline: Pipeline[RunState, RunOrder, RunCommand, RunFact]
) -> OrderServer[RecordResult, RunOrder, RunState, RunFact]:
    """Return the server of what workers in other processes found."""

    def to_order(command: RecordResult, traceparent: str | None) -> Order[RunOrder]:
        return order_for(command.run_id, command, actor="worker", traceparent=traceparent)

    def to_answer(_: RecordResult, __: RunDone) -> Nothing:
        return Nothing()

    return OrderServer(
        connection,
        subjects.RECORD_RESULT,
        QUEUE,
        RecordResult,
        pipeline,
        to_order,
        to_answer,
        sheds=False,  # what was done must not be done again because there is much to do
    )
