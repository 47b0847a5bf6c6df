"""How long people take to decide: kept with the decisions, through two replicas, and the same as the log says."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson

from contracts.base import JsonObject
from contracts.operations import VerifiedTables, VerifyTables
from contracts.stats import AskDecisionStats, DecisionStats
from services.chassis.database import Pool
from services.chassis.ids import derived_id
from services.chassis.magnitudes import duration_ms, magnitude
from services.chassis.verify_stats import VerifyTablesByPages
from services.tasks.adapters.stats_store import DECISION_DAYS, PostgresDecisionStats
from services.tasks.app.decide_task import decision_order
from services.tasks.app.stats import decision_stats
from services.tasks.app.stats_upkeep import tidy
from services.tasks.main import MIGRATIONS, SCHEMA
from tests.support.chassis import running
from tests.support.tasks import CREATED_AT, WORKFLOW_ID, decision, opening, paused
from tests.support.tasks_service import settings_for, task_pipeline, task_store

DECIDED_AT = CREATED_AT + timedelta(minutes=10, seconds=3)
DAY: JsonObject = {
    "start": CREATED_AT - timedelta(hours=12),
    "end": CREATED_AT + timedelta(hours=12),
}
KEPT = "SELECT hour, node, outcome, magnitude, decisions, duration_ms FROM decision_stats"
DROPPED = "DROP TABLE decision_stats, stats_folded; DROP FUNCTION duration_ms, duration_magnitude, hour_of"


async def told_by_the_log(pool: Pool) -> set[tuple[object, ...]]:
    counts: Counter[tuple[object, ...]] = Counter()
    taken_by: Counter[tuple[object, ...]] = Counter()
    for (data,) in await pool.fetch("SELECT data FROM log WHERE type = 'flusso.task.resolved'"):
        event = orjson.loads(data)
        decided_at = datetime.fromisoformat(event["decided_at"])
        taken = duration_ms(CREATED_AT, decided_at)
        hour = decided_at.replace(minute=0, second=0, microsecond=0)
        key = (hour, event["node"], event["outcome"], magnitude(taken))
        counts[key] += 1
        taken_by[key] += taken
    return {(*key, counts[key], taken_by[key]) for key in counts}


async def kept(pool: Pool) -> set[tuple[object, ...]]:
    return {tuple(row) for row in await pool.fetch(KEPT)}


async def test_decisions_are_counted_once_and_the_migration_counts_the_same(
    database_url: str,
) -> None:
    task_ids = [derived_id("decided", str(place)) for place in range(30)]
    async with task_store(database_url, lambda: DECIDED_AT) as store:
        other = task_pipeline(store.pool, lambda: DECIDED_AT + timedelta(minutes=55))
        async with running(other.run()):
            await store.hear(*((task, opening(paused(task_id=task))) for task in task_ids))
            await asyncio.gather(
                *(
                    pipeline.execute_all(
                        [
                            decision_order(decision(action, task_id=task), None)
                            for task in task_ids
                            for action in ("approve", "reject", "approve")
                        ]
                    )
                    for pipeline in (store.pipeline, other)
                )
            )
        told = await told_by_the_log(store.pool)
        assert await kept(store.pool) == told
        await store.pool.execute(DROPPED)
        await store.pool.execute((MIGRATIONS / "0006_statistics.sql").read_text())
        assert await kept(store.pool) == told
        answer = await asked(store.pool)
        assert answer.total.decisions == len(task_ids)
        (step,) = answer.items
        assert (step.step_name, step.workflow_name, step.node) == ("Review", "Newsletter", "review")
        assert step.decisions == len(task_ids)
        assert (step.duration_ms_mean or 0) >= 603_000


async def asked(pool: Pool, **more: object) -> DecisionStats:
    question = AskDecisionStats.model_validate({**DAY, **more})
    return await decision_stats(PostgresDecisionStats(pool), question)


async def test_old_days_are_put_together_and_answered_the_same(database_url: str) -> None:
    async with task_store(database_url) as store:
        pool, first = store.pool, datetime(2026, 11, 1, tzinfo=UTC)
        await pool.execute("UPDATE stats_folded SET until_at = $1", first)
        for place, hours in enumerate((0, 1, 23, 24, 24 * 22)):
            for outcome in ("approved", "timed_out"):
                await pool.execute(
                    "INSERT INTO decision_stats VALUES ($1, $2, 'ask', $3, $4, 2, 90, 'Letters', 'Ask')",
                    first + timedelta(hours=hours),
                    WORKFLOW_ID,
                    outcome,
                    place,
                )
        span: JsonObject = {"start": first, "end": first + timedelta(days=30)}
        before = await asked(pool, **span)
        assert (before.total.decisions, before.total.timed_out) == (10, 10)
        for _ in range(2):
            await tidy(PostgresDecisionStats(pool), datetime(2026, 11, 24, 12, tzinfo=UTC))
            assert await asked(pool, **span) == before
        assert await pool.fetchval("SELECT count(DISTINCT hour) FROM decision_stats") == 3
        later = await asked(pool, start=first + timedelta(days=30), end=first + timedelta(days=60))
        assert later.previous == before.total


async def test_statistics_of_decisions_are_proved_and_what_is_damaged_is_found(
    database_url: str,
) -> None:
    task_ids = [derived_id("proved", str(place)) for place in range(3)]
    async with task_store(database_url, lambda: DECIDED_AT) as store:
        today = DECIDED_AT.replace(hour=0, minute=0, second=0, microsecond=0)
        await store.pool.execute("UPDATE stats_folded SET until_at = $1", today)
        await store.hear(*((task, opening(paused(task_id=task))) for task in task_ids))
        for task in task_ids:
            await store.decide(decision("approve", task_id=task))
        assert await proved(database_url) == []
        await store.pool.execute("UPDATE decision_stats SET decisions = decisions + 1")
        assert await proved(database_url) == ["statistics-differ"]
        await store.pool.execute("UPDATE decision_stats SET decisions = decisions - 1")
        assert await PostgresDecisionStats(store.pool).fold(today + timedelta(days=1))
        assert await proved(database_url) == []
        await store.pool.execute("DELETE FROM decision_stats WHERE magnitude < 0")
        assert await proved(database_url) == ["statistics-differ"]


async def proved(database_url: str) -> list[str]:
    """What `flusso verify` finds in the statistics of that day."""

    async def no_tables() -> VerifiedTables:
        return VerifiedTables()

    async def at_once(_: float) -> None:
        """Look twice without a rest."""

    settings = settings_for(database_url)
    pages = VerifyTablesByPages(
        settings, SCHEMA, no_tables, DECISION_DAYS, lambda: DECIDED_AT, at_once
    )
    first = await pages.page(VerifyTables())
    assert first.next_cursor is not None
    page = await pages.page(VerifyTables(cursor=first.next_cursor))
    assert page.next_cursor is None
    return [each.check for each in page.findings]
