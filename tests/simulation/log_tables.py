"""The tables of the chassis: log, snapshots, the relay's cursor, dead letters. One method a statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.chassis.database import VERSION_CONFLICT
from tests.simulation.rows import Row, rows

Cursor = tuple[Any, ...]
_EVENT = "position stream_id version type schema_version data traceparent occurred_at"


def stale() -> asyncpg.PostgresError:
    """Return what PostgreSQL says of a stream that is not at its expected version."""
    return _StaleError("a stream is not at its expected version")


class _StaleError(asyncpg.RaiseError):
    sqlstate = VERSION_CONFLICT


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the log."""

    position: int
    stream_id: UUID
    version: int
    type: str
    schema_version: int
    data: str
    metadata: str
    traceparent: str | None
    occurred_at: datetime
    committed_at: float
    """In seconds of the loop."""

    def told(self) -> tuple[object, ...]:
        return (
            self.position,
            self.stream_id,
            self.version,
            self.type,
            self.schema_version,
            self.data,
            self.traceparent,
            self.occurred_at,
        )


def taken_apart(columns: Sequence[Any]) -> list[Sequence[Any]]:
    """Return the columns of a table; a text is many of them, as `string_to_array` with U+001F and NULL has them."""
    count = len(columns[0])
    return [_members(column, count) if isinstance(column, str) else column for column in columns]


def _members(text: str, count: int) -> list[str | None]:
    return [member or None for member in text.split("\x1f")] if count else []


class LogTables:
    """What every service's schema has."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.log: list[Event] = []
        self.streams: dict[UUID, list[Event]] = {}
        self.snapshots: dict[UUID, tuple[int, str]] = {}
        self.cursor: Cursor = (0, 0, None, 0)
        self.cursor_before: Cursor = self.cursor
        self.next_position = 1
        self.reserved: int | None = None
        self.gap = 1
        """How many positions a transaction that is rolled back may have used up."""
        self.checks_versions = True
        self.relay_lock: object = None
        self.dead_letters: list[tuple[object, ...]] = []

    def forget_last_cursor(self, *, lose: bool) -> None:
        if lose:
            self.cursor = self.cursor_before

    def _check_versions(self, append: Sequence[Sequence[Any]]) -> None:
        streams, expected, *_ = append
        if not self.checks_versions:
            return
        for stream_id, version in zip(streams, expected, strict=True):
            assert isinstance(stream_id, UUID)
            found = self.snapshots.get(stream_id)
            if (0 if found is None else found[0]) != version:
                self.next_position += self.gap
                raise stale()

    def _append(self, append: Sequence[Sequence[Any]], occurred_at: datetime) -> list[Row]:
        """Append; the caller has checked the versions."""
        streams, _, versions, states = taken_apart(append[:4])
        columns = taken_apart(append[4:])
        for stream_id, version, state in zip(streams, versions, states, strict=True):
            self.snapshots[stream_id] = (version, state)
        position = self.next_position if self.reserved is None else self.reserved
        for stream_id, version, name, schema, data, metadata, trace in zip(*columns, strict=True):
            event = Event(
                position,
                stream_id,
                version,
                name,
                schema,
                data,
                metadata,
                trace,
                occurred_at,
                self._clock(),
            )
            self._put(event)
            position += 1
        self.next_position = max(self.next_position, position)
        return rows("append_events", [(position - 1,)])

    def _put(self, event: Event) -> None:
        if self.log and self.log[-1].position > event.position:
            self.log.append(event)
            self.log.sort(key=lambda one: one.position)
        else:
            self.log.append(event)
        self.streams.setdefault(event.stream_id, []).append(event)

    def load_snapshots(self, streams: Sequence[UUID]) -> list[Row]:
        found = [(one, *self.snapshots[one]) for one in streams if one in self.snapshots]
        return rows("stream_id version state", found)

    def read_log(self, after: int, limit: int) -> list[Row]:
        low, high = 0, len(self.log)
        while low < high:
            middle = (low + high) // 2
            if self.log[middle].position <= after:
                low = middle + 1
            else:
                high = middle
        return rows(_EVENT, [event.told() for event in self.log[low : low + limit]])

    def load_cursor(self) -> list[Row]:
        names = "position consumed_position stream_created_at stream_sequence"
        return rows(names, [self.cursor])

    def store_cursor(self, *cursor: Any) -> list[Row]:  # noqa: ANN401 - columns of many types
        self.cursor_before, self.cursor = self.cursor, cursor
        return []

    def count_untold(self, position: int) -> list[Row]:
        last = self.log[-1].position if self.log else position
        return rows("coalesce", [(max(last - position, 0),)])

    def try_relay_lock(self) -> list[Row]:
        """Taken where connections are known."""
        raise AssertionError

    def insert_dead_letter(self, *letter: object) -> list[Row]:
        self.dead_letters.append(letter)
        return []
