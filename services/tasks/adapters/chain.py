"""The chain of the log of tasks, as PostgreSQL keeps it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.chassis.database import (
    Connection,
    Pool,
    Row,
    Statements,
    acquire_seconds_max,
    connect,
    translated,
)
from services.chassis.settings import Settings
from services.tasks.app.chain_ports import (
    Chained,
    ChainEnd,
    Head,
    Place,
    Sealed,
    SignedCheckpoint,
    TaskEntry,
    Unsealed,
    page_entries_max,
)
from services.tasks.domain.chain import BEGINNING, NO_WORKFLOW, Checkpoint, Entry, Link

entries_of_task_max = 100
"""A task has at most three."""
close_seconds_max = 1.0
statements = Statements(Path(__file__).parent / "sql")


@asynccontextmanager
async def open_sealing(settings: Settings, schema: str) -> AsyncIterator["SealingConnection"]:
    """Open a connection whose lock, once it has it, makes it the only one that seals. Raises Transient."""
    connection = await connect(settings, schema)
    try:
        yield SealingConnection(connection)
    finally:
        with translated():
            await connection.close(timeout=close_seconds_max)


class SealingConnection:
    """A `SealingStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def _fetch(self, name: str, *arguments: object) -> Sequence[Row]:
        with translated():
            return await self._connection.fetch(statements[name], *arguments)

    async def lead(self) -> bool:
        return bool((await self._fetch("chain_try_lock"))[0][0])

    async def add_key(self, key_id: str, public_key: bytes) -> None:
        await self._fetch("chain_add_key", key_id, public_key)

    async def end(self) -> ChainEnd:
        return _end(await self._fetch("chain_end"))

    async def unsealed(self, after: int, limit: int) -> Sequence[Unsealed]:
        rows = await self._fetch("chain_unsealed", after, limit)
        return [Unsealed(_entry(row), row["workflow_id"] or NO_WORKFLOW) for row in rows]

    async def heads(self, workflow_ids: Sequence[UUID], before: int) -> Mapping[UUID, Head]:
        return _heads(await self._fetch("chain_heads", workflow_ids, len(workflow_ids), before))

    async def seal(self, sealed: Sealed) -> bool:
        checkpoint = sealed.checkpoint
        rows = await self._fetch(
            "chain_seal",
            sealed.after_position,
            sealed.positions,
            [link.workflow_id for link in sealed.links],
            [link.place for link in sealed.links],
            sealed.hashes,
            checkpoint.number,
            checkpoint.first_position,
            checkpoint.last_position,
            checkpoint.entries,
            checkpoint.root,
            checkpoint.previous,
            checkpoint.signed_at,
            checkpoint.key_id,
            sealed.signature,
        )
        return bool(rows)


class PostgresChain:
    """A `ChainStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def _fetch(self, name: str, *arguments: object) -> Sequence[Row]:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                return await connection.fetch(statements[name], *arguments)

    async def end(self) -> ChainEnd:
        return _end(await self._fetch("chain_end"))

    async def of_task(self, task_id: UUID) -> Sequence[TaskEntry]:
        rows = await self._fetch("chain_of_task", task_id, entries_of_task_max)
        return [
            TaskEntry(_entry(row), row["data"], _link(row), row["hash"], row["checkpoint"])
            for row in rows
        ]

    async def checkpoints(self, numbers: Sequence[int]) -> Sequence[SignedCheckpoint]:
        rows = await self._fetch("chain_checkpoints", numbers, len(numbers))
        return [_signed(row) for row in rows]

    async def checkpoints_after(self, number: int, limit: int) -> Sequence[SignedCheckpoint]:
        rows = await self._fetch("chain_checkpoints_after", number, limit)
        return [_signed(row) for row in rows]

    async def last_before(self, moment: datetime) -> int:
        rows = await self._fetch("chain_last_before", moment)
        return int(rows[0]["number"]) if rows else 0

    async def hashes_between(self, first: int, last: int) -> Sequence[tuple[int, bytes]]:
        rows = await self._fetch("chain_hashes_between", first, last, page_entries_max)
        return [(row["position"], row["hash"]) for row in rows]

    async def between(self, first: int, last: int, limit: int) -> Sequence[Place]:
        rows = await self._fetch("chain_between", first, last, limit)
        return [
            Place(
                position=row["position"],
                entry=None if row["stream_id"] is None else _entry(row),
                chained=_chained(row),
            )
            for row in rows
        ]

    async def heads(self, workflow_ids: Sequence[UUID], before: int) -> Mapping[UUID, Head]:
        return _heads(await self._fetch("chain_heads", workflow_ids, len(workflow_ids), before))


def _entry(row: Row) -> Entry:
    return Entry(
        position=row["position"],
        task_id=row["stream_id"],
        version=row["version"],
        type=row["type"],
        schema_version=row["schema_version"],
        data_sha256=row["data_sha256"],
        metadata_sha256=row["metadata_sha256"],
        occurred_at=row["occurred_at"],
    )


def _link(row: Row) -> Link | None:
    if row["place"] is None:
        return None
    return Link(row["workflow_id"], row["place"], row["previous"] or BEGINNING)


def _chained(row: Row) -> Chained | None:
    if row["place"] is None:
        return None
    return Chained(row["workflow_id"], row["place"], row["hash"])


def _heads(rows: Sequence[Row]) -> Mapping[UUID, Head]:
    return {row["workflow_id"]: Head(row["place"], row["hash"]) for row in rows}


def _end(rows: Sequence[Row]) -> ChainEnd:
    row = rows[0]  # the migration makes it
    last = None
    if row["number"] is not None:
        last = _checkpoint(row, entries=row["last_entries"])
    return ChainEnd(row["position"], row["checkpoints"], row["entries"], last)


def _signed(row: Row) -> SignedCheckpoint:
    checkpoint = _checkpoint(row, entries=row["entries"])
    return SignedCheckpoint(checkpoint, row["signature"], row["public_key"])


def _checkpoint(row: Row, *, entries: int) -> Checkpoint:
    return Checkpoint(
        number=row["number"],
        first_position=row["first_position"],
        last_position=row["last_position"],
        entries=entries,
        root=row["root"],
        previous=row["previous"],
        signed_at=row["signed_at"],
        key_id=row["key_id"],
    )
