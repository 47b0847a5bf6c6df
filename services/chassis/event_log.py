"""The append-only log of one schema and the snapshots beside it, as the pipeline uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    Pool,
    Statements,
    acquire_seconds_max,
    as_one_text,
    translated,
)
from services.chassis.orders import Change
from services.chassis.snapshot_cache import Fold

S = TypeVar("S")
E = TypeVar("E")
S_contra = TypeVar("S_contra", contravariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
P = TypeVar("P")
LOG_CONFLICTS = frozenset({"log_stream_version_key", "snapshots_pkey"})
statements = Statements(Path(__file__).parent / "sql")


EventRow = tuple[UUID, int, str, int, str, str, str | None]
"""stream, version, type, schema version, data, metadata, traceparent."""
LogRow = tuple[int, UUID, int, str, int, str, str | None, datetime]
"""position, stream, version, type, schema version, data, traceparent, time: the columns of `read_log`."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What was committed: the size of each new snapshot, and the log's new rows, in order."""

    sizes: Mapping[UUID, int]
    rows: Sequence[LogRow]


class VersionConflictError(Exception):
    """A stream has moved since its fold was read; nothing was written."""


class Projection(Protocol[S, E]):
    """The read tables of a service, written in the transaction of the facts.

    `statement` is one SQL statement that writes them and then calls `append_events` with its first twelve parameters:
    a batch is one round trip, and by being one statement also one transaction. Its texts come as one, between U+001F.
    """

    statement: str
    conflicts: frozenset[str]
    """The constraints that a stale fold runs into before its version is checked."""

    def arguments(self, changes: Sequence[Change[S, E]]) -> Sequence[object]:
        """Return the parameters after the twelfth."""
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
    ) -> Appended:
        """Commit the changes.

        Raises VersionConflictError, Transient (the outcome may be unknown) or Broken; then nothing is to be believed.
        """
        if not changes:
            return Appended({}, ())
        states = [self._aggregate.encode_state(change.after) for change in changes]
        events = self._events(changes, causes)
        tables = self._projection.arguments(changes)
        try:
            with translated():
                async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                    last = await connection.fetchval(
                        self._projection.statement,
                        *_snapshot_columns(changes, states),
                        *_event_columns(events),
                        now,
                        *tables,
                    )
        except Exception as error:
            if self._is_conflict(error):
                raise VersionConflictError from error
            raise
        telemetry.EVENTS_APPENDED.labels(self._name).inc(len(events))
        sizes = {
            change.stream_id: len(state) for change, state in zip(changes, states, strict=True)
        }
        return Appended(sizes, _log_rows(last - len(events) + 1, events, now))

    def _events(
        self, changes: Sequence[Change[S, E]], causes: Mapping[UUID, Sequence[Cause]]
    ) -> list[EventRow]:
        return [
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

    def _is_conflict(self, error: BaseException) -> bool:
        cause = error.__cause__
        if not isinstance(cause, asyncpg.PostgresError):
            return False
        if isinstance(cause, asyncpg.TransactionRollbackError):  # a deadlock, for example
            return True
        return cause.sqlstate == VERSION_CONFLICT or (
            isinstance(cause, asyncpg.IntegrityConstraintViolationError)
            and cause.constraint_name in LOG_CONFLICTS | self._projection.conflicts
        )


def _snapshot_columns(
    changes: Sequence[Change[S, E]], states: Sequence[str]
) -> tuple[list[UUID], list[int], list[int], str]:
    return (
        [change.stream_id for change in changes],
        [change.first_version - 1 for change in changes],
        [change.first_version - 1 + len(change.events) for change in changes],
        as_one_text(states),
    )


def _event_columns(
    events: Sequence[EventRow],
) -> tuple[Sequence[UUID], Sequence[int], str, Sequence[int], str, str, str]:
    streams, versions, names, schemas, data, metadata, traceparents = zip(*events, strict=True)
    return (
        streams,
        versions,
        as_one_text(names),
        schemas,
        as_one_text(data),
        as_one_text(metadata),
        as_one_text(traceparents),
    )


def _log_rows(first: int, events: Sequence[EventRow], now: datetime) -> list[LogRow]:
    return [
        (position, stream, version, name, schema, data, traceparent, now)
        for position, (stream, version, name, schema, data, _, traceparent) in enumerate(
            events, first
        )
    ]
