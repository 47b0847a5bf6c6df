"""The tasks service on real servers, part by part or whole."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from nats.aio.client import Client
from pydantic import BaseModel

from contracts.envelope import BATCH_CONTENT_TYPE, CloudEvent
from contracts.rpc import Reply
from contracts.subjects import RUN_EVENTS, RUN_FACTS, TASKS_ON_RUN_EVENTS
from contracts.task import DecideTask, TaskFact
from services.chassis.database import Pool, migrate, open_pool
from services.chassis.orders import Done, Order
from services.chassis.pipeline import Pipeline, as_they_are
from services.chassis.runtime import Runtime, open_runtime
from services.chassis.settings import Settings
from services.tasks.adapters.inbox import PostgresInbox
from services.tasks.adapters.projection import TaskProjection
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.app.decide_task import decision_order
from services.tasks.domain.task_commands import TaskCommand
from services.tasks.domain.task_state import TaskState
from services.tasks.entry.decisions import TaskPipeline
from services.tasks.main import MIGRATIONS, SCHEMA, build
from tests.support.chassis import connected, running, until

TaskOutcome = Done[TaskState, TaskFact] | Exception


def settings_for(database_url: str, nats_url: str = "nats://127.0.0.1:1") -> Settings:
    return Settings(
        service="tasks",
        database_url=database_url,
        nats_url=nats_url,
        host="127.0.0.1",
        port=0,
        health_port=0,
        data_dir=Path(),
        admin_token=None,
        log_format="json",
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def task_pipeline(pool: Pool, clock: Callable[[], datetime] = utc_now) -> TaskPipeline:
    return Pipeline(
        name=SCHEMA,
        pool=pool,
        aggregate=TaskAggregate(),
        projection=TaskProjection(),
        prepare=as_they_are,
        on_committed=lambda _: None,
        clock=clock,
    )


@dataclass(frozen=True, slots=True)
class TaskStore:
    """The write and the read side over one database, without a broker."""

    pool: Pool
    pipeline: TaskPipeline
    inbox: PostgresInbox

    async def hear(self, *commands: tuple[UUID, TaskCommand]) -> Sequence[TaskOutcome]:
        """Commit the commands together, each for its task."""
        orders = [
            Order(task_id, command, actor="test", cause="test") for task_id, command in commands
        ]
        return await self.pipeline.execute_all(orders)

    async def decide(self, *requests: DecideTask) -> Sequence[TaskOutcome]:
        return await self.pipeline.execute_all(
            [decision_order(request, None) for request in requests]
        )


@asynccontextmanager
async def task_pool(database_url: str) -> AsyncIterator[Pool]:
    settings = settings_for(database_url)
    await migrate(settings, SCHEMA, [MIGRATIONS])
    pool = await open_pool(settings, SCHEMA)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def task_store(
    database_url: str, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[TaskStore]:
    async with task_pool(database_url) as pool:
        pipeline = task_pipeline(pool, clock)
        async with running(pipeline.run()):
            yield TaskStore(pool, pipeline, PostgresInbox(pool))


@asynccontextmanager
async def tasks_service(database_url: str, nats_url: str) -> AsyncIterator[tuple[Runtime, Client]]:
    """The whole service in this process, and somebody else's connection to its broker."""
    async with (
        connected(nats_url) as client,
        open_runtime(settings_for(database_url, nats_url), SCHEMA, [MIGRATIONS]) as runtime,
    ):
        await runtime.connect()
        await build(runtime)
        await runtime.broker.start()
        await until(lambda: _is_provisioned(runtime))
        await runtime.connection.flush()
        yield runtime, client


async def _is_provisioned(runtime: Runtime) -> bool:
    return runtime.provisioner is not None and runtime.provisioner.healthy


async def tell(client: Client, *events: CloudEvent, poison: Sequence[bytes] = ()) -> None:
    """Publish one batch as the engine's relay would."""
    members = [event.model_dump_json().encode() for event in events]
    await client.jetstream().publish(
        RUN_FACTS,
        b"[" + b",".join([*members, *poison]) + b"]",
        headers={"content-type": BATCH_CONTENT_TYPE},
    )


async def ask(client: Client, subject: str, question: BaseModel) -> Reply:
    message = await client.request(subject, question.model_dump_json().encode(), timeout=5)
    return Reply.model_validate_json(message.data)


async def heard(client: Client, wanted: int) -> None:
    """Wait until the service has acknowledged that many messages and holds none."""

    async def all_acknowledged() -> bool:
        info = await client.jetstream().consumer_info(RUN_EVENTS, TASKS_ON_RUN_EVENTS)
        done = info.ack_floor is not None and info.ack_floor.stream_seq >= wanted
        return done and info.num_ack_pending == 0

    await until(all_acknowledged)
