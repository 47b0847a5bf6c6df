"""Runs that start runs: what each tells the other, and what becomes of both."""

from contracts.actor import SYSTEM
from contracts.base import Json
from contracts.run import ChildrenCalled, RunCancelled, RunPaused, RunStarted
from contracts.run_view import GetRun, ListRuns
from services.engine.adapters.run_store import PostgresRuns
from services.engine.app.runs import Runs
from services.engine.domain.limits import RUN_DEPTH_MAX
from tests.support.child_runs import Replica, asks, doubles, each, fails, one, replica
from tests.support.engine_service import engine_pool, rows
from tests.support.runs import ADA, edge, node, workflow
from tests.support.stats import kept_stats, stats_of_log


async def parent_of(engine: Replica, *nodes: Json, edges: Json = None) -> Json:
    return await engine.workflow("Parent", workflow(list(nodes), edges))


async def test_the_parent_goes_on_with_what_its_child_put_out(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        call = one("Doubles", input={"item": "{{ trigger.output.n }}"})
        parent = await parent_of(engine, call, node("end", "transform", got="{{ one.output.n }}"))
        run_id = await engine.start(parent, {"n": 21})
        assert await engine.status(run_id) == "Running"

        await engine.settle()

        assert await engine.output(run_id) == {"got": 42}
        (child,) = await engine.children(run_id)
        assert (child.status, child.trigger) == ("Completed", "workflow")
        assert child.parent is not None
        assert (child.parent.run_id, child.parent.node) == (run_id, "one")
        assert await engine.orders_left() == 0


async def test_a_workflow_is_called_by_its_id_too(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        called = await engine.workflow("Doubles", doubles())
        parent = await parent_of(engine, one(str(called), input={"item": 4}))
        run_id = await engine.start(parent)

        await engine.settle()

        assert await engine.output(run_id) == {"n": 8}


async def test_each_item_is_worked_on_and_the_results_come_in_order(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await parent_of(engine, each("Doubles", concurrency=7))
        run_id = await engine.start(parent, {"items": list(range(50))})

        await engine.settle()

        output = await engine.output(run_id)
        assert output["results"] == [{"n": 2 * n} for n in range(50)]
        assert (output["errors"], output["count"], output["failed"]) == ([], 50, 0)
        assert await engine.orders_left() == 0
        assert await kept_stats(pool) == await stats_of_log(pool)


async def test_the_input_of_a_webhook_s_workflow_is_its_payload(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        definition = workflow(
            [node("got", "transform", n="{{ trigger.output.payload.n }}")],
            trigger="webhook_trigger",
        )
        await engine.workflow("Hooked", definition)
        run_id = await engine.start(await parent_of(engine, one("Hooked", input={"n": 3})))

        await engine.settle()

        assert await engine.output(run_id) == {"n": 3}


async def test_a_child_run_was_started_by_whoever_started_its_parent(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        run_id = await engine.start(await parent_of(engine, one("Doubles", input={"item": 1})))

        await engine.settle()

        (child,) = await engine.children(run_id)
        (started,) = await engine.all(child.id, RunStarted)
        assert started.actor == ADA


async def test_a_parent_waits_for_people_while_its_children_do(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        run_id = await engine.start(await parent_of(engine, each("Asks", [1, 2])))
        await engine.settle()
        assert await engine.status(run_id) == "Waiting"

        for child in await engine.children(run_id):
            await engine.decide(child.id)
        await engine.settle()

        assert (await engine.output(run_id))["results"] == [{"by": "Bob"}, {"by": "Bob"}]


async def test_waiting_is_told_all_the_way_up(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        await engine.workflow("Middle", workflow([one("Asks", input={"item": 1})]))
        run_id = await engine.start(await parent_of(engine, one("Middle")))

        await engine.settle()

        assert await engine.status(run_id) == "Waiting"
        (middle,) = await engine.children(run_id)
        (lowest,) = await engine.children(middle.id)
        await engine.decide(lowest.id)
        await engine.settle()
        assert await engine.output(run_id) == {"by": "Bob"}


async def test_a_rejection_in_the_child_fails_its_parent_and_says_who(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        run_id = await engine.start(await parent_of(engine, one("Asks", input={"item": 1})))
        await engine.settle()
        (child,) = await engine.children(run_id)

        await engine.decide(child.id, "rejected")
        await engine.settle()

        item = await engine.item(run_id)
        assert item.error is not None
        assert (item.status, item.error.code) == ("Failed", "child-failed")
        assert item.error.details["rejected_by"] == "Bob"


async def test_the_first_failure_stops_the_others(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Fails", fails())
        run_id = await engine.start(
            await parent_of(engine, each("Fails", [1, 2, 3], concurrency=1))
        )

        await engine.settle()

        item = await engine.item(run_id)
        assert item.error is not None
        assert (item.status, item.error.code) == ("Failed", "child-failed")
        assert "Two is one too many." in item.error.message
        assert len(await engine.children(run_id)) == 2


async def test_a_step_that_stops_ends_the_runs_under_way(database_url: str) -> None:
    """The run itself goes on by the error port."""
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await parent_of(
            engine,
            each("Asks", [1, 2, 3]),
            node("wait", "approval", prompt="What now?"),
            edges=[edge("trigger", "all"), edge("all", "wait", "error")],
        )
        run_id = await engine.start(parent)
        await engine.settle()
        first, *others = await engine.children(run_id)

        await engine.decide(first.id, "rejected")
        await engine.settle()

        assert [await engine.status(child.id) for child in others] == ["Cancelled", "Cancelled"]
        assert await engine.status(run_id) == "Waiting"
        assert await rows(pool, "SELECT count(*) FROM waits") == [(1,)]


async def test_cancelling_the_parent_ends_its_children(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        await engine.workflow("Middle", workflow([one("Asks", input={"item": 1})]))
        run_id = await engine.start(await parent_of(engine, each("Middle", [1, 2])))
        await engine.settle()
        assert await rows(pool, "SELECT count(*) FROM waits") == [(2,)]

        await engine.cancel(run_id)
        await engine.settle()

        assert await rows(pool, "SELECT DISTINCT status FROM runs") == [("Cancelled",)]
        assert await rows(pool, "SELECT count(*) FROM waits") == [(0,)]
        (child, _) = await engine.children(run_id)
        (cancelled,) = await engine.all(child.id, RunCancelled)
        assert (cancelled.reason, cancelled.by) == ("Its parent run was cancelled.", SYSTEM)


async def test_a_child_that_has_not_started_never_does_once_its_parent_ended(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        run_id = await engine.start(await parent_of(engine, each("Asks", [1, 2])))

        await engine.cancel(run_id)

        kinds = await rows(pool, "SELECT DISTINCT kind FROM run_orders")
        assert kinds == [("cancel",)]
        await engine.settle()
        assert await engine.children(run_id) == []


async def test_a_run_that_nobody_waits_for_outlives_the_one_that_started_it(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        call = one("Asks", input={"item": 1}, wait=False)
        run_id = await engine.start(await parent_of(engine, call))
        assert await engine.status(run_id) == "Completed"

        await engine.settle()

        (child,) = await engine.children(run_id)
        assert await engine.output(run_id) == {"run_id": str(child.id)}
        assert child.status == "Waiting"


async def test_a_child_that_is_cancelled_fails_its_parent(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        run_id = await engine.start(await parent_of(engine, one("Asks", input={"item": 1})))
        await engine.settle()
        (child,) = await engine.children(run_id)

        await engine.cancel(child.id)
        await engine.settle()

        item = await engine.item(run_id)
        assert item.error is not None
        assert item.error.code == "child-cancelled"


async def test_a_workflow_that_was_deleted_fails_the_step_that_calls_it(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await parent_of(engine, one("Doubles", input={"item": 1}))
        await pool.execute("DELETE FROM workflows WHERE name = 'Doubles'")
        run_id = await engine.start(parent)

        item = await engine.item(run_id)
        assert item.error is not None
        assert (item.status, item.error.code) == ("Failed", "workflow-not-found")


async def test_a_workflow_that_is_deleted_before_its_run_starts_fails_the_step_too(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        run_id = await engine.start(await parent_of(engine, one("Doubles", input={"item": 1})))
        await pool.execute("DELETE FROM workflows WHERE name = 'Doubles'")

        await engine.settle()

        item = await engine.item(run_id)
        assert item.error is not None
        assert item.error.code == "child-failed"
        assert "This workflow does not exist." in item.error.message
        assert await engine.orders_left() == 0


async def test_a_workflow_that_calls_itself_comes_to_an_end(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        run_id = await engine.start(await parent_of(engine, one("Parent")))

        await engine.settle()

        assert await engine.status(run_id) == "Failed"
        assert await rows(pool, "SELECT count(*) FROM runs") == [(RUN_DEPTH_MAX + 1,)]
        lowest = await pool.fetchval("SELECT id FROM runs ORDER BY started_at DESC LIMIT 1")
        item = await engine.item(lowest)
        assert item.error is not None
        assert item.error.code == "too-deep"


async def test_the_trace_counts_the_children(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await parent_of(engine, each("Asks", list(range(9)), concurrency=2))
        run_id = await engine.start(parent)
        for _ in range(3):
            await engine.settle()
            for child in await engine.children(run_id):
                if child.status == "Waiting" and await engine.all(child.id, RunPaused):
                    await engine.decide(child.id)
        await engine.settle()

        runs = Runs(PostgresRuns(pool))
        view = await runs.get(GetRun(run_id=run_id))

        step = view.trace[1]
        assert step.children is not None
        assert (step.children.total, step.children.called, step.children.ended) == (9, 8, 6)
        assert step.status == "Waiting"
        assert len(await engine.all(run_id, ChildrenCalled)) > 2
        seen = [await runs.get(GetRun(run_id=run_id, at=at + 1)) for at in range(view.sequence)]
        assert seen[-1].model_copy(update={"as_of": None}) == view
        called = [step.children.called for one in seen for step in one.trace if step.children]
        assert called == sorted(called)
        assert len(set(called)) > 2


async def test_the_child_runs_of_one_step_can_be_asked_for(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        call = one("Doubles", input={"item": 4})
        run_id = await engine.start(await parent_of(engine, call, each("Doubles", [1, 2])), {})
        await engine.settle()

        runs = Runs(PostgresRuns(pool))
        for node_key, count in (("one", 1), ("all", 2), ("other", 0), (None, 3)):
            page = await runs.page(ListRuns(parent_run_id=run_id, parent_node=node_key))
            assert len(page.items) == count
