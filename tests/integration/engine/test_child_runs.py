"""Runs that start runs: what each tells the other, and what becomes of both."""

from tests.support.child_runs import asks, doubles, each, fails, one, replica
from tests.support.engine_service import engine_pool
from tests.support.runs import node, workflow


async def test_the_parent_goes_on_with_what_its_child_put_out(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await engine.workflow(
            "Parent",
            workflow(
                [
                    one("Doubles", input={"item": "{{ trigger.output.n }}"}),
                    node("end", "transform", got="{{ one.output.n }}"),
                ]
            ),
        )
        run_id = await engine.start(parent, {"n": 21})
        assert await engine.status(run_id) == "Running"

        await engine.settle()

        assert await engine.output(run_id) == {"got": 42}
        (child,) = await engine.children(run_id)
        assert (child.status, child.trigger) == ("Completed", "workflow")
        assert child.parent is not None
        assert (child.parent.run_id, child.parent.node) == (run_id, "one")
        assert await engine.orders_left() == 0


async def test_each_item_is_worked_on_and_the_results_come_in_order(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Doubles", doubles())
        parent = await engine.workflow("Parent", workflow([each("Doubles", concurrency=7)]))
        run_id = await engine.start(parent, {"items": list(range(50))})

        await engine.settle()

        output = await engine.output(run_id)
        assert output["results"] == [{"n": 2 * n} for n in range(50)]
        assert (output["errors"], output["count"], output["failed"]) == ([], 50, 0)
        assert await engine.orders_left() == 0


async def test_a_parent_waits_for_people_while_its_children_do(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Asks", asks())
        parent = await engine.workflow("Parent", workflow([each("Asks", [1, 2])]))
        run_id = await engine.start(parent)
        await engine.settle()
        assert await engine.status(run_id) == "Waiting"

        for child in await engine.children(run_id):
            await engine.decide(child.id)
        await engine.settle()

        assert (await engine.output(run_id))["results"] == [{"by": "Bob"}, {"by": "Bob"}]


async def test_the_first_failure_stops_the_others(database_url: str) -> None:
    async with engine_pool(database_url) as pool, replica(pool) as engine:
        await engine.workflow("Fails", fails())
        parent = await engine.workflow(
            "Parent", workflow([each("Fails", [1, 2, 3], concurrency=1)])
        )
        run_id = await engine.start(parent)

        await engine.settle()

        item = await engine.item(run_id)
        assert item.status == "Failed"
        assert item.error is not None
        assert item.error.code == "child-failed"
        assert "Two is one too many." in item.error.message
        assert len(await engine.children(run_id)) == 2
