"""Decisions as they come: early, late, often, broken, and over a database that was there before."""

import asyncio
from uuid import UUID

from contracts.envelope import CloudEvent
from contracts.run import (
    DecidedOutcome,
)
from contracts.task import TaskResolved
from services.chassis.database import migrate
from services.chassis.errors import Broken, Refused
from services.chassis.ids import derived_beside, new_id
from services.engine.adapters.statements import MIGRATIONS
from services.engine.app.orders import order_for
from services.engine.app.resolutions import Resolutions
from services.engine.main import SCHEMA
from tests.support.chassis import running
from tests.support.engine_service import (
    engine_pool,
    rows,
    run_pipeline,
    settings_for,
    start_of,
    stored_workflow,
)
from tests.support.runs import ADA, NOW
from tests.support.workflows import asking


async def test_decisions_that_come_early_late_or_often_change_nothing_twice(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool)
        taker = Resolutions(pipeline)
        async with running(pipeline.run()):
            order = start_of(await stored_workflow(pool, pipeline, asking()))
            decided = decision_event(order.run_id)
            early = await taker.take([decided])
            await pipeline.execute(order_for(order.run_id, order, actor="test"))
            often = await taker.take([decided, decision_event(new_id()), decided, decided])
            late = await taker.take([decided, decision_event(order.run_id, outcome="rejected")])
        assert isinstance(early[0], Refused)
        assert [isinstance(verdict, Refused) for verdict in often] == [False, True, False, False]
        assert late == [None, None]
        names = [row[0] for row in await rows(pool, "SELECT type FROM log ORDER BY position")]
        assert names.count("flusso.run.resumed") == 1
        assert names[-1] == "flusso.run.completed"


async def test_what_is_no_decision_is_broken_and_its_neighbours_pass(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool)
        async with running(pipeline.run()):
            order = start_of(await stored_workflow(pool, pipeline, asking()))
            await pipeline.execute(order_for(order.run_id, order, actor="test"))
            good = decision_event(order.run_id)
            no_task = good.model_copy(update={"subject": "nothing"})
            no_data = good.model_copy(update={"data": {"run_id": "x"}})
            verdicts = await Resolutions(pipeline).take([no_task, good, no_data])
        assert [type(verdict) for verdict in verdicts] == [Broken, type(None), Broken]
        assert await rows(pool, "SELECT status FROM runs") == [("Completed",)]


def decision_event(run_id: UUID, *, outcome: DecidedOutcome = "approved") -> CloudEvent:
    task_id = derived_beside(run_id, "task", "ask", "1")
    resolved = TaskResolved(
        run_id=run_id, node="ask", outcome=outcome, by=ADA, decided_at=NOW, digest="d"
    )
    return CloudEvent(
        id=f"{task_id}-2",
        source="flusso/tasks",
        type="flusso.task.resolved",
        subject=str(task_id),
        time=NOW,
        dataschema="flusso.task.resolved/1",
        sequence=2,
        logposition=2,
        data=resolved.model_dump(mode="json"),
    )


# -- migrations --------------------------------------------------------------------------------------------------------

SCHEMA_OF = """
SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'engine' UNION ALL
SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'engine' ORDER BY 1, 2
"""
COUNTS = """
SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM runs), (SELECT count(*) FROM waits),
    (SELECT count(*) FROM migrations)
"""


async def test_replicas_that_start_together_migrate_once(empty_database_url: str) -> None:
    settings = settings_for(empty_database_url)
    await asyncio.gather(*(migrate(settings, SCHEMA, [MIGRATIONS]) for _ in range(3)))
    async with engine_pool(empty_database_url) as pool:
        names = [
            str(row[0]) for row in await rows(pool, "SELECT name FROM migrations ORDER BY name")
        ]
    assert [name for name in names if name.startswith("engine/")] == [
        f"engine/{path.name}" for path in sorted(MIGRATIONS.glob("*.sql"))
    ]


async def test_a_filled_database_is_migrated_again_without_a_change(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        pipeline = run_pipeline(pool)
        async with running(pipeline.run()):
            order = start_of(await stored_workflow(pool, pipeline, asking()))
            await pipeline.execute(order_for(order.run_id, order, actor="test"))
        before = [await rows(pool, SCHEMA_OF), await rows(pool, COUNTS)]
    async with engine_pool(database_url) as pool:
        assert [await rows(pool, SCHEMA_OF), await rows(pool, COUNTS)] == before
        pipeline = run_pipeline(pool)
        async with running(pipeline.run()):
            (verdict,) = await Resolutions(pipeline).take([decision_event(order.run_id)])
        assert verdict is None
        assert await rows(pool, "SELECT status FROM runs") == [("Completed",)]
