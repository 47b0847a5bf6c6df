"""Schedules while the broker, the database or an engine is away at the very instant."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from tests.support.chassis import until
from tests.support.engine_service import engine_pool, engine_service
from tests.support.processes import running_service
from tests.support.schedules import (
    acknowledged,
    due,
    has_come,
    is_looking,
    plan,
    runs_of,
    set_next,
    soon,
    start_of,
)
from tests.support.servers import Broker

SECOND = timedelta(seconds=1)


async def test_a_broker_that_is_wiped_before_the_instant_costs_no_run(
    database_url: str, nats_url: str, nats_server: Broker
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        (workflow_id,), at = await due(engine, 1.5)
        await plan(engine)
        await asyncio.to_thread(nats_server.reset)

        started_at = await start_of(engine.runtime.pool, workflow_id, at)

        assert timedelta() <= started_at - at < 8 * SECOND


async def test_an_engine_killed_at_the_instant_starts_the_run_once_when_it_is_back(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        (workflow_id,), at = await due(engine, 3600)
    async with (
        running_service("engine", database_url, nats_url) as process,
        engine_pool(database_url) as pool,
    ):
        await pool.execute("UPDATE schedule_looks SET looked_at = looked_at - interval '20 s'")
        await until(lambda: is_looking(pool))
        at = await soon(pool, 1.0)
        await set_next(pool, [workflow_id], at)
        await until(lambda: has_come(pool, at))
        process.kill()
        await process.wait()
    async with engine_service(database_url, nats_url) as engine:
        started_at = await start_of(engine.runtime.pool, workflow_id, at)
        assert started_at >= at


async def test_without_a_broker_runs_start_some_seconds_late(
    database_url: str, tmp_path: Path
) -> None:
    broker = NatsServer(tmp_path / "data", output=tmp_path / "log")
    broker.start()
    try:
        async with engine_service(database_url, broker.url) as engine:
            (workflow_id,), at = await due(engine, 1.5)
            await plan(engine)
            broker.kill9()

            started_at = await start_of(engine.runtime.pool, workflow_id, at)

            assert 2 * SECOND <= started_at - at < 6 * SECOND
            await asyncio.to_thread(broker.start)

            async def is_back() -> bool:
                return engine.client.is_connected and (await engine.runtime.is_ready())["broker"]

            await until(is_back)
    finally:
        broker.stop()


async def test_a_database_that_crashes_at_the_instant_costs_no_run(
    nats_url: str, tmp_path: Path
) -> None:
    database = PostgresServer(tmp_path / "data", durable=False, output=tmp_path / "log")
    database.start()
    try:
        async with engine_service(database.url, nats_url) as engine:
            (workflow_id,), at = await due(engine, 1.5)
            await plan(engine)
            await until(lambda: has_come(engine.runtime.pool, at))
            await asyncio.to_thread(database.kill9)
            await asyncio.to_thread(database.start)

            async def is_back() -> bool:
                return (await engine.runtime.is_ready())["database"]

            await until(is_back)
            started_at = await start_of(engine.runtime.pool, workflow_id, at)

            assert timedelta() <= started_at - at < 15 * SECOND
    finally:
        database.stop()


async def test_an_engine_that_hangs_at_the_instant_is_stood_in_for(
    database_url: str, nats_url: str
) -> None:
    """It is frozen just then, and thaws when another one has started the run."""
    async with (
        engine_service(database_url, nats_url) as engine,
        running_service("engine", database_url, nats_url) as other,
    ):
        pool = engine.runtime.pool
        (workflow_id,), at = await due(engine, 2)
        await plan(engine)
        await until(lambda: has_come(pool, at - SECOND / 20))
        other.send_signal(signal.SIGSTOP)
        try:
            await start_of(pool, workflow_id, at)
        finally:
            other.send_signal(signal.SIGCONT)
        await until(lambda: acknowledged(engine.client))
        assert len(await runs_of(pool, workflow_id)) == 1
