"""A process that is asked to end: it finishes what it has in hand, says nothing odd, and exits with 0."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest

from contracts.base import JsonObject
from deploy.local.nats import NatsServer
from deploy.local.ports import free_port
from services.tasks.main import STREAMS
from tests.support.chassis import connected, until
from tests.support.plain_http import NO_TLS
from tests.support.processes import ROOT

stop_seconds_max = 30.0
NO_BROKER = "nats://127.0.0.1:1"
NO_DATABASE = "postgresql://flusso@127.0.0.1:1/flusso"
services = pytest.mark.parametrize("name", ["engine", "tasks", "gateway"])


@dataclass(slots=True)
class Service:
    """A service as its own process, and what it has written."""

    process: asyncio.subprocess.Process
    port: int
    lines: list[str] = field(default_factory=list)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode())

    def loud(self) -> list[JsonObject]:
        """Return what it wrote above the level of information; anything but our JSON fails."""
        events = [json.loads(line) for line in self.lines]
        return [event for event in events if event["level"] != "info"]

    async def is_ready(self) -> bool:
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz")).is_success
            except httpx.HTTPError:
                return False

    async def knows_that_the_broker_is_away(self) -> bool:
        return any("broker is away" in line for line in self.lines)

    async def waits_for_the_database(self) -> bool:
        return any("waiting for the database" in line for line in self.lines)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        async with asyncio.timeout(stop_seconds_max):
            return await self.process.wait()


@asynccontextmanager
async def running(name: str, database_url: str, nats_url: str) -> AsyncIterator[Service]:
    port = free_port()
    settings = {
        "DATABASE_URL": database_url,
        "NATS_URL": nats_url,
        "FLUSSO_PORT": str(port),
        "FLUSSO_HEALTH_PORT": str(port),
        "FLUSSO_LOG_FORMAT": "json",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{name}.main",
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = Service(process, port)
    reading = asyncio.create_task(service.read())
    try:
        yield service
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker of the test's own, to stop it."""
    server = NatsServer(tmp_path, output=tmp_path / "nats.log")
    server.start()
    yield server
    server.stop()


async def make_streams(nats_url: str) -> None:
    """Make what the gateway listens to; the others make it themselves."""
    async with connected(nats_url) as client:
        for stream in STREAMS:
            await client.jetstream().add_stream(name=stream.name, subjects=list(stream.subjects))


@services
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_service_ends_well_and_quietly(
    database_url: str, broker: NatsServer, name: str, number: signal.Signals
) -> None:
    await make_streams(broker.url)
    async with running(name, database_url, broker.url) as service:
        await until(service.is_ready)
        assert await service.end(number) == 0
    assert service.loud() == []


@services
async def test_a_service_ends_well_while_the_broker_is_away(
    database_url: str, broker: NatsServer, name: str
) -> None:
    await make_streams(broker.url)
    async with running(name, database_url, broker.url) as service:
        await until(service.is_ready)
        broker.stop()
        await until(service.knows_that_the_broker_is_away)
        assert await service.end() == 0
    assert {event["level"] for event in service.loud()} == {"warning"}


@pytest.mark.parametrize("name", ["engine", "tasks"])
async def test_a_service_ends_well_that_has_never_met_its_broker(
    empty_database_url: str, name: str
) -> None:
    database = await asyncpg.connect(empty_database_url)

    async def has_migrated() -> bool:
        found = await database.fetchval("SELECT to_regclass($1)", f"{name}.dead_letters")
        return found is not None

    async with running(name, empty_database_url, NO_BROKER) as service:
        await until(has_migrated)
        await database.close()
        assert await service.end() == 0
    assert service.loud() == []


@services
async def test_a_service_ends_well_that_has_never_met_its_database(name: str) -> None:
    async with running(name, NO_DATABASE, NO_BROKER) as service:
        await until(service.waits_for_the_database)
        assert await service.end() == 0
    assert {event["level"] for event in service.loud()} == {"warning"}
