"""Connections with a limit on everything, SQL from files, and migrations that each run exactly once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.chassis.errors import Broken, Transient
from services.chassis.settings import Settings

CHASSIS_MIGRATIONS = Path(__file__).parent / "migrations"
acquire_seconds_max = 3.0
connect_seconds_max = 5.0
command_seconds_max = 10.0
connections_max = 6
_MIGRATION_LOCK = 0x666C7573736F  # "flusso" in ASCII
VERSION_CONFLICT = "FL001"
TEXT_SEPARATOR = "\x1f"

if TYPE_CHECKING:
    Row = asyncpg.Record
    Connection = asyncpg.Connection[Row] | PoolConnectionProxy[Row]
    Pool = asyncpg.Pool[Row]
else:  # asyncpg's classes are generic for the type checker only
    Row, Connection, Pool = asyncpg.Record, asyncpg.Connection, asyncpg.Pool


class Statements:
    """The SQL files of one folder, read when the program starts; `statements["name"]` is the text of name.sql."""

    def __init__(self, folder: Path) -> None:
        self._texts = {path.stem: path.read_text() for path in sorted(folder.glob("*.sql"))}

    def __getitem__(self, name: str) -> str:
        return self._texts[name]


def _server_settings(settings: Settings, schema: str) -> dict[str, str]:
    return {
        "application_name": f"flusso-{settings.service}",
        "search_path": schema,
        "statement_timeout": "10s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "15s",
        "jit": "off",
        "timezone": "UTC",
    }


async def connect(settings: Settings, schema: str, **overrides: str) -> Connection:
    """Open one connection outside the pool (migrations, the relay). Raises Transient."""
    with translated():
        return await asyncpg.connect(
            settings.database_url,
            timeout=connect_seconds_max,
            command_timeout=command_seconds_max,
            server_settings=_server_settings(settings, schema) | overrides,
        )


def as_one_text(texts: Iterable[str | None]) -> str:
    """Return a parameter that `string_to_array` takes apart at U+001F; `None` is empty, which may be NULL there.

    The texts are JSON or of our own making: they hold no U+001F. Of an array the driver asks every element what it is,
    which costs six times as much.
    """
    return TEXT_SEPARATOR.join([text or "" for text in texts])


async def _leave_as_it_is(_: Connection) -> None:
    """Reset nothing."""


async def open_pool(settings: Settings, schema: str) -> Pool:
    """Open the pool whose connections see `schema`; json columns come and go as text. Raises Transient."""
    with translated():
        return await asyncpg.create_pool(
            settings.database_url,
            min_size=1,
            max_size=connections_max,
            timeout=connect_seconds_max,
            command_timeout=command_seconds_max,
            max_inactive_connection_lifetime=300.0,
            # Nothing of ours changes a session, so there is nothing to reset at the price of a round trip.
            reset=_leave_as_it_is,
            server_settings=_server_settings(settings, schema),
        )


_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was cut in the middle of a call
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
    TimeoutError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn driver errors into ours: what may pass by itself is Transient, what cannot is Broken."""
    try:
        yield
    except _TRANSIENT as error:
        msg = f"the database is away: {type(error).__name__}: {error}"
        raise Transient(msg) from error
    except (asyncpg.PostgresError, asyncpg.DataError) as error:
        msg = f"the database refused: {type(error).__name__}: {error}"
        raise Broken(msg) from error


async def migrate(settings: Settings, schema: str, folders: Sequence[Path]) -> None:
    """Bring the schema up to date; replicas wait for the first one, and each file runs exactly once.

    Raises Transient if the database is away, Broken if a migration is refused (nothing of that file then remains).
    """
    files = _migration_files((CHASSIS_MIGRATIONS, *folders))
    connection = await connect(settings, schema, statement_timeout="0", lock_timeout="0")
    try:
        with translated():
            await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK, timeout=600.0)
            # Where an administrator has done it, the service's role could not.
            if await _is_current(connection, schema, [name for name, _ in files]):
                return
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY,"
                " applied_at timestamptz NOT NULL DEFAULT now())"
            )
            for name, text in files:
                await _apply(connection, name, text)
    finally:
        await connection.close(timeout=connect_seconds_max)


async def _is_current(connection: Connection, schema: str, names: Sequence[str]) -> bool:
    table = f'"{schema}".migrations'
    if await connection.fetchval("SELECT to_regclass($1)", table) is None:
        return False
    applied = await connection.fetchval(
        "SELECT count(*) FROM migrations WHERE name = ANY($1::text[])", names
    )
    return bool(applied == len(names))


def _migration_files(folders: Sequence[Path]) -> list[tuple[str, str]]:
    """Return (component/file name, text) in the order in which they run."""
    return [
        (f"{_component_of(folder)}/{path.name}", path.read_text())
        for folder in folders
        for path in sorted(folder.glob("*.sql"))
    ]


def _component_of(folder: Path) -> str:
    parent = folder.parent
    return parent.parent.name if parent.name == "adapters" else parent.name


async def _apply(connection: Connection, name: str, text: str) -> None:
    async with connection.transaction():
        if await connection.fetchval("SELECT 1 FROM migrations WHERE name = $1", name):
            return
        await connection.execute(text, timeout=600.0)
        await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
