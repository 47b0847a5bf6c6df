"""Fills a database with a million runs and what is kept about them, and times every answer: `make bench-stats`.

The statements are the services' own, asked through their use cases; what HTTP and NATS add is the same as for any
other question and is measured by `make bench`.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel

from contracts.base import JsonObject
from contracts.stats import (
    AskDecisionStats,
    AskHourStats,
    AskRunStats,
    AskStepStats,
    AskWorkflowStats,
    ListTimelines,
)
from services.chassis.database import Pool, connect, migrate, open_pool
from services.chassis.settings import Settings
from services.engine.adapters.statements import MIGRATIONS as ENGINE
from services.engine.adapters.stats_store import PostgresStats
from services.engine.adapters.timeline_store import PostgresTimelines
from services.engine.app.stats import Stats
from services.engine.app.stats_upkeep import StatsUpkeep
from services.engine.app.timelines import Timelines
from services.tasks.adapters.stats_store import PostgresDecisionStats
from services.tasks.app.stats import decision_stats
from services.tasks.app.stats_upkeep import tidy
from services.tasks.main import MIGRATIONS as TASKS
from tests.support.servers import fresh_database, running_postgres

ROUNDS = 7
LIMIT_MS = 100.0
SPANS = (1, 7, 30, 90)
SIZES = """SELECT 'run_stats', count(*) FROM run_stats UNION ALL SELECT 'step_stats', count(*) FROM step_stats"""
DECISIONS = "SELECT 'decision_stats', count(*) FROM decision_stats"
HERE = Path(__file__).parent
Ask = Callable[[], Awaitable[BaseModel]]


def settings_for(url: str) -> Settings:
    """Return the settings of a service that only has a database."""
    return Settings("bench", url, "", "", 0, 0, Path(), None, "json")


async def fill(settings: Settings, schema: str, script: str) -> None:
    """Run one of the scripts beside this module."""
    connection = await connect(settings, schema, statement_timeout="0")
    try:
        await connection.execute(script, timeout=600.0)
    finally:
        await connection.close()


async def tidied(settings: Settings) -> None:
    """Keep old days by the day, as both services do at their start and every hour."""
    engine, tasks = await open_pool(settings, "engine"), await open_pool(settings, "tasks")
    try:
        await StatsUpkeep(PostgresStats(engine)).tidy()
        await tidy(PostgresDecisionStats(tasks), datetime.now(UTC))
        for schema in ("engine", "tasks"):
            # All days were folded at once; day by day the tables never grow so.
            await fill(settings, schema, "VACUUM FULL ANALYZE")
    finally:
        await engine.close()
        await tasks.close()


def questions(engine_pool: Pool, tasks_pool: Pool, days: int) -> Mapping[str, Ask]:
    """Return every question, of a span up to now."""
    end = datetime.now(UTC)
    start = end - timedelta(days=days)
    span: JsonObject = {"start": start, "end": end, "zone": "Europe/Rome"}
    stats, timelines = Stats(PostgresStats(engine_pool)), Timelines(PostgresTimelines(engine_pool))
    decisions = PostgresDecisionStats(tasks_pool)
    day: JsonObject = {"start": end - timedelta(days=1), "end": end}
    return {
        "runs by the day": lambda: stats.runs(AskRunStats(**span, bucket="day")),
        "workflows, failing": lambda: stats.workflows(AskWorkflowStats(**span)),
        "workflows, slow": lambda: stats.workflows(AskWorkflowStats(**span, sort="duration")),
        "steps": lambda: stats.steps(AskStepStats(**span)),
        "busiest hours": lambda: stats.hours(AskHourStats(**span)),
        "decisions": lambda: decision_stats(decisions, AskDecisionStats(**span)),
        "timelines of a day": lambda: timelines.page(ListTimelines(**day)),
    }


async def times_of(ask: Ask) -> list[float]:
    """Return how long the answer took in ms, round by round, after a first one that warms up."""
    await ask()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1_000)
    return taken


async def measure(url: str, runs: int) -> bool:
    """Print a line for each question; tell whether all medians are within the limit."""
    settings = settings_for(url)
    await migrate(settings, "engine", [ENGINE])
    await migrate(settings, "tasks", [TASKS])
    began = time.perf_counter()
    await fill(settings, "engine", (HERE / "stats_fill.sql").read_text().replace("RUNS", str(runs)))
    await fill(settings, "tasks", (HERE / "decisions_fill.sql").read_text())
    print(f"filled in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    await tidied(settings)
    print(f"old days folded in {time.perf_counter() - began:.0f} s")
    runs_of, tasks_of = await open_pool(settings, "engine"), await open_pool(settings, "tasks")
    within = True
    try:
        for pool, query in ((runs_of, SIZES), (tasks_of, DECISIONS)):
            print(*(f"{row[0]}: {row[1]:,} rows" for row in await pool.fetch(query)), sep="\n")
        for days in SPANS:
            for name, ask in questions(runs_of, tasks_of, days).items():
                median = statistics.median(await times_of(ask))
                within &= median <= LIMIT_MS
                print(f"{days:3} days  {name:20} {median:7.1f} ms")
    finally:
        await runs_of.close()
        await tasks_of.close()
    return within


def main() -> int:
    """Measure in a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    runs = parser.parse_args().runs
    with (
        tempfile.TemporaryDirectory() as folder,
        running_postgres(Path(folder)) as databases,
        fresh_database(databases) as url,
    ):
        return 0 if asyncio.run(measure(url, runs)) else 1


if __name__ == "__main__":
    sys.exit(main())
