"""What `flusso verify` asks of the services: what somebody changes behind their backs is found, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from uuid import UUID

import pytest
import pytest_asyncio

from contracts.operations import VerifiedStreams, VerifyStreams
from services.chassis import verify as chassis_verify
from services.engine.app import reconcile
from tests.support.chassis import until
from tests.support.servers import Broker, Databases, fresh_database
from tests.support.verifying import Both, both_services, task_of, told
from tests.support.workflows import asking

pytestmark = pytest.mark.asyncio(loop_scope="module")
RUNS_MAX = 150
"""As many as there are when the machine is fast: what is proved grows with them."""
NO_EARLIER_THAN_EVER = "2020-01-01T00:00:00Z"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(postgres: Databases, nats_server: Broker) -> AsyncIterator[Both]:
    """One for all; what is changed by hand is changed in the last test."""
    with pytest.MonkeyPatch.context() as patch, fresh_database(postgres) as database_url:
        # Whoever repairs what these tests break would take it from under them.
        patch.setattr(reconcile, "interval_seconds", 3_600.0)
        async with both_services(database_url, nats_server.url) as running:
            yield running
    nats_server.reset()


async def waiting_runs(both: Both, many: int) -> list[UUID]:
    """Start runs; return them once people can see what they ask."""
    workflow_id = await both.engine.workflow(asking())
    runs = [(await both.engine.start(workflow_id)).id for _ in range(many)]
    await both.quiet()
    return runs


async def test_a_healthy_system_under_load_has_nothing_to_be_found(both: Both) -> None:
    workflow_id = await both.engine.workflow(asking())
    is_over = asyncio.Event()

    async def all_arrived(suspects: Sequence[UUID]) -> bool:
        return not await both.convicted(suspects)

    async def work() -> None:
        for _ in range(RUNS_MAX):
            if is_over.is_set():
                return
            await both.engine.start(workflow_id)

    async def people() -> None:
        while not is_over.is_set():
            rows = await both.tasks.pool.fetch("SELECT run_id FROM pending_tasks LIMIT 5")
            for row in rows:
                await both.decide(row["run_id"])
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(work())
        group.create_task(people())
        for _ in range(2):
            assert await both.of_each() == []
            suspects = await both.suspects()
            await until(partial(all_arrived, suspects))
        is_over.set()


async def test_streams_that_moved_since_then_are_looked_at_once_each(both: Both) -> None:
    await waiting_runs(both, 3)
    streams = await both.engine.runtime.pool.fetchval("SELECT count(*) FROM snapshots")
    seen, cursor = 0, None
    while True:
        question = {"since": NO_EARLIER_THAN_EVER, "cursor": cursor}
        page = await both.ask("engine", VerifyStreams.model_validate(question), VerifiedStreams)
        assert page.findings == []
        seen += page.streams
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == streams >= 3
    since_now = VerifyStreams.model_validate({"since": "2999-01-01T00:00:00Z"})
    assert (await both.ask("engine", since_now, VerifiedStreams)).streams == 0


async def test_a_page_that_takes_too_long_ends_early_and_the_next_one_goes_on(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    await waiting_runs(both, 3)
    monkeypatch.setattr(chassis_verify, "page_seconds_max", 0.0)
    monkeypatch.setattr(chassis_verify, "streams_at_once", 1)
    cursors: set[str | None] = set()
    cursor: str | None = None
    for _ in range(3):
        page = await both.ask("engine", VerifyStreams(cursor=cursor), VerifiedStreams)
        assert page.streams == 1
        cursor = page.next_cursor
        cursors.add(cursor)
    assert len(cursors) == 3


async def test_what_is_changed_by_hand_is_found_where_it_is(both: Both) -> None:
    folded, listed, torn, orphaned, unseen, ended, decided = await waiting_runs(both, 7)
    for run_id in (ended, decided):
        await both.decide(run_id)
        await both.engine.ended(run_id, "Completed")
    await both.quiet()
    assert await both.findings() == []

    runs, tasks = both.engine.runtime.pool, both.tasks.pool
    await runs.execute(
        "UPDATE snapshots SET state = jsonb_set(state::jsonb, '{last}', '\"ask\"')::json"
        " WHERE stream_id = $1",
        folded,
    )
    await tasks.execute(
        "UPDATE pending_tasks SET item = jsonb_set(item::jsonb, '{title}', '\"Other\"')::json"
        " WHERE task_id = $1",
        task_of(listed),
    )
    await runs.execute("DELETE FROM log WHERE stream_id = $1 AND version = 1", torn)
    await runs.execute("DELETE FROM waits WHERE task_id = $1", task_of(orphaned))
    await tasks.execute("DELETE FROM pending_tasks WHERE task_id = $1", task_of(unseen))
    await runs.execute(
        "INSERT INTO log (stream_id, version, type, data, metadata, occurred_at)"
        " SELECT stream_id, version + 1, 'flusso.run.completed', '{}', '{}', now()"
        " FROM log WHERE stream_id = $1 ORDER BY version DESC LIMIT 1",
        ended,
    )
    await tasks.execute("UPDATE task_counts SET resolved = resolved + 1")
    await runs.execute(
        "UPDATE log SET data = jsonb_set(data::jsonb, '{decided_at}', '\"2020-01-01T00:00:00Z\"')"
        "::json WHERE stream_id = $1 AND type = 'flusso.run.resumed'",
        decided,
    )

    found = told(await both.findings())

    assert {
        ("snapshot-differs", f"run {folded}"),
        ("row-differs", f"task {task_of(listed)}"),
        ("version-gap", f"run {torn}"),
        ("row-missing", f"run {orphaned}"),
        ("task-without-wait", f"task {task_of(orphaned)}"),
        ("row-missing", f"task {task_of(unseen)}"),
        ("event-after-end", f"run {ended}"),
        ("decision-differs", f"run {decided}"),
    } <= found
    assert "counter-differs" in {check for check, _ in found}
