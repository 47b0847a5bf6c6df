"""Statistics and timelines as the database answers them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.base import JsonObject
from contracts.operations import VerifiedTables, VerifyTables
from contracts.run import DecidedOutcome, RecordResult
from contracts.stats import (
    AskHourStats,
    AskRunStats,
    AskStepStats,
    AskWorkflowStats,
    ListTimelines,
    TimelinePage,
)
from services.chassis.database import Pool
from services.chassis.ids import derived_beside, new_id
from services.chassis.verify_stats import VerifyTablesByPages
from services.engine.adapters.stats_store import RUN_DAYS, PostgresStats
from services.engine.adapters.timeline_store import PostgresTimelines
from services.engine.app.orders import RunOrder, order_for
from services.engine.app.stats import Stats
from services.engine.app.stats_upkeep import StatsUpkeep
from services.engine.app.timelines import Timelines
from services.engine.domain.run_commands import Resolve
from services.engine.main import SCHEMA
from tests.support.chassis import running
from tests.support.engine_service import (
    Clock,
    StoredRuns,
    engine_pool,
    run_pipeline,
    settings_for,
    start_of,
    stored_workflow,
)
from tests.support.runs import ADA, NOW, node, workflow
from tests.support.stats import kept_stats, stats_of_log

ASKING = workflow(
    [
        node("fetch", "http_request", url="https://example.com/"),
        node("ask", "approval", prompt="Well?"),
        node("nap", "delay", duration="2m"),
    ]
)
DAY: JsonObject = {"start": NOW - timedelta(hours=12), "end": NOW + timedelta(hours=12)}


async def give(pipeline: StoredRuns, run_id: UUID, command: RunOrder) -> None:
    await pipeline.execute(order_for(run_id, command, actor="test"))


async def fetched(pipeline: StoredRuns, clock: Clock, workflow_id: UUID) -> UUID:
    """Start a run whose request takes 30 s."""
    run_id = new_id()
    await give(pipeline, run_id, start_of(workflow_id, run_id=run_id))
    clock.now += timedelta(seconds=29)
    result = RecordResult(run_id=run_id, node="fetch", visit=1, attempt=1, output={"status": 200})
    await give(pipeline, run_id, result)
    return run_id


async def answer(pipeline: StoredRuns, run_id: UUID, outcome: DecidedOutcome) -> None:
    task_id = derived_beside(run_id, "task", "ask", "1")
    await give(pipeline, run_id, Resolve(task_id, outcome, None, ADA, NOW))


async def test_what_was_kept_is_answered(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Clock()
        pipeline = run_pipeline(pool, clock)
        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, ASKING)
            runs = [await fetched(pipeline, clock, workflow_id) for _ in range(3)]
            clock.now += timedelta(minutes=30)
            await answer(pipeline, runs[0], "rejected")
            await answer(pipeline, runs[1], "approved")
        assert await kept_stats(pool) == await stats_of_log(pool)
        await _figures_are_right(Stats(PostgresStats(pool)), workflow_id)
        await _timelines_are_right(pool, runs)


async def _figures_are_right(stats: Stats, workflow_id: UUID) -> None:
    told = await stats.runs(AskRunStats(**DAY, workflow_id=workflow_id))
    assert (told.total.started, told.total.failed, told.total.rejected) == (3, 1, 1)
    assert sum(item.started for item in told.items) == 3
    assert (await stats.runs(AskRunStats(**DAY, workflow_id=new_id()))).total.started == 0
    later: JsonObject = {"start": DAY["end"], "end": DAY["end"] + timedelta(days=1)}
    assert (await stats.runs(AskRunStats(**later))).previous.started == 3
    for sort in ("failures", "duration", "runs"):
        question = AskWorkflowStats.model_validate({**DAY, "sort": sort})
        (one,) = (await stats.workflows(question)).items
        assert (one.workflow_name, one.started, one.failed) == ("Stored", 3, 1)
    (work,) = (await stats.steps(AskStepStats(**DAY))).items
    assert (work.node, work.step_name, work.type, work.steps) == (
        "fetch",
        "Fetch",
        "http_request",
        3,
    )
    assert work.duration_ms_mean == 30_000
    (asked,) = (await stats.steps(AskStepStats(**DAY, kind="people"))).items
    assert (asked.node, asked.steps, asked.failed) == ("ask", 2, 1)
    assert asked.duration_ms_mean > 30 * 60_000
    hours = (await stats.hours(AskHourStats(**DAY))).items
    assert sum(one.started for one in hours) == 3


async def _timelines_are_right(pool: Pool, runs: list[UUID]) -> None:
    timelines = Timelines(PostgresTimelines(pool))
    first = await timelines.page(ListTimelines(**DAY, limit=2))
    rest = await timelines.page(ListTimelines(**DAY, limit=2, cursor=first.next_cursor))
    assert [one.id for page in (first, rest) for one in page.items] == runs[::-1]
    assert rest.next_cursor is None
    bars = {
        one.id: [(step.name, step.status, step.finished_at is None) for step in one.steps]
        for page in (first, rest)
        for one in page.items
    }
    fetch = ("Fetch", "Completed", False)
    assert bars == {
        runs[0]: [fetch, ("Ask", "Failed", False)],
        runs[1]: [fetch, ("Ask", "Completed", False), ("Nap", "Running", True)],
        runs[2]: [fetch, ("Ask", "Waiting", True)],
    }
    of_other = await timelines.page(ListTimelines(**DAY, workflow_id=new_id()))
    assert of_other == TimelinePage(items=[])


async def test_timelines_hold_what_was_under_way_however_early_it_began(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        workflow_id = await stored_workflow(pool, run_pipeline(pool), ASKING)
        spans = {
            "long": (-100, 5),
            "live": (-90, None),
            "over": (-80, -50),
            "short": (-1, 1),
            "later": (30, 31),
        }
        for name, (began, ended) in spans.items():
            await pool.execute(
                "INSERT INTO runs (id, workflow_id, workflow_name, version, status, trigger, started_at, finished_at)"
                " VALUES ($1, $2, $3, 1, $4, 'manual', $5, $6)",
                new_id(),
                workflow_id,
                name,
                "Waiting" if ended is None else "Completed",
                NOW + timedelta(hours=began),
                None if ended is None else NOW + timedelta(hours=ended),
            )
        timelines = Timelines(PostgresTimelines(pool))
        for asked in (None, workflow_id):
            page = await timelines.page(ListTimelines(**DAY, workflow_id=asked))
            assert [one.workflow_name for one in page.items] == ["short", "live", "long"]


FIRST = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = (0, 1, 23, 24, 200, 24 * 20)
MONTH: JsonObject = {"start": FIRST, "end": FIRST + timedelta(days=30)}


async def test_old_days_are_put_together_and_answered_the_same(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        workflow_id = await stored_workflow(pool, run_pipeline(pool), ASKING)
        await _fill(pool, workflow_id)
        clock = Clock(datetime(2026, 11, 24, 12, tzinfo=UTC))
        stats, upkeep = Stats(PostgresStats(pool)), StatsUpkeep(PostgresStats(pool), clock)
        before = await _answers(stats, workflow_id)
        for _ in range(2):  # done twice it does nothing
            await upkeep.tidy()
            assert await _answers(stats, workflow_id) == before
            assert await pool.fetchval("SELECT count(DISTINCT hour) FROM run_stats") == 4
            assert await pool.fetchval("SELECT count(DISTINCT hour) FROM step_stats") == 4
        clock.now += timedelta(days=900)
        await upkeep.tidy()
        assert await pool.fetchval("SELECT count(*) FROM step_stats, run_stats") == 0


async def _fill(pool: Pool, workflow_id: UUID) -> None:
    await pool.execute("UPDATE stats_folded SET until_at = $1", FIRST)
    for place, hours in enumerate(HOURS):
        at = FIRST + timedelta(hours=hours)
        for outcome, taken in (("Started", 0), ("Completed", 14), ("Failed", 30)):
            run = "INSERT INTO run_stats VALUES ($1, $2, $3, $4, 2, $5)"
            await pool.execute(run, at, workflow_id, outcome, place if taken else 0, taken)
        step = "INSERT INTO step_stats VALUES ($1, $2, 'fetch', 'Completed', $3, 2, 14)"
        await pool.execute(step, at, workflow_id, place)


async def _answers(stats: Stats, workflow_id: UUID) -> list[object]:
    """Return what may be asked, but for hours of a single workflow: of old days these are not kept."""
    hourly = AskRunStats(**MONTH, bucket="hour")
    of_one = AskRunStats(**MONTH, workflow_id=workflow_id)
    return [
        await stats.runs(hourly),
        (await stats.runs(of_one)).total,
        await stats.workflows(AskWorkflowStats(**MONTH)),
        await stats.steps(AskStepStats(**MONTH)),
        await stats.hours(AskHourStats(**MONTH)),
        await stats.hours(AskHourStats(**MONTH, workflow_id=workflow_id)),
    ]


# -- proved against the log ----------------------------------------------------------------------------------------


async def _no_tables() -> VerifiedTables:
    return VerifiedTables()


async def _at_once(_: float) -> None:
    """Look twice without a rest."""


async def proved(
    database_url: str, now: datetime, rest: Callable[[float], Awaitable[None]] = _at_once
) -> list[str]:
    """What `flusso verify` finds in statistics, page by page: each table and outcome."""
    pages = VerifyTablesByPages(
        settings_for(database_url), SCHEMA, _no_tables, RUN_DAYS, lambda: now, rest
    )
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await pages.page(VerifyTables(cursor=cursor))
        for each in page.findings:
            assert each.check == "statistics-differ", each
            found.append(f"{each.subject.split()[0]} {each.message.split()[0]}")
        cursor = page.next_cursor
        if cursor is None:
            return sorted(found)


DAMAGE = {
    "UPDATE run_stats SET runs = runs + 1 WHERE outcome = 'Started'": ["run_stats Started"],
    "UPDATE run_stats SET duration_ms = duration_ms + 1 WHERE outcome = 'Rejected'": [
        "run_stats Rejected"
    ],
    "DELETE FROM step_stats WHERE outcome = 'Answered'": ["step_stats Answered"],
    "UPDATE step_stats SET node = 'other' WHERE outcome = 'Rejected'": ["step_stats Rejected"] * 2,
}
DAMAGE_OF_OLD_DAYS = {
    "UPDATE run_stats SET runs = runs + 1 WHERE outcome = 'Ended'": ["run_stats Ended"],
    "DELETE FROM run_start_stats": ["run_start_stats Started"],
    "UPDATE run_hour_stats SET runs = runs - 1 WHERE outcome = 'Started'": [
        "run_hour_stats Started"
    ],
    "DELETE FROM step_stats WHERE magnitude < 0 AND outcome = 'Completed'": [
        "step_stats Completed"
    ],
}


async def test_statistics_are_proved_day_by_day_and_what_is_damaged_is_found(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        clock = Clock()
        today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
        await pool.execute("UPDATE stats_folded SET until_at = $1", today)
        pipeline = run_pipeline(pool, clock)
        async with running(pipeline.run()):
            workflow_id = await stored_workflow(pool, pipeline, ASKING)
            runs = [await fetched(pipeline, clock, workflow_id) for _ in range(3)]
            clock.now += timedelta(minutes=30)
            await answer(pipeline, runs[0], "rejected")
            clock.now += timedelta(days=2)
            await answer(pipeline, runs[1], "approved")
        await _damaged(database_url, pool, clock.now, DAMAGE)
        await _passing(database_url, pool, clock.now)
        stats = PostgresStats(pool)
        assert await stats.fold_runs(today + timedelta(days=1))
        assert await stats.fold_steps(today + timedelta(days=1))
        await _damaged(database_url, pool, clock.now, DAMAGE_OF_OLD_DAYS)


async def _passing(database_url: str, pool: Pool, now: datetime) -> None:
    """What differs only for a moment, as while a workflow is deleted, is no finding."""
    await pool.execute("UPDATE step_stats SET steps = steps + 1")

    async def until_it_is_over(_: float) -> None:
        await pool.execute("UPDATE step_stats SET steps = steps - 1")

    assert await proved(database_url, now, until_it_is_over) == []


async def _damaged(
    database_url: str, pool: Pool, now: datetime, damage: Mapping[str, Sequence[str]]
) -> None:
    """Do each damage to whole tables, look what is found, and make it good again."""
    assert await proved(database_url, now) == []
    for statement, wanted in damage.items():
        table = statement.split()[2 if statement.startswith("DELETE") else 1]
        await pool.execute(f"CREATE TABLE kept AS TABLE {table}")
        await pool.execute(statement)
        assert await proved(database_url, now) == wanted, statement
        await pool.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this file
        await pool.execute(f"INSERT INTO {table} TABLE kept")
        await pool.execute("DROP TABLE kept")
