"""Timers on a real database: delays, limits and retries fire once, never early, whoever looks and whatever restarts."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.base import JsonObject
from contracts.run import CancelRun
from services.chassis.database import Pool
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.timers import Timers
from services.engine.domain.run_commands import Resolve
from tests.support.chassis import running, until
from tests.support.depth import IS_WHOLE, sized
from tests.support.engine_service import (
    Clock,
    engine_pool,
    rows,
    run_pipeline,
    start_of,
    stored_workflow,
)
from tests.support.pace import measured_pace
from tests.support.runs import ADA, NOW, edge, node, workflow

MANY = sized(500, 2_000)
EVENTS = "SELECT type FROM log WHERE stream_id = $1 ORDER BY version"


class Stopped(Clock):
    """Stands still unless the test moves it."""

    def __call__(self) -> datetime:
        return self.now


def napping(length: str = "{{ trigger.output.nap }}") -> JsonObject:
    return workflow([node("nap", "delay", duration=length), node("up", "transform", a=1)])


async def start(pool: Pool, pipeline: RunPipeline, raw: JsonObject, **given: str) -> UUID:
    order = start_of(await stored_workflow(pool, pipeline, raw), given)
    await pipeline.execute(order_for(order.run_id, order, actor="test"))
    return order.run_id


async def status(pool: Pool, run_id: UUID) -> str:
    return str(await pool.fetchval("SELECT status FROM runs WHERE id = $1", run_id))


async def test_a_delay_fires_with_its_instant_and_not_a_moment_before(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline = run_pipeline(pool, clock)
        timers = Timers(PostgresWaits(pool), pipeline, clock)
        async with running(pipeline.run()):
            run_id = await start(pool, pipeline, napping("3d"))
            clock.now = NOW + timedelta(days=3) - timedelta(microseconds=1)
            assert await timers.fire_due() == 0
            assert await status(pool, run_id) == "Running"

            clock.now = NOW + timedelta(days=3)
            assert await timers.fire_due() == 1

            assert await status(pool, run_id) == "Completed"
            assert await rows(pool, "SELECT * FROM timers") == []
            assert await timers.fire_due() == 0


async def test_a_claimed_timer_is_nobody_else_s_until_its_claim_runs_out(database_url: str) -> None:
    """As when the replica that claimed it is killed before it fires."""
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline, store = run_pipeline(pool, clock), PostgresWaits(pool)
        timers = Timers(store, pipeline, clock)
        async with running(pipeline.run()):
            run_id = await start(pool, pipeline, napping("1m"))
            clock.now += timedelta(minutes=1)
            free_at = clock.now + timedelta(seconds=2)
            assert len(await store.claim_timers(clock.now, free_at, 10)) == 1
            assert await timers.fire_due() == 0

            clock.now = free_at
            assert await timers.fire_due() == 1
            assert await status(pool, run_id) == "Completed"


async def test_two_claims_at_once_share_no_timer(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        await pool.execute(
            "INSERT INTO timers (run_id, node, visit, attempt, due_at, kind)"
            " SELECT gen_random_uuid(), 'nap', 1, 1, $1, 'delay' FROM generate_series(1, 400)",
            NOW,
        )
        store = PostgresWaits(pool)
        claims = await asyncio.gather(
            *(store.claim_timers(NOW, NOW + timedelta(seconds=2), 100) for _ in range(5))
        )
        ids = [timer.run_id for claim in claims for timer in claim]
        assert len(ids) == len(set(ids)) == 400


async def test_a_replica_that_stops_in_order_gives_its_timers_back(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline, store = run_pipeline(pool, clock), PostgresWaits(pool)
        async with running(pipeline.run()):
            run_id = await start(pool, pipeline, napping("1m"))
        clock.now += timedelta(minutes=1)
        stuck = run_pipeline(pool, clock)  # takes orders, and carries none out

        async def is_claimed() -> bool:
            claimed = "SELECT claimed_until IS NOT NULL FROM timers"
            return bool(await pool.fetchval(claimed))

        async with running(Timers(store, stuck, clock).run()):
            await until(is_claimed)

        other = run_pipeline(pool, clock)
        async with running(other.run()):
            assert await Timers(store, other, clock).fire_due() == 1
            assert await status(pool, run_id) == "Completed"


async def test_a_timer_of_a_run_that_cannot_be_read_is_tried_again_rarely(
    database_url: str,
) -> None:
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline, store = run_pipeline(pool, clock), PostgresWaits(pool)
        async with running(pipeline.run()):
            await start(pool, pipeline, napping("1m"))
        await pool.execute("UPDATE workflow_versions SET definition = '{}'")
        clock.now += timedelta(minutes=1)
        other = run_pipeline(pool, clock)
        async with running(other.run()):
            assert await Timers(store, other, clock).fire_due() == 0
        claimed = await rows(pool, "SELECT claimed_until FROM timers")
        assert claimed == [(clock.now + timedelta(seconds=60),)]


async def test_timers_of_runs_that_ended_are_gone(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline = run_pipeline(pool, clock)
        call = {**node("call", "http_request", url="https://example.com/"), "time_limit": "1m"}
        raw = workflow(
            [node("nap", "delay", duration="1h"), call],
            [edge("trigger", "nap"), edge("trigger", "call")],
        )
        raw["settings"] = {"time_limit": "1d"}
        async with running(pipeline.run()):
            run_id = await start(pool, pipeline, raw)
            kinds = await rows(pool, "SELECT kind, node FROM timers ORDER BY kind")
            assert kinds == [("delay", "nap"), ("node_limit", "call"), ("run_limit", "")]

            cancel = CancelRun(run_id=run_id, reason=None, actor=ADA)
            await pipeline.execute(order_for(run_id, cancel, actor="test"))

            assert await rows(pool, "SELECT * FROM timers") == []


async def test_the_clock_of_a_limit_has_no_timer_while_people_think(database_url: str) -> None:
    async with engine_pool(database_url) as pool:
        clock = Stopped()
        pipeline = run_pipeline(pool, clock)
        timers = Timers(PostgresWaits(pool), pipeline, clock)
        raw = workflow([node("ask", "approval", prompt="?"), node("nap", "delay", duration="1d")])
        raw["settings"] = {"time_limit": "1h"}
        async with running(pipeline.run()):
            run_id = await start(pool, pipeline, raw)
            assert await rows(pool, "SELECT * FROM timers") == []
            (task_id,) = (await rows(pool, "SELECT task_id FROM waits"))[0]
            clock.now += timedelta(days=40)
            assert isinstance(task_id, UUID)
            resolve = Resolve(task_id, "approved", None, ADA, clock.now)
            await pipeline.execute(order_for(run_id, resolve, actor="test"))
            due = await rows(pool, "SELECT due_at FROM timers WHERE kind = 'run_limit'")
            assert due == [(clock.now + timedelta(hours=1),)]

            clock.now += timedelta(hours=1)
            assert await timers.fire_due() == 1

            error = await pool.fetchval("SELECT error ->> 'code' FROM runs WHERE id = $1", run_id)
            assert error == "time-limit"
            assert await rows(pool, "SELECT * FROM timers") == []


async def test_thousands_of_timers_fire_within_a_second_on_two_replicas(database_url: str) -> None:
    """Three times the promise for some seconds: 10,000 in a minute are 167 a second."""
    async with engine_pool(database_url) as pool, engine_pool(database_url) as other:
        pipelines = [run_pipeline(pool), run_pipeline(other)]
        loops = [
            Timers(PostgresWaits(each), pipeline).run()
            for each, pipeline in zip((pool, other), pipelines, strict=True)
        ]
        async with running(*(pipeline.run() for pipeline in pipelines)):
            workflow_id = await stored_workflow(pool, pipelines[0], napping())
            orders = [start_of(workflow_id, {"nap": f"{8 + n % 5}s"}) for n in range(MANY)]
            await pipelines[0].execute_all(
                [order_for(order.run_id, order, actor="test") for order in orders]
            )
            first = await pool.fetchval("SELECT min(due_at) FROM timers")
            if IS_WHOLE:
                assert first > datetime.now(UTC), "all were set before the first was due"
            async with running(*loops), measured_pace(database_url) as pace:
                await all_ended(pool)
        late = await rows(pool, LATE)
    seconds = sorted(float(str(each)) for (each,) in late)
    p50, p99 = (seconds[int(MANY * share)] for share in (0.5, 0.99))
    print(f"late: p50 {p50:.3f} s, p99 {p99:.3f} s, max {seconds[-1]:.3f} s")  # noqa: T201
    assert len(seconds) == MANY
    assert seconds[0] >= 0
    assert seconds[-1] <= pace.allows(1)


LATE = """
SELECT extract(epoch FROM woke.occurred_at - greatest(slept.occurred_at, (slept.data ->> 'due_at')::timestamptz))
FROM log AS slept JOIN log AS woke USING (stream_id)
WHERE slept.type = 'flusso.run.timer_set' AND woke.type = 'flusso.run.node_completed'
    AND woke.data ->> 'node' = 'nap'
"""


async def all_ended(pool: Pool) -> None:
    async with asyncio.timeout(60):
        while await pool.fetchval("SELECT EXISTS (SELECT 1 FROM timers)"):  # noqa: ASYNC110 - the condition lies in the database
            await asyncio.sleep(0.1)
