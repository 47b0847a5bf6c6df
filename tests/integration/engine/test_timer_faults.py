"""No timer is lost, none comes early and none twice, whatever is killed, wiped or away when it is due.

`FLUSSO_TIMERS=10000 FLUSSO_TIMERS_SECONDS=60` asks for the promise itself: 10,000 timers within a minute on two
replicas; by default a shorter piece runs, at twice its rate. `-s` shows how late they were.
"""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from contracts.base import JsonObject, rfc3339
from deploy.local.postgres import PostgresServer
from services.chassis.database import Pool
from services.engine.app.orders import order_for
from tests.support.chassis import running, until
from tests.support.depth import IS_WHOLE, sized
from tests.support.engine_service import (
    Engine,
    engine_pool,
    engine_service,
    rows,
    run_pipeline,
    start_of,
    stored_workflow,
)
from tests.support.pace import measured_pace
from tests.support.processes import running_service
from tests.support.runs import edge, node, workflow
from tests.support.servers import Broker

RUNS = 300
SPREAD = timedelta(seconds=2)
MANY = int(os.environ.get("FLUSSO_TIMERS", sized(500, 10_000)))
SECONDS = float(os.environ.get("FLUSSO_TIMERS_SECONDS", sized(3, 60)))
LATE_SECONDS_MAX = 1.0
STALLED_SECONDS_MAX = 4.0
"""Of a single one, where other tests take the processor away."""
AT_ONCE = 200

NAPPING = workflow(
    [node("nap", "delay", until="{{ trigger.output.until }}"), node("up", "transform", a=1)]
)
LATE = """
SELECT extract(
    epoch FROM woke.occurred_at - greatest(slept.occurred_at, (slept.data ->> 'due_at')::timestamptz)
)::float8
FROM log AS slept JOIN log AS woke USING (stream_id)
WHERE slept.type = 'flusso.run.timer_set' AND slept.data ->> 'kind' = 'delay'
    AND woke.type = 'flusso.run.node_completed' AND woke.data ->> 'node' = 'nap'
"""


async def set_timers(
    pool: Pool, begin: datetime, count: int = RUNS, spread: timedelta = SPREAD
) -> None:
    """Start runs that sleep until instants spread evenly over a time."""
    pipeline = run_pipeline(pool)
    async with running(pipeline.run()):
        workflow_id = await stored_workflow(pool, pipeline, NAPPING)
        orders = [
            start_of(workflow_id, {"until": rfc3339(begin + spread * place / count)})
            for place in range(count)
        ]
        for place in range(0, count, AT_ONCE):
            await pipeline.execute_all(
                [
                    order_for(order.run_id, order, actor="test")
                    for order in orders[place : place + AT_ONCE]
                ]
            )


async def lateness(pool: Pool) -> list[float]:
    """Return how late each timer was, in seconds."""
    return sorted(float(str(late)) for (late,) in await rows(pool, LATE))


async def have_ended(pool: Pool, count: int) -> bool:
    ended = await pool.fetchval("SELECT count(*) FROM runs WHERE status = 'Completed'")
    return bool(ended >= count)


async def assert_all_fired_once_and_none_early(pool: Pool, count: int = RUNS) -> None:
    await until(lambda: have_ended(pool, count))
    late = await lateness(pool)
    assert len(late) == count
    assert late[0] >= 0
    assert await rows(pool, "SELECT * FROM timers") == []


def in_a_moment() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=3)


async def test_what_was_due_while_the_engine_was_down_fires_when_it_is_back(
    database_url: str, nats_url: str
) -> None:
    async with engine_pool(database_url) as pool:
        await set_timers(pool, datetime.now(UTC) + timedelta(seconds=0.1), spread=timedelta(0))
        assert not await have_ended(pool, 1)
        async with running_service("engine", database_url, nats_url):
            await assert_all_fired_once_and_none_early(pool)


