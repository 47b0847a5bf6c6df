"""Decisions, asked over core NATS and answered once they are committed."""

import asyncio

from nats.aio.client import Client

from contracts.subjects import DECIDE_TASK, TASKS
from contracts.task import DecideTask, TaskFact
from services.chassis.pipeline import Pipeline
from services.chassis.rpc import OrderServer
from services.tasks.app.attempts import AttemptRecorder
from services.tasks.app.decide_task import decision_answer, decision_order
from services.tasks.domain.task_commands import TaskCommand
from services.tasks.domain.task_state import TaskState

TaskPipeline = Pipeline[TaskState, TaskCommand, TaskCommand, TaskFact]


async def take_decisions(
    connection: Client, pipeline: TaskPipeline, recorder: AttemptRecorder
) -> None:
    """Take decisions into the pipeline until cancelled, and have the refused ones recorded."""
    server: OrderServer[DecideTask, TaskCommand, TaskState, TaskFact] = OrderServer(
        connection,
        DECIDE_TASK,
        TASKS,
        DecideTask,
        pipeline,
        decision_order,
        decision_answer,
        on_refused=recorder.note,
    )
    async with asyncio.TaskGroup() as beside:
        beside.create_task(recorder.run())
        # In the body, so that it ends first, and the recorder with what that has left.
        await server.run()
