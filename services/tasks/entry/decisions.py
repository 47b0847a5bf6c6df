"""Decisions, asked over core NATS and answered once they are committed."""

from nats.aio.client import Client

from contracts.subjects import DECIDE_TASK, TASKS
from contracts.task import DecideTask, TaskFact
from services.chassis.pipeline import Pipeline
from services.chassis.rpc import OrderServer
from services.tasks.app.decide_task import decision_answer, decision_order
from services.tasks.domain.task_commands import TaskCommand
from services.tasks.domain.task_state import TaskState

TaskPipeline = Pipeline[TaskState, TaskCommand, TaskCommand, TaskFact]


def decision_server(
    connection: Client, pipeline: TaskPipeline
) -> OrderServer[DecideTask, TaskCommand, TaskState, TaskFact]:
    """Return the loop that takes decisions into the pipeline."""
    return OrderServer(
        connection, DECIDE_TASK, TASKS, DecideTask, pipeline, decision_order, decision_answer
    )
