"""`flusso rebuild inbox`: what is read of tasks is made anew from the log, and nobody notices."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.operations import GetRebuild, Rebuild, RebuildInbox
from contracts.subjects import LIST_TASKS
from contracts.task import ListTasks, TaskPage
from services.chassis.database import Pool
from services.engine.app import reconcile
from services.tasks.adapters import inbox_rebuild
from services.tasks.adapters.inbox_rebuild import PostgresRebuild
from services.tasks.app.rebuild import InboxRebuild
from tests.support.chassis import running, until
from tests.support.runs import ADA
from tests.support.servers import Broker, Databases, fresh_database
from tests.support.tasks import opening as opening_of
from tests.support.tasks import paused, timed
from tests.support.tasks_service import task_store
from tests.support.verifying import Both, both_services
from tests.support.workflows import asking

pytestmark = pytest.mark.asyncio(loop_scope="module")
INDEXES = (
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'tasks'"
    " ORDER BY tablename, indexname"
)
COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = 'tasks' ORDER BY table_name, column_name"
)
CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'tasks'::regnamespace AND contype <> 'n' ORDER BY 1, 2"
)
SETTINGS = (
    "SELECT relname, reloptions::text FROM pg_class"
    " WHERE relnamespace = 'tasks'::regnamespace ORDER BY 1"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(postgres: Databases, nats_server: Broker) -> AsyncIterator[Both]:
    """One for all, with pages of a few tasks."""
    with pytest.MonkeyPatch.context() as patch, fresh_database(postgres) as database_url:
        patch.setattr(reconcile, "interval_seconds", 3_600.0)
        patch.setattr(inbox_rebuild, "page_tasks", 3)
        async with both_services(database_url, nats_server.url) as running_both:
            yield running_both
    nats_server.reset()


async def state_of(both: Both) -> Rebuild:
    return await both.ask("tasks", GetRebuild(), Rebuild)


async def shape(pool: Pool) -> list[list[tuple[object, ...]]]:
    queries = (INDEXES, COLUMNS, CONSTRAINTS, SETTINGS)
    return [[tuple(row) for row in await pool.fetch(query)] for query in queries]


async def test_rebuilding_under_decisions_ends_in_the_fold_and_loses_nothing(both: Both) -> None:
    workflow_id = await both.engine.workflow(asking())
    runs = [(await both.engine.start(workflow_id)).id for _ in range(20)]
    await both.quiet()
    pool = both.tasks.pool
    before = await shape(pool)
    assert (await state_of(both)).state == "none"
    await pool.execute(
        "DELETE FROM pending_tasks WHERE task_id IN (SELECT task_id FROM pending_tasks LIMIT 1)"
    )
    await pool.execute("UPDATE task_counts SET opened = opened + 5")

    begun = await both.ask("tasks", RebuildInbox(actor=ADA), Rebuild)
    for run_id in runs[:10]:
        await both.decide(run_id)
        await both.engine.start(workflow_id)

    async def is_done() -> bool:
        return (await state_of(both)).state == "done"

    await until(is_done)
    for run_id in runs[10:]:
        await both.decide(run_id)
        await both.engine.ended(run_id, "Completed")
    assert (begun.state, begun.started_by) == ("running", "Ada")
    assert await both.findings() == []
    assert await shape(pool) == before


async def test_whoever_looks_meanwhile_always_sees_all_of_it(both: Both) -> None:
    workflow_id = await both.engine.workflow(asking())
    for _ in range(10):
        await both.engine.start(workflow_id)
    await both.quiet()
    seen = await both.engine.does(LIST_TASKS, ListTasks(actor=ADA), TaskPage)
    await both.ask("tasks", RebuildInbox(actor=ADA), Rebuild)
    states: set[str] = set()

    async def is_seen_done() -> bool:
        state = (await state_of(both)).state
        states.add(state)
        assert await both.engine.does(LIST_TASKS, ListTasks(actor=ADA), TaskPage) == seen
        return state == "done"

    await until(is_seen_done)
    assert states <= {"running", "done"}


async def test_one_that_died_is_gone_on_with_where_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_rebuild, "page_tasks", 2)
    async with task_store(database_url) as store:
        in_a_day = datetime.now(UTC) + timedelta(days=1)
        pauses = [
            timed(paused(task_id=UUID(int=place)), timeout_at=in_a_day) for place in range(1, 6)
        ]
        await store.hear(*((pause.task_id, opening_of(pause)) for pause in pauses))
        dead = PostgresRebuild(store.pool)
        now = datetime.now(UTC)
        await dead.start("Ada", now)
        assert await dead.claim(now, now + timedelta(seconds=1))
        assert await dead.fill(now)  # its claim is over: nobody drives
        assert (await dead.state()).tasks == 2

        another = InboxRebuild(PostgresRebuild(store.pool))
        async with running(another.run()):

            async def is_done() -> bool:
                return (await dead.state()).state == "done"

            await until(is_done)
        done = await dead.state()
        assert (done.tasks, done.total) == (5, 5)
        assert await store.inbox.count_pending() == 5
        assert await store.pool.fetchval("SELECT count(*) FROM task_timeouts") == 5
