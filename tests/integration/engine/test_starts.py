"""Starts: repeated, many at once, through two replicas, while the workflow changes."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contracts.run import CancelRun
from contracts.run_view import ListRunEvents, ListRuns, RunEventPage, RunItem, RunPage
from contracts.subjects import CANCEL_RUN, LIST_RUN_EVENTS, LIST_RUNS, START_RUN, UPDATE_WORKFLOW
from contracts.workflow import CreateWorkflow, UpdateWorkflow, WorkflowView
from services.chassis.database import Pool
from services.chassis.ids import derived_beside, derived_id, new_id
from services.chassis.orders import Done
from services.engine.app.orders import order_for
from services.engine.domain.run_commands import Resolve
from tests.support.chassis import running
from tests.support.engine_service import (
    Engine,
    engine_pool,
    engine_service,
    now_of_the_clock,
    rows,
    run_pipeline,
    start_of,
    workflows_of,
)
from tests.support.runs import ADA, node, workflow
from tests.support.workflows import asking

DONE = workflow([node("only", "transform", a="{{ trigger.output.a }}")])


TWICE = workflow(
    [node("ask", "approval", prompt="Once?"), node("again", "approval", prompt="Twice?")]
)


async def stored_workflow(pool: Pool) -> UUID:
    """A workflow that asks twice."""
    command = CreateWorkflow(workflow_id=new_id(), name="Twice", definition=TWICE, actor=ADA)
    workflows = workflows_of(pool, run_pipeline(pool))
    await workflows.create(command)
    return command.workflow_id


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


async def test_a_repeated_start_is_answered_with_its_run_whatever_has_happened_since(
    engine: Engine,
) -> None:
    order = start_of(await engine.workflow(asking()))
    first = await engine.ask(START_RUN, order)
    cancel = CancelRun(run_id=order.run_id, reason="no", actor=ADA)
    assert (await engine.does(CANCEL_RUN, cancel, RunItem)).status == "Cancelled"

    again = await engine.ask(START_RUN, order)
    other = await engine.refuses(
        START_RUN, order.model_copy(update={"request_digest": "another", "input": {"a": 1}})
    )
    late = await engine.refuses(CANCEL_RUN, cancel)

    assert again.ok == {**first.ok, "repeated": True, "status": "Cancelled"}
    assert other.code == "idempotency-key-reused"
    assert (late.code, late.details) == ("run-ended", {"run_status": "Cancelled"})


async def test_a_hundred_starts_in_one_batch_are_a_hundred_runs(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    orders = [start_of(workflow_id, {"a": place}) for place in range(100)]
    orders[50] = start_of(new_id())
    orders[51] = start_of(workflow_id, [1])

    replies = await asyncio.gather(*(engine.ask(START_RUN, order) for order in orders))

    codes = [reply.refused.code for reply in replies if reply.refused]
    assert codes == ["workflow-not-found", "invalid-input"]
    page = await engine.does(LIST_RUNS, ListRuns(limit=200), RunPage)
    assert len(page.items) == 98
    assert {item.status for item in page.items} == {"Completed"}
    assert (await engine.run(orders[7].run_id)).output == {"a": 7}


async def test_runs_are_paged_without_a_gap_also_when_they_began_at_the_same_moment(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(DONE)
    orders = [start_of(workflow_id, {"a": place}) for place in range(25)]
    await asyncio.gather(*(engine.ask(START_RUN, order) for order in orders))

    found: list[RunItem] = []
    cursor = None
    while cursor is not None or not found:
        page = await engine.does(LIST_RUNS, ListRuns(limit=4, cursor=cursor), RunPage)
        found += page.items
        cursor = page.next_cursor
    assert {item.id for item in found} == {order.run_id for order in orders}
    assert len(found) == 25


async def test_a_run_keeps_the_version_that_it_began_with(engine: Engine) -> None:
    workflow_id = await engine.workflow(asking())
    old = await engine.start(workflow_id)
    change = UpdateWorkflow(workflow_id=workflow_id, name="New", definition=DONE, actor=ADA)
    await engine.does(UPDATE_WORKFLOW, change, WorkflowView)
    new = await engine.start(workflow_id, {"a": 1})

    assert (old.version, old.status, old.workflow_name) == (1, "Waiting", "Letters")
    assert (new.version, new.status, new.workflow_name) == (2, "Completed", "New")
    assert (await engine.run(old.id)).definition == asking()
    assert (await engine.run(new.id)).definition == DONE


async def test_the_same_start_through_two_replicas_at_once_is_one_run(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        workflow_id = await stored_workflow(pool)
        first, second = run_pipeline(pool), run_pipeline(pool)
        async with running(first.run(), second.run()):
            for place in range(20):
                order = start_of(workflow_id, run_id=derived_id("raced", str(place)))
                outcomes = await asyncio.gather(
                    *(
                        pipeline.execute(order_for(order.run_id, order, actor="u-ada"))
                        for pipeline in (first, second, first, second)
                    )
                )
                assert sum(bool(outcome.events) for outcome in outcomes) == 1
        assert await pool.fetchval("SELECT count(*) FROM runs") == 20


async def test_the_same_decision_through_two_replicas_at_once_is_taken_once(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        workflow_id = await stored_workflow(pool)
        first, second = run_pipeline(pool), run_pipeline(pool)
        async with running(first.run(), second.run()):
            for _ in range(20):
                order = start_of(workflow_id)
                await first.execute(order_for(order.run_id, order, actor="u-ada"))
                for key in ("ask", "again"):
                    task_id = derived_beside(order.run_id, "task", key, "1")
                    decision = Resolve(task_id, "approved", None, ADA, now_of_the_clock())
                    outcomes = await asyncio.gather(
                        *(
                            pipeline.execute(order_for(order.run_id, decision, actor="u-ada"))
                            for pipeline in (first, second)
                        )
                    )
                    assert all(isinstance(outcome, Done) for outcome in outcomes)
                    assert sum(bool(outcome.events) for outcome in outcomes) == 1
        assert await pool.fetchval("SELECT count(*) FROM waits") == 0
        statuses = await rows(pool, "SELECT status, count(*) FROM runs GROUP BY status")
        assert statuses == [("Completed", 20)]


async def test_two_whole_engines_share_the_work_of_one_database(
    database_url: str, nats_url: str
) -> None:
    async with (
        engine_service(database_url, nats_url) as one,
        engine_service(database_url, nats_url) as other,
    ):
        workflow_id = await one.workflow(asking())
        orders = [start_of(workflow_id) for _ in range(40)]
        replies = await asyncio.gather(
            *(asker.ask(START_RUN, order) for order in orders for asker in (one, other))
        )
        assert all(reply.ok for reply in replies)
        assert sum(reply.ok["repeated"] for reply in replies) == len(orders)
        cancels = [CancelRun(run_id=order.run_id, actor=ADA) for order in orders]
        cancelled = await asyncio.gather(
            *(asker.ask(CANCEL_RUN, order) for order in cancels for asker in (one, other))
        )
        assert sum(reply.ok is not None for reply in cancelled) == len(orders)
        assert {reply.refused.code for reply in cancelled if reply.refused} == {"run-ended"}
        pool = one.runtime.pool
        assert await pool.fetchval("SELECT count(*) FROM waits") == 0
        assert await pool.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_what_one_engine_saved_the_other_one_starts(database_url: str, nats_url: str) -> None:
    async with (
        engine_service(database_url, nats_url) as one,
        engine_service(database_url, nats_url),
    ):
        workflow_id = await one.workflow(DONE)
        for version in range(2, 12):
            change = UpdateWorkflow(
                workflow_id=workflow_id, name=f"V{version}", definition=DONE, actor=ADA
            )
            await one.does(UPDATE_WORKFLOW, change, WorkflowView)
            runs = [await one.start(workflow_id, {"a": 1}) for _ in range(3)]
            assert {(run.version, run.workflow_name) for run in runs} == {(version, f"V{version}")}


async def test_a_run_of_large_outputs_is_shown_without_the_largest_and_told_whole(
    engine: Engine,
) -> None:
    nodes = [node(f"copy{n}", "transform", text="{{ trigger.output.text }}") for n in range(12)]
    run = await engine.start(await engine.workflow(workflow(nodes)), {"text": "x" * 250_000})

    shown = await engine.run(run.id)
    assert len(shown.model_dump_json()) < 1_000_000
    assert any("bytes as JSON" in str(step.output) for step in shown.trace)
    assert shown.status == "Completed"

    sizes: list[int] = []
    after = 0
    while True:
        asked = ListRunEvents(run_id=run.id, after=after, limit=200)
        page = await engine.does(LIST_RUN_EVENTS, asked, RunEventPage)
        sizes += [len(str(event.data)) for event in page.items]
        if page.next_cursor is None:
            break
        after = int(page.next_cursor)
    assert len(sizes) == 14
    assert sum(size > 250_000 for size in sizes) == 14


async def test_a_list_of_runs_shows_errors_in_short(engine: Engine) -> None:
    nodes = [node("no", "stop", status="Failed", message="{{ trigger.output.text }}")]
    workflow_id = await engine.workflow(workflow(nodes))
    orders = [start_of(workflow_id, {"text": "x" * 200_000}) for _ in range(8)]
    for order in orders:
        await engine.ask(START_RUN, order)

    page = await engine.does(LIST_RUNS, ListRuns(limit=200), RunPage)

    assert len(page.items) == 8
    assert all(item.error and len(item.error.message) == 2_000 for item in page.items)
    (step,) = [step for step in (await engine.run(orders[0].run_id)).trace if step.node == "no"]
    assert step.output == {"message": "x" * 200_000}
