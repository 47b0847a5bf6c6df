"""What others may ask of the engine."""

from faststream.nats import NatsBroker
from nats.aio.client import Client

from contracts import subjects
from contracts.base import Nothing
from contracts.run import (
    CancelRun,
    GetRun,
    GetRunOverview,
    ListRunEvents,
    ListRuns,
    ReceiveDelivery,
    RecordResult,
    RunFact,
    RunItem,
    StartedRun,
    StartRun,
)
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    DuplicateWorkflow,
    GetWorkflow,
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
from services.engine.app.deliveries import Deliveries
from services.engine.app.orders import RunDone, RunOrder, RunPipeline, order_for
from services.engine.app.runs import Runs
from services.engine.app.starts import started_run
from services.engine.app.validate import validate_definition
from services.engine.app.workflows import Workflows
from services.engine.domain.run_commands import RunCommand
from services.engine.domain.run_state import RunState

QUEUE = "engine"


def serve_questions(broker: NatsBroker, runs: Runs, workflows: Workflows) -> None:
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
    serve(broker, subjects.LIST_WORKFLOWS, QUEUE, ListWorkflows, workflows.page)
    serve(broker, subjects.LIST_VERSIONS, QUEUE, ListVersions, workflows.versions)
    serve(broker, subjects.VALIDATE_DEFINITION, QUEUE, ValidateDefinition, validate_definition)


def serve_orders(
    broker: NatsBroker, pipeline: RunPipeline, runs: Runs, deliveries: Deliveries
) -> None:
    """Take the rarer orders to runs."""

    async def cancel(command: CancelRun) -> RunItem:
        await pipeline.execute(_ordered(command, command.actor.id))
        view = await runs.get(GetRun(run_id=command.run_id))
        return RunItem(**view.model_dump(include=set(RunItem.model_fields)))

    async def record(command: RecordResult) -> Nothing:
        await pipeline.execute(_ordered(command, "worker"))
        return Nothing()

    serve(broker, subjects.CANCEL_RUN, QUEUE, CancelRun, cancel)
    serve(broker, subjects.RECORD_RESULT, QUEUE, RecordResult, record)
    serve(broker, subjects.RECEIVE_DELIVERY, QUEUE, ReceiveDelivery, deliveries.receive)


def _ordered(command: CancelRun | RecordResult, actor: str) -> Order[RunOrder]:
    return order_for(
        command.run_id, command, actor=actor, traceparent=telemetry.current_traceparent()
    )


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
