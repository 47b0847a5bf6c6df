"""Orders between runs, whatever happens between their claim and their end."""

import asyncio
from datetime import timedelta

from contracts.run import ChildrenReported, RunStarted
from services.engine.adapters.order_store import PostgresOrders
from services.engine.app.run_orders import cancel_seconds_max, lease_seconds, orders_a_round_max
from tests.support.chassis import running, until
from tests.support.child_runs import asks, at_once, doubles, each, one, replica
from tests.support.engine_service import Clock, engine_pool, rows
from tests.support.runs import workflow


async def test_a_claim_that_nobody_carried_out_is_made_again(database_url: str) -> None:
    """As when a replica dies between its claim and the start."""
    clock = Clock()
    async with engine_pool(database_url) as pool, replica(pool, clock) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await engine.workflow("Parent", workflow([each("Doubles", [1, 2])]))
        run_id = await engine.start(parent)
        lost = await PostgresOrders(pool).claim(
            clock(), clock.now + timedelta(seconds=lease_seconds), 10
        )
        assert len(lost) == 2

        assert await engine.orders.round() == 0
        clock.now += timedelta(seconds=lease_seconds)
        await engine.settle()

        assert (await engine.output(run_id))["results"] == [{"n": 2}, {"n": 4}]


async def test_an_order_that_was_carried_out_and_not_forgotten_changes_nothing(
    database_url: str,
) -> None:
    """As when a replica dies between the start and its acknowledgement."""
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", workflow([each("Asks", [1, 2])]))
        run_id = await engine.start(parent)
        await pool.execute("CREATE TABLE kept AS SELECT * FROM run_orders")
        await engine.settle()
        await pool.execute(
            "INSERT INTO kept SELECT * FROM run_orders; "
            "INSERT INTO run_orders OVERRIDING SYSTEM VALUE SELECT * FROM kept"
        )

        assert await engine.settle() == 2

        assert len(await engine.children(run_id)) == 2
        assert await rows(pool, "SELECT count(*) FROM waits") == [(2,)]


async def test_reports_for_one_visit_become_one_event(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", workflow([each("Asks", list(range(8)))]))
        run_id = await engine.start(parent)

        await engine.settle()

        (reported,) = await engine.all(run_id, ChildrenReported)
        assert len(reported.reports) == 8


async def test_replicas_beside_each_other_start_each_run_once(database_url: str) -> None:
    async with (
        engine_pool(database_url) as pool,
        replica(pool) as engine,
        replica(pool) as other,
        replica(pool) as third,
    ):
        await engine.workflow("Doubles", doubles())
        parent = await engine.workflow("Parent", workflow([each("Doubles", concurrency=50)]))
        run_id = await engine.start(parent, {"items": list(range(300))})

        while await engine.status(run_id) == "Running":
            await at_once(engine, other, third)

        output = await engine.output(run_id)
        assert output["results"] == [{"n": 2 * n} for n in range(300)]
        assert await rows(pool, "SELECT count(*) FROM runs") == [(301,)]
        started = "SELECT count(*) FROM log WHERE type = 'flusso.run.started'"
        assert await rows(pool, started) == [(301,)]


async def test_a_run_that_starts_too_late_is_ended(database_url: str) -> None:
    """A replica that was stopped for minutes between its claim and the start goes on: its run has no parent to tell."""
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", workflow([one("Asks", input={"item": 1})]))
        run_id = await engine.start(parent)
        await pool.execute("CREATE TABLE kept AS SELECT * FROM run_orders")
        await engine.cancel(run_id)
        await pool.execute(
            "DELETE FROM run_orders; INSERT INTO run_orders OVERRIDING SYSTEM VALUE SELECT * FROM kept"
        )

        await engine.settle()

        (child,) = await engine.children(run_id)
        assert child.status == "Cancelled"
        assert await rows(pool, "SELECT count(*) FROM waits") == [(0,)]


async def test_a_cancellation_waits_for_a_run_that_is_about_to_start(database_url: str) -> None:
    clock = Clock()
    async with engine_pool(database_url) as pool, replica(pool, clock) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", workflow([one("Asks", input={"item": 1})]))
        run_id = await engine.start(parent)
        (start,) = await PostgresOrders(pool).claim(clock(), clock.now + timedelta(hours=1), 10)
        await engine.cancel(run_id)
        await engine.orders.round()
        assert await rows(pool, "SELECT kind FROM run_orders") == [("cancel",)]

        clock.now += timedelta(seconds=cancel_seconds_max)
        while await engine.orders.round():
            clock.now += timedelta(seconds=5)

        assert start.kind == "start"
        assert await engine.orders_left() == 0


async def test_a_round_takes_no_more_than_its_limit(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        nodes = [
            {**each("Doubles", list(range(100)), concurrency=100), "key": f"all_{n}"}
            for n in range(3)
        ]
        edges = [{"from": "trigger", "to": each_node["key"]} for each_node in nodes]
        parent = await engine.workflow("Parent", workflow(nodes, edges))
        run_id = await engine.start(parent)

        assert await engine.orders.round() == orders_a_round_max
        await engine.settle()

        assert await engine.status(run_id) == "Completed"


async def test_orders_are_carried_out_as_soon_as_they_are_committed(database_url: str) -> None:
    """The bell rings; nobody waits for the next look."""
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await engine.workflow("Parent", workflow([each("Doubles", concurrency=1)]))
        loop = asyncio.get_running_loop()
        async with running(engine.orders.run()):
            began = loop.time()
            run_id = await engine.start(parent, {"items": list(range(20))})

            async def over() -> bool:
                return await engine.status(run_id) == "Completed"

            await until(over)
            # 40 looks of the poll alone would take 20 s.
            assert loop.time() - began < 10
        starts = "SELECT count(*) FROM log WHERE type = 'flusso.run.started'"
        assert await rows(pool, starts) == [(21,)]
        assert len(await engine.all(run_id, RunStarted)) == 1