async def test_replicas_that_are_killed_while_they_fire_leave_nothing_undone(
    database_url: str, nats_url: str
) -> None:
    async with engine_pool(database_url) as pool:
        await set_timers(pool, in_a_moment())
        async with (
            running_service("engine", database_url, nats_url) as first,
            running_service("engine", database_url, nats_url) as second,
        ):
            await until(lambda: have_ended(pool, RUNS // 8))
            first.kill()
            await until(lambda: have_ended(pool, RUNS // 2))
            second.kill()
            await first.wait()
            await second.wait()
        async with running_service("engine", database_url, nats_url):
            await assert_all_fired_once_and_none_early(pool)


async def test_a_broker_that_loses_everything_delays_no_timer(
    database_url: str, nats_server: Broker, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        pool = engine.runtime.pool
        async with measured_pace(database_url) as pace:
            await set_timers(pool, in_a_moment())
            await until(lambda: have_ended(pool, RUNS // 8))
            await asyncio.to_thread(nats_server.reset)
            await assert_all_fired_once_and_none_early(pool)
        assert (await lateness(pool))[-1] <= pace.allows(LATE_SECONDS_MAX)


async def test_a_database_that_crashes_and_comes_back_loses_no_timer(
    tmp_path: Path, nats_url: str
) -> None:
    database = PostgresServer(tmp_path / "data", durable=False, output=tmp_path / "log")
    database.start()
    try:
        async with engine_service(database.url, nats_url) as engine:
            pool = engine.runtime.pool
            await set_timers(pool, in_a_moment())
            await until(lambda: have_ended(pool, RUNS // 8))
            await asyncio.to_thread(database.kill9)
            await asyncio.to_thread(database.start)
            await until_back(engine)
            await assert_all_fired_once_and_none_early(pool)
    finally:
        await asyncio.to_thread(database.stop)


async def until_back(engine: Engine) -> None:
    async def answers() -> bool:
        try:
            await engine.runtime.pool.fetchval("SELECT 1")
        except Exception:  # noqa: BLE001 - whatever a database says that is starting
            return False
        return True

    await until(answers)


# -- the promise itself ----------------------------------------------------------------------------


async def test_thousands_of_timers_fire_within_a_second_on_two_replicas(
    database_url: str, nats_url: str
) -> None:
    async with (
        engine_pool(database_url) as pool,
        running_service("engine", database_url, nats_url),
        running_service("engine", database_url, nats_url),
        measured_pace(database_url) as pace,
    ):
        begin = datetime.now(UTC) + timedelta(seconds=5 + MANY / 400)
        await set_timers(pool, begin, MANY, timedelta(seconds=SECONDS))
        if IS_WHOLE:
            assert datetime.now(UTC) < begin, "all were set before the first was due"
        async with asyncio.timeout(SECONDS + 40):
            while not await have_ended(pool, MANY):  # noqa: ASYNC110 - the condition lies in the database
                await asyncio.sleep(0.2)
        late = await lateness(pool)
    p50, p99 = (late[int(MANY * share)] for share in (0.5, 0.99))
    print(f"timers late: {MANY}, p50 {p50:.3f} s, p99 {p99:.3f} s, max {late[-1]:.3f} s")  # noqa: T201
    assert len(late) == MANY
    assert late[0] >= 0
    assert p99 <= pace.allows(LATE_SECONDS_MAX)
    assert late[-1] <= pace.allows(STALLED_SECONDS_MAX)


# -- retries and limits in a whole engine ----------------------------------------------------------


def unreachable(**more: JsonObject | str) -> JsonObject:
    call = node("call", "http_request", url="http://127.0.0.1:9/", timeout=1)
    return {**call, **more}


async def test_a_limit_ends_the_retries_of_a_whole_engine(database_url: str, nats_url: str) -> None:
    retry: JsonObject = {"attempts": 100, "delay": "1s", "backoff": 1, "jitter": 0, "on": ["any"]}
    raw = workflow(
        [
            unreachable(retry=retry, time_limit="3s"),
            node("late", "transform", why="{{ call.error.code }}"),
        ],
        [edge("trigger", "call"), edge("call", "late", "error")],
    )
    async with engine_service(database_url, nats_url) as engine:
        started = await engine.start(await engine.workflow(raw))
        view = await engine.ended(started.id, "Completed")

    assert view.output == {"why": "time-limit"}
    (call,) = [step for step in view.trace if step.node == "call"]
    assert 2 <= call.attempt <= 4


async def test_a_queued_run_of_a_whole_engine_starts_at_once_and_waits_for_its_turn(
    database_url: str, nats_url: str
) -> None:
    raw = workflow([node("nap", "delay", duration="1s")])
    raw["settings"] = {"concurrency": 1}
    async with engine_service(database_url, nats_url) as engine:
        workflow_id = await engine.workflow(raw)
        first, second = [await engine.start(workflow_id) for _ in range(2)]
        assert (first.status, second.status) == ("Queued", "Queued")
        await engine.ended(second.id, "Completed")
        assert await begun_after_end(engine, first.id, second.id)


async def begun_after_end(engine: Engine, first: UUID, second: UUID) -> bool:
    found = await rows(
        engine.runtime.pool,
        "SELECT (SELECT position FROM log WHERE stream_id = $1 AND type = 'flusso.run.completed')"
        " < (SELECT position FROM log WHERE stream_id = $2 AND type = 'flusso.run.started')",
        first,
        second,
    )
    return found == [(True,)]
