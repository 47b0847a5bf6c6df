"""The queue of a workflow that limits its runs: strict, fair, and nobody is forgotten, whoever dies."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.base import JsonObject
from contracts.run import CancelRun, RecordResult
from contracts.run_view import RunItem
from contracts.subjects import CANCEL_RUN
from contracts.workflow import DeleteWorkflow, UpdateWorkflow
from services.chassis.database import Pool
from services.engine.adapters.queue_store import PostgresQueues
from services.engine.app.admission import Admission, poll_seconds
from services.engine.app.orders import RunPipeline, order_for
from services.engine.domain.run_commands import Resolve
from tests.support.chassis import running, until
from tests.support.engine_service import (
    Clock,
    engine_pool,
    engine_service,
    rows,
    run_pipeline,
    start_of,
    stored_workflow,
    workflows_of,
)
from tests.support.processes import running_service
from tests.support.runs import ADA, node, workflow

CALL = node("call", "http_request", url="https://example.com/")
ASK = node("ask", "approval", prompt="?")


def narrow(concurrency: int | None, *nodes: JsonObject) -> JsonObject:
    raw = workflow(nodes or [CALL])
    return raw if concurrency is None else {**raw, "settings": {"concurrency": concurrency}}


async def queue(pipeline: RunPipeline, workflow_id: UUID, count: int) -> list[UUID]:
    """Start runs one after the other."""
    started = []
    for _ in range(count):
        order = start_of(workflow_id)
        await pipeline.execute(order_for(order.run_id, order, actor="test"))
        started.append(order.run_id)
    return started


async def finish(pipeline: RunPipeline, run_id: UUID) -> None:
    result = RecordResult(run_id=run_id, node="call", visit=1, attempt=1, output={})
    await pipeline.execute(order_for(run_id, result, actor="test"))


async def of_status(pool: Pool, status: str) -> list[UUID]:
    found = await pool.fetch("SELECT id FROM runs WHERE status = $1 ORDER BY started_at", status)
    return [row["id"] for row in found]


async def test_the_oldest_are_admitted_and_no_more_than_the_limit(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool, Clock())
        admission = Admission(PostgresQueues(pool), pipeline)
        async with running(pipeline.run()):
            runs = await queue(pipeline, await stored_workflow(pool, pipeline, narrow(2)), 5)
            assert await of_status(pool, "Queued") == runs
            assert await admission.look() == 2
            assert await admission.look() == 0
            assert await of_status(pool, "Running") == runs[:2]

            await finish(pipeline, runs[1])
            assert await admission.look() == 1
            assert await of_status(pool, "Running") == [runs[0], runs[2]]


async def test_a_run_that_waits_for_people_holds_no_slot(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool, Clock())
        admission = Admission(PostgresQueues(pool), pipeline)
        async with running(pipeline.run()):
            raw = narrow(1, ASK, CALL)
            runs = await queue(pipeline, await stored_workflow(pool, pipeline, raw), 3)
            while await admission.look():
                pass
            assert await of_status(pool, "Waiting") == runs

            for task_id, run_id in await rows(pool, "SELECT task_id, run_id FROM waits"):
                assert isinstance(task_id, UUID)
                assert isinstance(run_id, UUID)
                resolve = Resolve(task_id, "approved", None, ADA, datetime.now().astimezone())
                await pipeline.execute(order_for(run_id, resolve, actor="test"))

            assert await of_status(pool, "Running") == runs, "what goes on does so at once"


async def test_another_limit_counts_at_once_also_for_those_that_wait(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool, Clock())
        workflows = workflows_of(pool, pipeline)
        admission = Admission(PostgresQueues(pool), pipeline)

        async def save(concurrency: int | None) -> None:
            await workflows.update(
                UpdateWorkflow(
                    workflow_id=workflow_id,
                    name="Stored",
                    definition=narrow(concurrency),
                    actor=ADA,
                )
            )

        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, narrow(1))
            runs = await queue(pipeline, workflow_id, 6)
            assert await admission.look() == 1
            await save(3)
            assert await admission.look() == 2
            await save(1)
            await finish(pipeline, runs[0])
            assert await admission.look() == 0
            await save(None)
            assert await admission.look() == 3


async def test_a_cancelled_run_leaves_the_queue(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool, Clock())
        admission = Admission(PostgresQueues(pool), pipeline)
        async with running(pipeline.run()):
            runs = await queue(pipeline, await stored_workflow(pool, pipeline, narrow(1)), 3)
            await admission.look()
            cancel = CancelRun(run_id=runs[1], reason=None, actor=ADA)
            await pipeline.execute(order_for(runs[1], cancel, actor="test"))
            await finish(pipeline, runs[0])

            assert await admission.look() == 1
            assert await of_status(pool, "Running") == [runs[2]]


async def test_deleting_a_workflow_empties_its_queue(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool, Clock())
        workflows = workflows_of(pool, pipeline)
        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, narrow(1))
            await queue(pipeline, workflow_id, 3)
            await pool.execute("UPDATE relay_cursor SET position = 1000000")
            await workflows.delete(
                DeleteWorkflow(workflow_id=workflow_id, cancel_runs=True, actor=ADA)
            )
            assert await rows(pool, "SELECT * FROM runs") == []


async def test_an_admitted_run_whose_replica_died_is_started_by_another(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Clock()
        pipeline, store = run_pipeline(pool, clock), PostgresQueues(pool)
        admission = Admission(store, pipeline, clock)
        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, narrow(1))
            runs = await queue(pipeline, workflow_id, 2)
            assert await store.admit([workflow_id], clock.now, 10) == [runs[0]]
            assert await store.admit([workflow_id], clock.now, 10) == [], "its slot is taken"

            clock.now += timedelta(seconds=2)
            assert await admission.look() == 1
            assert await of_status(pool, "Running") == [runs[0]]


async def test_a_queued_run_that_cannot_be_read_holds_up_no_other_workflow(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        clock = Clock()
        pipeline = run_pipeline(pool, clock)
        async with running(pipeline.run()):
            broken, fine = [await stored_workflow(pool, pipeline, narrow(1)) for _ in range(2)]
            await queue(pipeline, broken, 1)
            (run_id,) = await queue(pipeline, fine, 1)
        await pool.execute(
            "UPDATE workflow_versions SET definition = '{}' WHERE workflow_id = $1", broken
        )
        other = run_pipeline(pool, clock)
        async with running(other.run()):
            admission = Admission(PostgresQueues(pool), other, clock)
            assert await admission.look() == 1
            assert await of_status(pool, "Running") == [run_id]
            clock.now += timedelta(minutes=1)
            assert await admission.look() == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_no_interleaving_of_replicas_runs_more_than_the_limit(
    database_url: str, seed: int
) -> None:
    """Two replicas admit as fast as they can, one of them is killed and replaced again and again."""
    limit, count = 3, 60
    chance = random.Random(seed)
    async with engine_pool(database_url) as pool, engine_pool(database_url) as other:
        pipelines = [run_pipeline(pool), run_pipeline(other)]
        async with running(*(pipeline.run() for pipeline in pipelines)):
            workflow_id = await stored_workflow(pool, pipelines[0], narrow(limit))
            most = 0

            async def admit(place: int) -> None:
                store = PostgresQueues((pool, other)[place])
                while True:
                    await Admission(store, pipelines[place]).look()

            async def admit_and_die() -> None:
                while True:
                    task = asyncio.create_task(admit(1))
                    try:
                        await asyncio.sleep(chance.random() / 20)
                    finally:
                        task.cancel()
                    await asyncio.gather(task, return_exceptions=True)

            async def work() -> None:
                nonlocal most
                while True:
                    under_way = await of_status(pool, "Running")
                    most = max(most, len(under_way))
                    for run_id in under_way:
                        if chance.random() < 0.5:
                            await finish(pipelines[chance.randrange(2)], run_id)

            async def all_are_done() -> bool:
                return len(await of_status(pool, "Completed")) == count

            async with running(admit(0), admit_and_die(), work()):
                await queue(pipelines[0], workflow_id, count)
                await until(all_are_done)
        assert most <= limit
        assert 1 < await most_at_once(pool) <= limit


async def most_at_once(pool: Pool, ids: Sequence[object] | None = None) -> int:
    """Return how many runs, of these or of all, were under way together, as the log tells it."""
    events = await rows(
        pool,
        "SELECT type FROM log WHERE type IN ('flusso.run.started', 'flusso.run.completed')"
        " AND ($1::uuid[] IS NULL OR stream_id = ANY($1)) ORDER BY position",
        ids,
    )
    return highest([1 if kind == "flusso.run.started" else -1 for (kind,) in events])


def highest(steps: Sequence[int]) -> int:
    level = top = 0
    for step in steps:
        level += step
        top = max(top, level)
    return top


async def test_a_start_that_finds_a_free_slot_does_not_wait_for_the_next_look(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        workflow_id = await engine.workflow(narrow(1, node("a", "transform", b=1)))
        began = time.monotonic()
        for _ in range(20):
            run = await engine.start(workflow_id)
            await engine.ended(run.id, "Completed")
        assert time.monotonic() - began < 20 * poll_seconds / 2


async def test_child_runs_queue_like_all_others(database_url: str, nats_url: str) -> None:
    each = node("each", "for_each", items="{{ trigger.output.items }}", workflow="Narrow")
    async with engine_service(database_url, nats_url) as engine:
        await engine.workflow(narrow(2, node("nap", "delay", duration="1s")), "Narrow")
        parent = await engine.start(
            await engine.workflow(workflow([each])), {"items": [1, 2, 3, 4]}
        )
        view = await engine.ended(parent.id, "Completed")
        assert view.output["count"] == 4
        children = "SELECT id FROM runs WHERE parent_run_id = $1"
        ids = [row[0] for row in await rows(engine.runtime.pool, children, parent.id)]
        assert await most_at_once(engine.runtime.pool, ids) == 2


async def test_queued_children_of_a_run_that_is_cancelled_leave_the_queue(
    database_url: str, nats_url: str
) -> None:
    each = node("each", "for_each", items="{{ trigger.output.items }}", workflow="Narrow")
    async with engine_service(database_url, nats_url) as engine:
        pool = engine.runtime.pool
        await engine.workflow(narrow(1, node("nap", "delay", duration="1h")), "Narrow")
        parent = await engine.start(await engine.workflow(workflow([each])), {"items": [1, 2, 3]})

        async def one_runs_and_two_wait() -> bool:
            return len(await of_status(pool, "Queued")) == 2

        await until(one_runs_and_two_wait)
        cancel = CancelRun(run_id=parent.id, reason=None, actor=ADA)
        await engine.does(CANCEL_RUN, cancel, RunItem)

        async def all_are_cancelled() -> bool:
            return len(await of_status(pool, "Cancelled")) == 4

        await until(all_are_cancelled)


# -- real processes --------------------------------------------------------------------------------


async def test_engines_that_are_killed_while_they_admit_run_no_more_than_the_limit(
    database_url: str, nats_url: str
) -> None:
    """Each run takes a second; first one, then the other engine dies in the middle, and another one comes."""
    limit, count = 4, 24
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool)
        nap = node("nap", "delay", duration="1s")
        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, narrow(limit, nap))
            runs = await queue(pipeline, workflow_id, count)

        async def have_ended(wanted: int) -> bool:
            return len(await of_status(pool, "Completed")) >= wanted

        async with (
            running_service("engine", database_url, nats_url) as first,
            running_service("engine", database_url, nats_url) as second,
        ):
            await until(lambda: have_ended(count // 4))
            first.kill()
            await until(lambda: have_ended(count // 2))
            second.kill()
            await first.wait()
            await second.wait()
        async with running_service("engine", database_url, nats_url):
            await until(lambda: have_ended(count))
        assert await most_at_once(pool) == limit
        begun = await started(pool)
        assert begun[:limit] == runs[:limit], "the oldest first"
        assert sorted(begun) == sorted(runs), "each once"


async def started(pool: Pool) -> list[UUID]:
    found = await rows(
        pool, "SELECT stream_id FROM log WHERE type = 'flusso.run.started' ORDER BY position"
    )
    return [UUID(str(run_id)) for (run_id,) in found]
