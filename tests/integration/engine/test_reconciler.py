"""Engine and tasks beside each other: what is missing on one side is restored, and nothing else is touched."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.base import JsonObject
from contracts.run import CancelRun, StartedRun
from contracts.subjects import (
    CANCEL_RUN,
    DECIDE_TASK,
    ENGINE_ON_TASK_EVENTS,
    EXPLAIN_TASKS,
    RUN_EVENTS,
    RUN_NODE_SCHEDULED,
    START_RUN,
    TASK_EVENTS,
    TASKS_ON_RUN_EVENTS,
)
from contracts.task import DecideTask, ExplainTasks, TaskExplanations, TaskView
from services.chassis import telemetry
from services.chassis.ids import derived_beside, derived_id
from services.chassis.job_consumer import JobConsumer
from services.chassis.relay import Relay
from services.chassis.runtime import Runtime
from services.engine.adapters.announcer import LogAnnouncer
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.reconcile import Reconciler
from services.engine.domain.addresses import parse_networks
from services.engine.main import ON_NODE_SCHEDULED, RELAY
from tests.support.chassis import running, until
from tests.support.engine_service import Engine, engine_service, run_pipeline, start_of
from tests.support.http_target import answer, http_target
from tests.support.runs import ADA, node, workflow
from tests.support.tasks_service import tasks_service
from tests.support.workers import lose_worker, worker_of
from tests.support.workflows import asking

FOR_LONG = datetime(2099, 1, 1, tzinfo=UTC).isoformat()
KINDS = ("wait-without-task", "decision-not-taken", "task-without-wait", "job-without-result")


@dataclass(frozen=True, slots=True)
class Pair:
    """Both services, and a reconciler whose clock runs an hour ahead: all has settled for it."""

    engine: Engine
    tasks: Runtime
    reconciler: Reconciler

    async def task_of(self, run: StartedRun) -> UUID:
        """Wait until people can see what the run asks."""
        task_id = task_id_of(run.id)

        async def is_open() -> bool:
            found = await self.explained(task_id)
            return found != "unknown"

        await until(is_open)
        return task_id

    async def explained(self, task_id: UUID) -> str:
        question = ExplainTasks(task_ids=[task_id])
        found = await self.engine.does(EXPLAIN_TASKS, question, TaskExplanations)
        return found.items[0].status

    async def approve(self, task_id: UUID) -> None:
        order = DecideTask(task_id=task_id, action="approve", actor=ADA)
        await self.engine.does(DECIDE_TASK, order, TaskView)

    async def look(self) -> dict[str, float]:
        """Look once; return what was repaired, by kind."""
        before = repairs()
        await self.reconciler.look()
        return {
            kind: count - before[kind] for kind, count in repairs().items() if count - before[kind]
        }

    async def settled(self) -> None:
        """Wait until both have heard everything."""

        async def is_quiet() -> bool:
            jetstream = self.engine.client.jetstream()
            for stream, durable in (
                (RUN_EVENTS, TASKS_ON_RUN_EVENTS),
                (TASK_EVENTS, ENGINE_ON_TASK_EVENTS),
            ):
                info = await jetstream.consumer_info(stream, durable)
                if info.num_pending or info.num_ack_pending:
                    return False
            return all([await everything_told(one) for one in (self.engine.runtime, self.tasks)])

        await until(is_quiet)


def numbered(place: int) -> UUID:
    return derived_id("run", str(place))


def task_id_of(run_id: UUID) -> UUID:
    return derived_beside(run_id, "task", "ask", "1")


def repairs() -> dict[str, float]:
    return {kind: telemetry.REPAIRS.labels(kind)._value.get() for kind in KINDS}  # noqa: SLF001


async def everything_told(runtime: Runtime) -> bool:
    query = "SELECT coalesce(max(position), 0) <= (SELECT position FROM relay_cursor) FROM log"
    return bool(await runtime.pool.fetchval(query))


@asynccontextmanager
async def reconciling(engine: Engine) -> AsyncIterator[Reconciler]:
    runtime = engine.runtime
    pipeline = run_pipeline(runtime.pool)
    announcer = LogAnnouncer(runtime.pool, Relay(runtime.settings, runtime.connection, RELAY))
    async with running(pipeline.run()):
        yield Reconciler(
            PostgresWaits(runtime.pool),
            announcer,
            runtime.caller,
            pipeline,
            clock=lambda: datetime.now(UTC) + timedelta(hours=1),
        )


@pytest.fixture
async def pair(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
    async with (
        tasks_service(database_url, nats_url) as (tasks, _),
        engine_service(database_url, nats_url) as engine,
        reconciling(engine) as reconciler,
    ):
        yield Pair(engine, tasks, reconciler)


async def test_a_wait_without_a_task_is_announced_again(pair: Pair) -> None:
    run = await pair.engine.start(await pair.engine.workflow(asking()))
    task_id = await pair.task_of(run)
    await pair.settled()
    async with pair.tasks.pool.acquire() as connection, connection.transaction():
        for table in ("log", "snapshots", "pending_tasks", "task_counts"):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608
    assert await pair.explained(task_id) == "unknown"

    assert await pair.look() == {"wait-without-task": 1}

    await pair.task_of(run)
    await pair.approve(task_id)
    assert (await pair.engine.ended(run.id)).status == "Completed"
    assert await pair.look() == {}


async def test_a_decision_that_never_arrived_is_carried_out(pair: Pair) -> None:
    run = await pair.engine.start(await pair.engine.workflow(asking()))
    task_id = await pair.task_of(run)
    jetstream = pair.engine.client.jetstream()
    # The engine hears nothing of what the tasks service tells, for good.
    await pair.settled()
    await jetstream.pause_consumer(TASK_EVENTS, ENGINE_ON_TASK_EVENTS, FOR_LONG)
    await pair.approve(task_id)
    await until(lambda: everything_told(pair.tasks))
    await jetstream.purge_stream(TASK_EVENTS)
    await jetstream.resume_consumer(TASK_EVENTS, ENGINE_ON_TASK_EVENTS)

    assert await pair.look() == {"decision-not-taken": 1}
    found = await pair.engine.ended(run.id)
    assert found.status == "Completed"
    assert [step.decision.by for step in found.trace if step.decision] == ["Ada"]
    assert await pair.look() == {}


async def test_decisions_that_are_too_long_for_one_answer_are_carried_out_too(pair: Pair) -> None:
    field: JsonObject = {"name": "text", "type": "textarea"}
    workflow_id = await pair.engine.workflow(
        workflow([node("ask", "manual_input", fields=[field])])
    )
    # All in one bucket: their tasks end with the same byte.
    run_ids = [
        run_id for run_id in map(numbered, range(5_000)) if task_id_of(run_id).bytes[15] == 7
    ]
    for run_id in run_ids[:12]:
        begin = start_of(workflow_id, run_id=run_id)
        await pair.task_of(await pair.engine.does(START_RUN, begin, StartedRun))
    await pair.settled()
    jetstream = pair.engine.client.jetstream()
    await jetstream.pause_consumer(TASK_EVENTS, ENGINE_ON_TASK_EVENTS, FOR_LONG)
    for run_id in run_ids[:12]:
        values = {"text": "x" * 99_000}
        order = DecideTask(task_id=task_id_of(run_id), action="submit", values=values, actor=ADA)
        await pair.engine.does(DECIDE_TASK, order, TaskView)
    await until(lambda: everything_told(pair.tasks))
    await jetstream.purge_stream(TASK_EVENTS)
    await jetstream.resume_consumer(TASK_EVENTS, ENGINE_ON_TASK_EVENTS)

    assert await pair.look() == {"decision-not-taken": 12}
    assert await pair.look() == {}


async def test_a_task_whose_run_has_ended_is_closed(pair: Pair) -> None:
    run = await pair.engine.start(await pair.engine.workflow(asking()))
    task_id = await pair.task_of(run)
    await pair.settled()
    jetstream = pair.engine.client.jetstream()
    await jetstream.pause_consumer(RUN_EVENTS, TASKS_ON_RUN_EVENTS, FOR_LONG)
    await pair.engine.ask(CANCEL_RUN, CancelRun(run_id=run.id, actor=ADA))
    await until(lambda: everything_told(pair.engine.runtime))
    await jetstream.purge_stream(RUN_EVENTS)
    await jetstream.resume_consumer(RUN_EVENTS, TASKS_ON_RUN_EVENTS)
    assert await pair.explained(task_id) == "pending"

    assert await pair.look() == {"task-without-wait": 1}

    assert await pair.explained(task_id) == "closed"
    assert await pair.look() == {}


async def test_a_task_of_a_run_that_is_gone_is_closed_at_the_second_look(pair: Pair) -> None:
    run = await pair.engine.start(await pair.engine.workflow(asking()))
    task_id = await pair.task_of(run)
    await pair.settled()
    pool = pair.engine.runtime.pool
    async with pool.acquire() as connection, connection.transaction():
        for table in ("waits", "runs", "log", "snapshots"):
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608

    assert await pair.look() == {}
    assert await pair.explained(task_id) == "pending"
    assert await pair.look() == {"task-without-wait": 1}
    assert await pair.explained(task_id) == "closed"


async def test_a_job_whose_result_never_came_is_offered_again_under_the_same_key(
    pair: Pair,
) -> None:
    async with http_target() as target:
        target.will_answer(None)
        definition = workflow([node("call", "http_request", url=target.url)])
        run = await pair.engine.start(await pair.engine.workflow(definition))
        await target.arrived.wait()
        await lose_worker(pair.engine)
        target.will_answer(answer(b"fine"))

        async with another_worker(pair.engine):
            assert await pair.look() == {"job-without-result": 1}

            assert (await pair.engine.ended(run.id)).status == "Completed"
        assert target.keys() == [f"{run.id}/call/1/1"] * 2
        jetstream = pair.engine.client.jetstream()
        offered = await jetstream.get_last_msg(RUN_EVENTS, RUN_NODE_SCHEDULED)
        assert str(run.id).encode() in (offered.data or b"")
        assert await pair.look() == {}


@asynccontextmanager
async def another_worker(engine: Engine) -> AsyncIterator[None]:
    client = CheckedClient(parse_networks("127.0.0.0/8"))
    worker = worker_of(engine.runtime.pool, client, engine.runtime.caller)
    async with running(
        JobConsumer(engine.client, ON_NODE_SCHEDULED, worker.perform, worker.give_up).run()
    ):
        yield
    await client.close()


async def test_nothing_is_repaired_while_people_work(pair: Pair) -> None:
    workflow_id = await pair.engine.workflow(asking())
    found: list[dict[str, float]] = []

    async def cycle(place: int) -> None:
        run = await pair.engine.does(START_RUN, start_of(workflow_id), StartedRun)
        task_id = await pair.task_of(run)
        if place % 5:
            await pair.approve(task_id)
        else:
            await pair.engine.ask(CANCEL_RUN, CancelRun(run_id=run.id, actor=ADA))
        await pair.engine.ended(run.id)

    for wave in range(6):
        await asyncio.gather(*(cycle(place) for place in range(wave, wave + 40)))
        await pair.settled()
        found.append(await pair.look())

    assert found == [{}] * 6
    assert await pair.engine.runtime.pool.fetchval("SELECT count(*) FROM waits") == 0
    assert await pair.tasks.pool.fetchval("SELECT count(*) FROM pending_tasks") == 0
    assert await pair.tasks.pool.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_what_is_under_way_is_left_alone(pair: Pair) -> None:
    """A decision and an end of this moment differ on both sides for a while, which is no fault."""
    workflow_id = await pair.engine.workflow(asking())
    jetstream = pair.engine.client.jetstream()
    runs = [await pair.engine.start(workflow_id) for _ in range(2)]
    tasks = [await pair.task_of(run) for run in runs]
    await pair.settled()
    for stream, durable in (
        (TASK_EVENTS, ENGINE_ON_TASK_EVENTS),
        (RUN_EVENTS, TASKS_ON_RUN_EVENTS),
    ):
        await jetstream.pause_consumer(stream, durable, FOR_LONG)
    pool = pair.engine.runtime.pool
    await pool.execute("UPDATE waits SET opened_at = opened_at - interval '1 hour'")
    await pair.tasks.pool.execute(
        "UPDATE pending_tasks SET created_at = created_at - interval '1 hour'"
    )
    await pair.approve(tasks[0])
    await pair.engine.ask(CANCEL_RUN, CancelRun(run_id=runs[1].id, actor=ADA))
    now = Reconciler(
        PostgresWaits(pool),
        LogAnnouncer(
            pool, Relay(pair.engine.runtime.settings, pair.engine.runtime.connection, RELAY)
        ),
        pair.engine.runtime.caller,
        run_pipeline(pool),
    )
    before = repairs()

    await now.look()

    assert repairs() == before
    assert [await pair.explained(task) for task in tasks] == ["resolved", "pending"]
