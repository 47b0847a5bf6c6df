"""Two replicas over one database, and a database that is there already."""

import asyncio

from services.chassis.database import migrate
from services.chassis.errors import Refused
from services.chassis.ids import derived_id
from services.chassis.orders import Done
from services.tasks.app.decide_task import decision_order
from services.tasks.domain.task_commands import Close
from services.tasks.main import MIGRATIONS, SCHEMA
from tests.support.chassis import running
from tests.support.tasks import ADA, RUN_ID, TASK_ID, decision, opening, paused
from tests.support.tasks_service import settings_for, task_pipeline, task_store


async def test_one_decision_even_through_two_replicas_with_warm_caches(database_url: str) -> None:
    task_ids = [derived_id("raced", str(place)) for place in range(20)]
    async with task_store(database_url) as store:
        other = task_pipeline(store.pool)
        async with running(other.run()):
            for task_id in task_ids:
                await store.hear((task_id, opening(paused(task_id=task_id))))
                outcomes = await asyncio.gather(
                    *(
                        pipeline.execute_all(
                            [
                                decision_order(decision(action, task_id=task_id), None)
                                for action in ("approve", "reject")
                            ]
                        )
                        for pipeline in (store.pipeline, other)
                    )
                )
                of_all = [outcome for both in outcomes for outcome in both]
                assert sum(isinstance(outcome, Done) for outcome in of_all) == 1
                assert sum(isinstance(outcome, Refused) for outcome in of_all) == 3
        assert await store.pool.fetchval("SELECT count(*) FROM ended_tasks") == len(task_ids)
        assert await store.inbox.count_pending() == 0


async def test_the_same_pauses_and_ends_through_two_replicas_at_once(database_url: str) -> None:
    task_ids = [derived_id("twice", str(place)) for place in range(60)]
    async with task_store(database_url) as store:
        other = task_pipeline(store.pool)
        async with running(other.run()):
            opened = [(task_id, opening(paused(task_id=task_id))) for task_id in task_ids]
            closed = [(task_id, Close(RUN_ID, "Failed")) for task_id in task_ids[::2]]
            elsewhere = type(store)(store.pool, other, store.inbox)
            outcomes = await asyncio.gather(
                store.hear(*opened),
                elsewhere.hear(*reversed(opened)),
                store.hear(*closed),
                elsewhere.hear(*closed),
            )
        assert all(isinstance(outcome, Done) for part in outcomes for outcome in part)
        assert await store.inbox.count_pending() == len(task_ids) // 2
        streams = await store.pool.fetchval("SELECT count(DISTINCT stream_id) FROM log")
        assert streams == len(task_ids)
        events = await store.pool.fetchval("SELECT count(*) FROM log")
        assert events <= len(task_ids) + len(closed)


async def test_replicas_that_start_together_migrate_once(empty_database_url: str) -> None:
    settings = settings_for(empty_database_url)
    await asyncio.gather(*(migrate(settings, SCHEMA, [MIGRATIONS]) for _ in range(3)))
    async with task_store(empty_database_url) as store:
        names = await store.pool.fetch("SELECT name FROM migrations ORDER BY name")
        assert sorted(row["name"] for row in names if row["name"].startswith("tasks/")) == [
            f"tasks/{path.name}" for path in sorted(MIGRATIONS.glob("*.sql"))
        ]


async def test_a_filled_database_is_migrated_again_without_a_change(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear((TASK_ID, opening()))
        await store.decide(decision(actor=ADA))
    async with task_store(database_url) as store:
        assert await store.pool.fetchval("SELECT count(*) FROM ended_tasks") == 1
        (again,) = await store.decide(decision("reject"))
        assert isinstance(again, Refused)
        assert again.details["decided_by"] == "Ada"
