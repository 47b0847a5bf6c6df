"""Timers, and versions that cannot be read any more."""

from datetime import timedelta

from contracts.run import (
    RecordResult,
    RunError,
)
from services.chassis.errors import Broken
from services.chassis.ids import new_id
from services.chassis.orders import Done
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.orders import order_for
from services.engine.app.ports import Timer
from services.engine.app.timers import Timers
from tests.support.chassis import running
from tests.support.engine_service import (
    Clock,
    engine_pool,
    rows,
    run_pipeline,
    start_of,
    stored_workflow,
)
from tests.support.runs import node, workflow
from tests.support.workflows import asking


async def test_a_timer_that_means_nothing_goes_and_leaves_the_next_one_of_its_node(
    database_url: str,
) -> None:
    """As when another replica fired it, and the next attempt failed too, before this one had its answer."""
    definition = workflow([node("call", "http_request", url="https://example.com/", retries=9)])
    async with engine_pool(database_url) as pool:
        clock = Clock()
        pipeline, waits = run_pipeline(pool, clock), PostgresWaits(pool)
        async with running(pipeline.run()):
            order = start_of(await stored_workflow(pool, pipeline, definition))
            await pipeline.execute(order_for(order.run_id, order, actor="test"))
            for attempt in (1, 2):
                failed = RecordResult(
                    run_id=order.run_id,
                    node="call",
                    visit=1,
                    attempt=attempt,
                    error=RunError(code="request-failed", message="No."),
                    retryable=True,
                )
                await pipeline.execute(order_for(order.run_id, failed, actor="test"))
                if attempt == 1:
                    clock.now += timedelta(minutes=1)
                    assert await Timers(waits, pipeline, clock).fire_due() == 1
            overtaken = Timer(order.run_id, "call", "retry", 1, 1, clock.now)
            await waits.delete_timers([overtaken], clock.now + timedelta(hours=1))
            assert await rows(pool, "SELECT attempt FROM timers") == [(2,)]
            clock.now += timedelta(minutes=1)
            await Timers(waits, pipeline, clock).fire_due()
            assert await rows(pool, "SELECT node, attempt FROM jobs") == [("call", 3)]
            assert await rows(pool, "SELECT * FROM timers") == []


async def test_timers_of_what_is_not_there_are_dropped(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline, waits = run_pipeline(pool), PostgresWaits(pool)
        insert = "INSERT INTO timers VALUES ($1, 'call', 1, 1, now())"
        await pool.execute(insert, new_id())
        async with running(pipeline.run()):
            timers = Timers(waits, pipeline)
            assert await timers.fire_due() == 1
            assert await timers.fire_due() == 0


async def test_a_version_that_is_not_valid_any_more_costs_only_its_own_runs(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool)
        async with running(pipeline.run()):
            broken, fine = [await stored_workflow(pool, pipeline, asking()) for _ in range(2)]
            await pool.execute(
                "UPDATE workflow_versions SET definition = '{}' WHERE workflow_id = $1", broken
            )
            orders = [
                start_of(workflow_id, {"n": 1}) for workflow_id in (broken, fine, broken, fine)
            ]
            outcomes = await pipeline.execute_all(
                [order_for(order.run_id, order, actor="test") for order in orders]
            )
        assert [type(outcome) for outcome in outcomes] == [Broken, Done, Broken, Done]
