"""Runs that start runs, where time or a queue limits one of them."""

from datetime import timedelta

from contracts.base import JsonObject
from services.engine.adapters.queue_store import PostgresQueues
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.admission import Admission
from services.engine.app.timers import Timers
from tests.support.child_runs import Replica, asks, doubles, each, one, replica
from tests.support.engine_service import Clock, engine_pool, rows
from tests.support.runs import node, workflow


def limited(call: JsonObject, time_limit: str) -> JsonObject:
    return workflow([{**call, "time_limit": time_limit}])


async def test_a_step_whose_time_is_up_ends_the_runs_that_it_called(database_url: str) -> None:
    clock = Clock()
    async with engine_pool(database_url) as pool, replica(pool, clock) as engine:
        await engine.workflow("Sleeps", workflow([node("nap", "delay", duration="3d")]))
        parent = await engine.workflow("Parent", limited(each("Sleeps", [1, 2]), "1h"))
        run_id = await engine.start(parent)
        await engine.settle()

        clock.now += timedelta(hours=1)
        await Timers(PostgresWaits(pool), engine.pipeline, clock).fire_due()
        await engine.settle()

        item = await engine.item(run_id)
        assert item.error is not None
        assert (item.status, item.error.code) == ("Failed", "time-limit")
        assert [child.status for child in await engine.children(run_id)] == ["Cancelled"] * 2
        assert await rows(pool, "SELECT count(*) FROM timers") == [(0,)]


async def test_a_step_s_clock_stands_still_while_its_children_wait_for_people(
    database_url: str,
) -> None:
    clock = Clock()
    async with engine_pool(database_url) as pool, replica(pool, clock) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", limited(one("Asks", input={"item": 1}), "1h"))
        run_id = await engine.start(parent)
        await engine.settle()

        clock.now += timedelta(days=3)
        assert await Timers(PostgresWaits(pool), engine.pipeline, clock).fire_due() == 0
        (child,) = await engine.children(run_id)
        await engine.decide(child.id)
        await engine.settle()

        assert await engine.status(run_id) == "Completed"


async def test_child_runs_queue_where_their_workflow_limits_them(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", {**doubles(), "settings": {"concurrency": 1}})
        parent = await engine.workflow("Parent", workflow([each("Doubles", [1, 2, 3])]))
        run_id = await engine.start(parent)
        await engine.settle()
        assert [child.status for child in await engine.children(run_id)] == ["Queued"] * 3

        await _admit(engine)

        assert (await engine.output(run_id))["results"] == [{"n": 2}, {"n": 4}, {"n": 6}]


async def test_a_queued_child_goes_with_its_parent(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", {**doubles(), "settings": {"concurrency": 1}})
        parent = await engine.workflow("Parent", workflow([one("Doubles", input={"item": 1})]))
        run_id = await engine.start(parent)
        await engine.settle()

        await engine.cancel(run_id)
        await engine.settle()

        (child,) = await engine.children(run_id)
        assert child.status == "Cancelled"


async def _admit(engine: Replica) -> None:
    """Let queued runs start until nothing moves."""
    admission = Admission(PostgresQueues(engine.pool), engine.pipeline)
    for _ in range(20):
        await admission.look()
        await engine.settle()
