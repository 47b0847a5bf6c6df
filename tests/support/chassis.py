"""A chassis on real servers, with the ledger in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import nats
from nats.aio.client import Client

from contracts.envelope import CloudEvent
from services.chassis.database import Pool, migrate, open_pool
from services.chassis.event_log import LogRow
from services.chassis.orders import Order
from services.chassis.pipeline import Pipeline, as_they_are
from services.chassis.settings import Settings
from tests.support.ledger import LEDGER_TABLE, Account, Balances, Command, Event, Ledger

SCHEMA = "ledger"
wait_seconds_max = 60.0
LedgerPipeline = Pipeline[Account, Command, Command, Event]


def settings_for(database_url: str, nats_url: str = "nats://127.0.0.1:1") -> Settings:
    return Settings(
        service="ledger",
        database_url=database_url,
        nats_url=nats_url,
        host="127.0.0.1",
        port=0,
        health_port=0,
        data_dir=Path(),
        admin_token=None,
        log_format="json",
    )


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition; fails after a minute."""
    async with asyncio.timeout(wait_seconds_max):
        while not await condition():  # noqa: ASYNC110 - the condition lies in another system
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*loops: Awaitable[None]) -> AsyncIterator[None]:
    """Run loops beside the block and end them with it."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        broken = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for error in filter(None, broken):
            raise error


@asynccontextmanager
async def ledger_pool(database_url: str) -> AsyncIterator[Pool]:
    settings = settings_for(database_url)
    await migrate(settings, SCHEMA, [])
    pool = await open_pool(settings, SCHEMA)
    await pool.execute(LEDGER_TABLE)
    try:
        yield pool
    finally:
        await pool.close()


def ledger_pipeline(
    pool: Pool, on_committed: Callable[[Sequence[LogRow]], None] = lambda _: None
) -> LedgerPipeline:
    return Pipeline(
        name="ledger",
        pool=pool,
        aggregate=Ledger(),
        projection=Balances(),
        prepare=as_they_are,
        on_committed=on_committed,
    )


def order(stream_id: UUID, command: Command) -> Order[Command]:
    return Order(stream_id, command, actor="test", cause="test")


@asynccontextmanager
async def connected(nats_url: str) -> AsyncIterator[Client]:
    client = await nats.connect(nats_url, max_reconnect_attempts=-1, reconnect_time_wait=0.05)
    try:
        yield client
    finally:
        await client.close()


@dataclass
class Seen:
    """A handler that remembers what it was given, and says of each event what it was told to say."""

    events: list[CloudEvent] = field(default_factory=list)

    def versions(self, stream_id: UUID) -> set[int]:
        return {event.sequence for event in self.events if event.subject == str(stream_id)}
