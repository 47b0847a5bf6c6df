"""What runs inside a service process: its connections, its loops, its health, and an orderly end.

A loop that ends with an exception ends the process: whoever started it starts it again, and nothing is lost, since
nothing but PostgreSQL remembers.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from nats.aio.client import Client

from services.chassis.broker import FlussoBroker, make_broker
from services.chassis.database import Pool, migrate, open_pool, translated
from services.chassis.errors import Broken, Transient
from services.chassis.provisioner import ConsumerSpec, Provisioner, StreamSpec
from services.chassis.relay import Relay, RelaySpec
from services.chassis.rpc import Caller
from services.chassis.settings import Settings
from services.chassis.watchdog import Watchdog

stop_seconds_max = 3.0
start_seconds_max = 120.0
EXIT_BROKEN = 72
logger = logging.getLogger(__name__)


class Runtime:
    """The parts that a service is built from; `main.py` wires them."""

    def __init__(self, settings: Settings, schema: str, pool: Pool) -> None:
        self.settings = settings
        self.schema = schema
        self.pool = pool
        self.broker: FlussoBroker = make_broker(settings, self._on_reconnected)
        self.caller = Caller()
        self.provisioner: Provisioner | None = None
        self._connection: Client | None = None
        self._loops: dict[asyncio.Task[None], str] = {}
        self._stopping = False

    @property
    def connection(self) -> Client:
        """The connection to NATS; only after `connect`."""
        assert self._connection is not None, "connect first"
        return self._connection

    async def connect(self) -> Client:
        """Connect to NATS, waiting for as long as it is away."""
        self._connection = await self.broker.connect()
        self.caller.connection = self._connection
        return self._connection

    def provision(self, streams: Sequence[StreamSpec], consumers: Sequence[ConsumerSpec]) -> None:
        """Keep these streams and consumers in being from now on."""
        self.provisioner = Provisioner(self.connection, streams, consumers)
        self.spawn("provisioner", self.provisioner.run())

    def relay(self, spec: RelaySpec) -> Relay:
        """Tell the log of this schema from now on."""
        relay = Relay(self.settings, self.connection, spec)
        self.spawn("relay", relay.run())
        return relay

    def spawn(self, name: str, loop: Coroutine[None, None, None]) -> None:
        """Run a loop until the service stops."""
        task = asyncio.get_running_loop().create_task(loop, name=name)
        self._loops[task] = name
        task.add_done_callback(self._on_loop_ended)

    def _on_loop_ended(self, task: asyncio.Task[None]) -> None:
        name = self._loops.pop(task, "?")
        if self._stopping or task.cancelled():
            return
        logger.critical(
            "loop ended, ending the process", extra={"loop": name}, exc_info=task.exception()
        )
        os._exit(EXIT_BROKEN)

    def _on_reconnected(self) -> None:
        if self.provisioner is not None:
            self.provisioner.check_now()

    async def is_ready(self) -> dict[str, bool]:
        """Tell what works: every value must be true for the service to be ready."""
        return {
            "database": await self._database_answers(),
            "broker": self._connection is not None and self._connection.is_connected,
            "streams": self.provisioner is None or self.provisioner.healthy,
        }

    async def _database_answers(self) -> bool:
        try:
            with translated():
                await self.pool.fetchval("SELECT 1", timeout=2.0)
        except (Transient, Broken):
            return False
        return True

    async def stop(self) -> None:
        """End the loops: each finishes what it has in hand."""
        self._stopping = True
        loops = list(self._loops)
        for task in loops:
            task.cancel()
        if loops:
            await asyncio.wait(loops, timeout=stop_seconds_max)


@asynccontextmanager
async def open_runtime(
    settings: Settings, schema: str, migrations: Sequence[Path]
) -> AsyncIterator[Runtime]:
    """Migrate, connect to PostgreSQL and hand out the runtime; at the end stop everything in order."""
    pool = await _patiently(lambda: _open_database(settings, schema, migrations))
    runtime = Runtime(settings, schema, pool)
    runtime.spawn("watchdog", Watchdog().run())
    try:
        yield runtime
    finally:
        await runtime.stop()
        if runtime.caller.connection is not None:
            await runtime.broker.stop()
        try:
            async with asyncio.timeout(stop_seconds_max):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def _open_database(settings: Settings, schema: str, migrations: Sequence[Path]) -> Pool:
    await migrate(settings, schema, migrations)
    return await open_pool(settings, schema)


async def _patiently(attempt: Callable[[], Coroutine[None, None, Pool]]) -> Pool:
    """Try again while the database is away; after two minutes the process ends and is started anew."""
    async with asyncio.timeout(start_seconds_max):
        while True:
            try:
                return await attempt()
            except Transient as error:
                logger.warning("waiting for the database", extra={"reason": str(error)})
                await asyncio.sleep(1.0)
