"""The append-only log of one schema and the snapshots beside it, as the pipeline uses them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg

from services.chassis import telemetry
from services.chassis.aggregate import Aggregate
from services.chassis.batch import Cause
from services.chassis.database import (
    VERSION_CONFLICT,
    Connection,
    Pool,
    Statements,
    acquire_seconds_max,
    translated,
)
from services.chassis.orders import Change
from services.chassis.snapshot_cache import Fold

S = TypeVar("S")
E = TypeVar("E")
S_contra = TypeVar("S_contra", contravariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
P = TypeVar("P")
statements = Statements(Path(__file__).parent / "sql")


class VersionConflictError(Exception):
    """A stream has moved since its fold was read; nothing was written."""


class Projection(Protocol[S, E]):
    """The read tables of a service, written in the transaction of the facts."""

    async def project(self, connection: Connection, changes: Sequence[Change[S, E]]) -> None:
        """Write what the changes mean for the tables, in a few statements for all of them."""
        ...


class EventLog(Generic[S, P, E]):
    """Loads folds and appends batches."""

    def __init__(
        self,
        name: str,
        pool: Pool,
        aggregate: Aggregate[S, P, E],
        projection: Projection[S, E],
    ) -> None:
        self._name = name
        self._pool = pool
        self._aggregate = aggregate
        self._projection = projection

    async def load(self, streams: Sequence[UUID]) -> Mapping[UUID, Fold[S]]:
        """Return the folds of those streams that have events. Raises Transient."""
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                rows = await connection.fetch(statements["load_snapshots"], streams)
        return {
            row[0]: Fold(row[1], self._aggregate.decode_state(row[2]), len(row[2])) for row in rows
        }

    async def append(
        self,
        changes: Sequence[Change[S, E]],
        causes: Mapping[UUID, Sequence[Cause]],
        now: datetime,
    ) -> Mapping[UUID, int]:
        """Commit the changes and return the size of each new snapshot.

        Raises VersionConflictError, Transient (the outcome may be unknown) or Broken; then nothing is to be believed.
        """
        if not changes:
            return {}
        snapshots = self._snapshots(changes)
        events = self._events(changes, causes)
        try:
            with translated():
                async with (
                    self._pool.acquire(timeout=acquire_seconds_max) as connection,
                    connection.transaction(),
                ):
                    await self._projection.project(connection, changes)
                    await connection.execute(statements["append_events"], *snapshots, *events, now)
        except Exception as error:
            if _is_conflict(error):
                raise VersionConflictError from error
            raise
        telemetry.EVENTS_APPENDED.labels(self._name).inc(len(events[0]))
        return dict(zip(snapshots[0], map(len, snapshots[3]), strict=True))

    def _snapshots(
        self, changes: Sequence[Change[S, E]]
    ) -> tuple[list[UUID], list[int], list[int], list[str]]:
        return (
            [change.stream_id for change in changes],
            [change.first_version - 1 for change in changes],
            [change.first_version - 1 + len(change.events) for change in changes],
            [self._aggregate.encode_state(change.after) for change in changes],
        )

    def _events(
        self, changes: Sequence[Change[S, E]], causes: Mapping[UUID, Sequence[Cause]]
    ) -> tuple[list[object], ...]:
        rows = [
            (
                change.stream_id,
                change.first_version + place,
                encoded.type,
                encoded.schema_version,
                encoded.data,
                cause.metadata,
                cause.traceparent,
            )
            for change in changes
            for place, (event, cause) in enumerate(
                zip(change.events, causes[change.stream_id], strict=True)
            )
            for encoded in (self._aggregate.encode_event(event),)
        ]
        return tuple(list(column) for column in zip(*rows, strict=True))


def _is_conflict(error: BaseException) -> bool:
    cause = error.__cause__
    if not isinstance(cause, asyncpg.PostgresError):
        return False
    if isinstance(cause, asyncpg.TransactionRollbackError):  # a deadlock, for example
        return True
    return cause.sqlstate == VERSION_CONFLICT or (
        isinstance(cause, asyncpg.UniqueViolationError)
        and cause.constraint_name in {"log_stream_version_key", "snapshots_pkey"}
    )
