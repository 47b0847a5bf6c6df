"""A database server in memory: statements take their way there and back, and each takes effect at one instant.

It knows our statements by their text, and has a twin in Python of each; `test_twin` compares twins with PostgreSQL.
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import cast

import asyncpg

from services.chassis.database import Statements
from services.chassis.event_log import statements as log_statements
from services.engine.adapters.statements import statements as engine_statements
from services.gateway.adapters.database import statements as gateway_statements
from services.tasks.adapters.projection import statements as task_statements
from tests.simulation.chance import Chance, Trace
from tests.simulation.engine_tables import EngineTables
from tests.simulation.gateway_tables import GatewayTables
from tests.simulation.log_tables import LogTables
from tests.simulation.loop import OUTSIDE, Process, SimulatedLoop
from tests.simulation.rows import Row
from tests.simulation.task_tables import TaskTables

SCHEMAS = ("engine", "tasks", "gateway")
Tables = EngineTables | TaskTables | GatewayTables
Listener = Callable[[str, str, Sequence[object], Sequence[Row] | Exception], None]
"""Hears of each statement: schema, name, arguments, answer."""


def _names(tables: type, *folders: Statements) -> dict[str, str]:
    """Return the names of the statements that these tables have twins of, by their texts."""
    names = [name for name in vars(tables) if not name.startswith("_")]
    names += [name for name in vars(LogTables) if not name.startswith("_")]
    found = {}
    for folder in folders:
        for name in names:
            try:
                found[folder[name]] = name
            except KeyError:
                continue
    return found


_TWINS: dict[type, dict[str, str]] = {
    EngineTables: _names(EngineTables, engine_statements, log_statements),
    TaskTables: _names(TaskTables, task_statements, log_statements),
    GatewayTables: _names(GatewayTables, gateway_statements),
}


def _gone() -> asyncpg.PostgresError:
    return asyncpg.ConnectionDoesNotExistError("the connection was closed")


class Server:
    """One server with a schema for each service."""

    def __init__(self, loop: SimulatedLoop, chance: Chance, trace: Trace) -> None:
        self.loop = loop
        self.chance = chance
        self.trace = trace
        self.engine = EngineTables(loop.time)
        self.tasks = TaskTables(loop.time)
        self.gateway = GatewayTables()
        self.away: set[str] = set()
        """Schemas whose server is away: each may have its own."""
        self.epochs = dict.fromkeys(SCHEMAS, 0)
        """Connections of an earlier epoch are gone."""
        self.locks_the_log = True
        self.listener: Listener | None = None
        self.after_commit: Callable[[], None] | None = None
        """Happens once, before anybody hears of the next commit."""
        self._cursors_stored: dict[int, tuple[object, ...]] = {}
        self._in_flight: dict[asyncio.Future[Sequence[Row]], Connection] = {}

    def tables(self, schema: str) -> Tables:
        return cast("Tables", getattr(self, schema))

    def crash(self, schemas: Sequence[str]) -> None:
        """Lose every connection, and what was committed with `synchronous_commit = off` a moment ago."""
        for schema in schemas:
            self.away.add(schema)
            self.epochs[schema] += 1
            tables = self.tables(schema)
            if isinstance(tables, LogTables):
                tables.forget_last_cursor(lose=self.chance.happens(0.5))
        for future, connection in list(self._in_flight.items()):
            if connection.schema in schemas:
                connection.process.cut([future])

    def recover(self, schemas: Sequence[str]) -> None:
        self.away.difference_update(schemas)

    async def run(
        self, connection: "Connection", text: str, arguments: Sequence[object]
    ) -> Sequence[Row]:
        """Carry out one statement; the outcome is unknown to whoever loses the connection meanwhile."""
        process = connection.process
        process.step()
        if not connection.is_open:
            raise _gone()
        tables = connection.tables
        name = _TWINS[type(tables)].get(text)
        assert name is not None, f"no twin of the statement: {text[:120]}"
        future: asyncio.Future[Sequence[Row]] = self.loop.create_future()
        self._in_flight[future] = connection
        self.loop.call_later(
            self.chance.latency(),
            self._arrive,
            connection,
            name,
            arguments,
            future,
            context=OUTSIDE,
        )
        try:
            return await process.answer(future, _gone())
        finally:
            self._in_flight.pop(future, None)

    def _arrive(
        self,
        connection: "Connection",
        name: str,
        arguments: Sequence[object],
        future: asyncio.Future[Sequence[Row]],
    ) -> None:
        if connection.schema in self.away or (not connection.is_open and self.chance.happens(0.5)):
            return  # cut off on its way
        if name == "lock_queues" and not connection.take_queue_lock():
            self.loop.call_later(
                0.002, self._arrive, connection, name, arguments, future, context=OUTSIDE
            )
            return
        if not self.locks_the_log and name.startswith("commit_"):
            self._commit_without_lock(connection, name, arguments, future)
            return
        self._execute(connection, name, arguments, future)

    def _commit_without_lock(
        self,
        connection: "Connection",
        name: str,
        arguments: Sequence[object],
        future: asyncio.Future[Sequence[Row]],
    ) -> None:
        """Draw positions now and commit later, as sequences do when nothing holds the others off."""
        tables = connection.tables
        assert isinstance(tables, LogTables)
        first = tables.next_position
        tables.next_position += len(cast("Sequence[object]", arguments[4]))

        def commit() -> None:
            tables.reserved = first
            self._execute(connection, name, arguments, future)
            tables.reserved = None

        self.loop.call_later(self.chance.latency(), commit, context=OUTSIDE)

    def _execute(
        self,
        connection: "Connection",
        name: str,
        arguments: Sequence[object],
        future: asyncio.Future[Sequence[Row]],
    ) -> None:
        answer: Sequence[Row] | Exception
        try:
            if name == "try_relay_lock":
                answer = connection.take_relay_lock()
            else:
                answer = getattr(connection.tables, name)(*arguments)
        except asyncpg.PostgresError as error:
            answer = error
        if self.after_commit is not None and name.startswith("commit"):
            self.loop.call_soon(self.after_commit, context=OUTSIDE)
            self.after_commit = None
        if self.listener is not None:
            self.listener(connection.schema, name, arguments, answer)
        if self.trace.is_kept and name.startswith("commit_"):
            said = "refused as stale" if isinstance(answer, Exception) else f"to {answer[0][0]}"
            self.trace.add(self.loop.time(), connection.process.name, f"{name} {said}")
        self.loop.call_later(
            self.chance.latency(), _reply, connection.process, name, future, answer, context=OUTSIDE
        )


def _reply(
    process: Process,
    name: str,
    future: asyncio.Future[Sequence[Row]],
    answer: Sequence[Row] | Exception,
) -> None:
    process.step(name if answer else "")
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


class Connection:
    """What asyncpg hands out, as far as we use it."""

    def __init__(self, server: Server, schema: str, process: Process) -> None:
        self.server = server
        self.schema = schema
        self.process = process
        self.tables = server.tables(schema)
        self._epoch = server.epochs[schema]
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        return (
            self.process.is_alive
            and not self._is_closed
            and self.schema not in self.server.away
            and self._epoch == self.server.epochs[self.schema]
        )

    async def fetch(self, text: str, *arguments: object) -> Sequence[Row]:
        return await self.server.run(self, text, arguments)

    async def fetchrow(self, text: str, *arguments: object) -> Row | None:
        rows = await self.fetch(text, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, text: str, *arguments: object) -> object:
        rows = await self.fetch(text, *arguments)
        return rows[0][0] if rows else None

    async def execute(self, text: str, *arguments: object) -> None:
        await self.fetch(text, *arguments)

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ARG002 - the same
        self._is_closed = True

    def transaction(self) -> "Transaction":
        return Transaction(self)

    def take_relay_lock(self) -> Sequence[Row]:
        tables = self.tables
        assert isinstance(tables, LogTables)
        holder = tables.relay_lock
        if holder is None or not cast("Connection", holder).is_open:
            tables.relay_lock = holder = self
        return [Row(("taken",), (holder is self,))]

    def take_queue_lock(self) -> bool:
        tables = self.server.engine
        holder = tables.queue_lock
        if holder is None or not cast("Connection", holder).is_open:
            tables.queue_lock = holder = self
        return holder is self

    def release_queue_lock(self) -> None:
        if self.server.engine.queue_lock is self:
            self.server.engine.queue_lock = None


class Transaction:
    """Statements between whose effects others come are not of ours, but for the lock on the queues."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def __aenter__(self) -> None:
        return

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._connection.release_queue_lock()


class Acquired:
    """A connection of a pool, for as long as it is needed."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        return self._pool.connection()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        return


class Pool:
    """What asyncpg's pool does for us."""

    def __init__(self, server: Server, schema: str, process: Process) -> None:
        self._server = server
        self._schema = schema
        self._process = process

    def connection(self) -> Connection:
        if not self._process.is_alive:
            raise _gone()
        if self._schema in self._server.away:
            raise ConnectionRefusedError
        return Connection(self._server, self._schema, self._process)

    def acquire(self, *, timeout: float | None = None) -> Acquired:  # noqa: ARG002 - as asyncpg has it
        return Acquired(self)

    async def fetch(self, text: str, *arguments: object) -> Sequence[Row]:
        return await self.connection().fetch(text, *arguments)

    async def fetchrow(self, text: str, *arguments: object) -> Row | None:
        return await self.connection().fetchrow(text, *arguments)

    async def fetchval(self, text: str, *arguments: object) -> object:
        return await self.connection().fetchval(text, *arguments)

    async def execute(self, text: str, *arguments: object) -> None:
        await self.connection().execute(text, *arguments)
