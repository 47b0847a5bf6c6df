"""The engine on real servers: whole, with somebody's connection beside it, or its write side alone."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import nats.errors
from nats.aio.client import Client
from pydantic import BaseModel

from contracts.base import Json, JsonObject
from contracts.rpc import Refusal, Reply
from contracts.run import RunFact, RunStatus, StartedRun, StartRun
from contracts.run_view import GetRun, RunView
from contracts.subjects import (
    CREATE_WORKFLOW,
    GET_RUN,
    RUN_EVENTS,
    SET_WORKFLOW_STATUS,
    START_RUN,
    TASK_EVENTS,
)
from contracts.workflow import CreateWorkflow, SetWorkflowStatus, WorkflowView
from services.chassis.database import Pool, migrate, open_pool
from services.chassis.ids import new_id
from services.chassis.pipeline import Pipeline
from services.chassis.runtime import Runtime, open_runtime
from services.chassis.settings import Settings
from services.engine.adapters.definitions import Definitions
from services.engine.adapters.run_projection import RunProjection
from services.engine.adapters.secret_store import PostgresSecrets
from services.engine.adapters.statements import MIGRATIONS
from services.engine.adapters.vault import read_vault
from services.engine.adapters.webhook_secret_store import PostgresWebhookSecrets
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.orders import RunOrder, RunPipeline
from services.engine.app.prepare import Prepare
from services.engine.app.secret_values import SecretValues
from services.engine.app.secrets import Secrets
from services.engine.app.webhook_secrets import SecretKeeper
from services.engine.app.workflows import Workflows
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_commands import RunCommand
from services.engine.domain.run_state import RunState
from services.engine.main import SCHEMA, build
from tests.support.chassis import connected, until
from tests.support.chassis import settings_for as ledger_settings
from tests.support.runs import ADA, NOW

M = TypeVar("M", bound=BaseModel)
ENDED = frozenset({"Completed", "Failed", "Cancelled"})


def settings_for(database_url: str, nats_url: str = "nats://127.0.0.1:1") -> Settings:
    return ledger_settings(database_url, nats_url)


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine, and how others talk to it."""

    runtime: Runtime
    client: Client

    async def ask(self, subject: str, command: BaseModel) -> Reply:
        message = await self.client.request(subject, command.model_dump_json().encode(), timeout=10)
        return Reply.model_validate_json(message.data)

    async def does(self, subject: str, command: BaseModel, answer: type[M]) -> M:
        """Ask for what must be done, and return the answer."""
        reply = await self.ask(subject, command)
        assert reply.ok is not None, reply
        return answer.model_validate(reply.ok)

    async def refuses(self, subject: str, command: BaseModel) -> Refusal:
        reply = await self.ask(subject, command)
        assert reply.refused is not None, reply
        return reply.refused

    async def workflow(
        self, definition: JsonObject, name: str = "Letters", *, active: bool = False
    ) -> UUID:
        command = CreateWorkflow(
            workflow_id=new_id(), name=name, definition=definition, actor=ADA, request_digest="d"
        )
        view = await self.does(CREATE_WORKFLOW, command, WorkflowView)
        if active:
            order = SetWorkflowStatus(workflow_id=view.id, status="Active", actor=ADA)
            await self.does(SET_WORKFLOW_STATUS, order, WorkflowView)
        return view.id

    async def start(self, workflow_id: UUID, given: Json = None) -> StartedRun:
        return await self.does(START_RUN, start_of(workflow_id, given), StartedRun)

    async def run(self, run_id: UUID) -> RunView:
        return await self.does(GET_RUN, GetRun(run_id=run_id), RunView)

    async def ended(self, run_id: UUID, wanted: RunStatus | None = None) -> RunView:
        """Wait until the run has ended, and return it."""

        async def over() -> bool:
            status = await self.runtime.pool.fetchval(
                "SELECT status FROM runs WHERE id = $1", run_id
            )
            return status in ENDED

        await until(over)
        found = await self.run(run_id)
        assert wanted in {None, found.status}, found
        return found


def start_of(
    workflow_id: UUID, given: Json = None, *, run_id: UUID | None = None, digest: str | None = "d"
) -> StartRun:
    return StartRun(
        run_id=run_id or new_id(),
        workflow_id=workflow_id,
        input=given,
        actor=ADA,
        request_digest=digest,
    )


@asynccontextmanager
async def engine_service(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    """The whole service in this process, and somebody else's connection to its broker."""
    async with (
        connected(nats_url) as client,
        open_runtime(settings_for(database_url, nats_url), SCHEMA, [MIGRATIONS]) as runtime,
    ):
        await runtime.connect()
        await build(runtime)
        await runtime.broker.start()
        await until(lambda: streams_exist(client))
        yield Engine(runtime, client)


async def streams_exist(client: Client) -> bool:
    try:
        names = {info.config.name for info in await client.jetstream().streams_info()}
    except nats.errors.TimeoutError:  # a broker that is busy
        return False
    return {RUN_EVENTS, TASK_EVENTS} <= names


def now_of_the_clock() -> datetime:
    return datetime.now(UTC)


StoredRuns = Pipeline[RunState, RunOrder, RunCommand, RunFact]


def run_pipeline(pool: Pool, clock: Callable[[], datetime] = now_of_the_clock) -> StoredRuns:
    """One more writer of runs, as another replica has it."""
    return Pipeline(
        name="runs",
        pool=pool,
        aggregate=RunAggregate(),
        projection=RunProjection(),
        prepare=Prepare(Definitions(pool)),
        on_committed=lambda _: None,
        clock=clock,
    )


@asynccontextmanager
async def engine_pool(database_url: str) -> AsyncIterator[Pool]:
    settings = settings_for(database_url)
    await migrate(settings, SCHEMA, [MIGRATIONS])
    pool = await open_pool(settings, SCHEMA)
    try:
        yield pool
    finally:
        await pool.close()


async def rows(pool: Pool, query: str, *values: object) -> Sequence[tuple[object, ...]]:
    return [tuple(row) for row in await pool.fetch(query, *values)]


@dataclass(slots=True)
class Clock:
    """Moves on by a second with every batch."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def workflows_of(pool: Pool, pipeline: RunPipeline) -> Workflows:
    vault = read_vault(os.environ)
    keeper = SecretKeeper(PostgresWebhookSecrets(pool), vault, Definitions(pool))
    names = Secrets(PostgresSecrets(pool), vault)
    return Workflows(PostgresWorkflows(pool), pipeline, keeper, names)


def secret_values(pool: Pool) -> SecretValues:
    return SecretValues(PostgresSecrets(pool), read_vault(os.environ))


async def stored_workflow(pool: Pool, pipeline: RunPipeline, definition: JsonObject) -> UUID:
    command = CreateWorkflow(workflow_id=new_id(), name="Stored", definition=definition, actor=ADA)
    await workflows_of(pool, pipeline).create(command)
    return command.workflow_id
