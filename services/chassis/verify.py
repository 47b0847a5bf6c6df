"""Proves a page of streams while the system runs: refolded from the log, compared with snapshots and rows.

A page is one read-only transaction on a connection of its own, so all of it is of one instant and nothing waits for it.
It is bounded in streams, bytes and time, and leaves the processor to others between streams.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from contracts.operations import Finding, VerifiedStreams, VerifyStreams
from services.chassis.consumer import statements
from services.chassis.database import Connection, connect, translated
from services.chassis.errors import Refused
from services.chassis.pages import encode_cursor, number_cursor, text_cursor
from services.chassis.settings import Settings
from services.chassis.verify_fold import Fold, Folding, Rules

S = TypeVar("S")
E = TypeVar("E")
page_seconds_max = 2.0
page_bytes_max = 16 * 1024 * 1024
findings_max = 100
"""Of one page: where more is wrong, the first hundred say enough."""
events_fetched = 100
streams_at_once = 20
"""Asked for together; between them a page may end."""
positions_a_page = 500
FIRST_ID = UUID(int=0)


class RowCheck(Protocol[S, E]):
    """The read tables of a service."""

    ids: str
    """The statement that lists what there is after $1, at most $2: streams, and rows that should be of one."""

    async def findings(
        self, connection: Connection, folds: Mapping[UUID, Fold[S, E]]
    ) -> Sequence[Finding]:
        """Compare the rows of these streams with their folds; a fold at version 0 is of a stream without events."""
        ...


@dataclass(frozen=True, slots=True)
class Candidates:
    """The streams of a page, and the cursor of the next one; only pages by id may end early."""

    ids: Sequence[UUID]
    next_cursor: str | None
    is_by_id: bool


@asynccontextmanager
async def reading(settings: Settings, schema: str) -> AsyncIterator[Connection]:
    """Read one instant of a schema, beside the pool of those who work. Raises Transient."""
    connection = await connect(
        settings,
        schema,
        application_name=f"flusso-{settings.service}-verify",
        default_transaction_read_only="on",
    )
    try:
        with translated():
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
    finally:
        await connection.close(timeout=1.0)


class Verifier(Generic[S, E]):
    """Proves the streams of one schema."""

    def __init__(
        self, settings: Settings, schema: str, rules: Rules[S, E], rows: RowCheck[S, E]
    ) -> None:
        self._settings = settings
        self._schema = schema
        self._rules = rules
        self._rows = rows

    async def page(self, question: VerifyStreams) -> tuple[VerifiedStreams, Sequence[Fold[S, E]]]:
        """Prove a page; returns also the folds, for what can only be asked of others. Raises Refused, Transient."""
        async with reading(self._settings, self._schema) as connection:
            total = None
            if question.cursor is None and question.since is None:
                total = await connection.fetchval(statements["count_streams"])
            candidates = await self._candidates(connection, question)
            folds, events, is_cut = await self._fold(connection, candidates)
            findings = [finding for fold in folds.values() for finding in fold.findings]
            findings += await self._rows.findings(connection, folds)
        cursor = candidates.next_cursor
        if is_cut and candidates.is_by_id:
            cursor = encode_cursor("id", list(folds)[-1])
        verified = VerifiedStreams(
            streams=len(folds),
            events=events,
            total=total,
            next_cursor=cursor,
            findings=findings[:findings_max],
        )
        return verified, list(folds.values())

    async def _candidates(self, connection: Connection, question: VerifyStreams) -> Candidates:
        if question.since is not None:
            return await self._moved_since(connection, question.cursor, question.since)
        _, after = text_cursor(question.cursor)
        limit = question.limit
        rows = await connection.fetch(self._rows.ids, after or FIRST_ID, limit)
        ids = [row[0] for row in rows]
        following = encode_cursor("id", ids[-1]) if len(ids) == limit else None
        return Candidates(ids, following, is_by_id=True)

    async def _moved_since(
        self, connection: Connection, cursor: str | None, since: datetime
    ) -> Candidates:
        """Return the streams whose last event is in the next part of the log."""
        after = number_cursor(cursor)
        if after is None:
            after = await position_before(connection, since)
        rows = await connection.fetch(statements["moved_streams"], after, positions_a_page)
        ids = [row["stream_id"] for row in rows if row["stream_id"] is not None]
        is_last = not rows or rows[0]["events"] < positions_a_page
        following = None if is_last else encode_cursor(rows[0]["through"])
        return Candidates(ids, following, is_by_id=False)

    async def _fold(
        self, connection: Connection, candidates: Candidates
    ) -> tuple[dict[UUID, Fold[S, E]], int, bool]:
        folds: dict[UUID, Fold[S, E]] = {}
        until = time.monotonic() + page_seconds_max
        events = size = 0
        for at in range(0, len(candidates.ids), streams_at_once):
            is_enough = time.monotonic() > until or size > page_bytes_max
            if candidates.is_by_id and folds and is_enough:
                return folds, events, True
            foldings = {
                stream_id: Folding(self._rules, stream_id)
                for stream_id in candidates.ids[at : at + streams_at_once]
            }
            events += await self._follow(connection, foldings)
            size += await self._compare(connection, foldings)
            folds |= {stream_id: folding.fold for stream_id, folding in foldings.items()}
        return folds, events, False

    async def _follow(self, connection: Connection, foldings: Mapping[UUID, Folding[S, E]]) -> int:
        """Fold the events of some streams, a few at a time in memory, and return how many there were."""
        cursor = connection.cursor(
            statements["events_of_streams"], list(foldings), prefetch=events_fetched
        )
        events = 0
        async for row in cursor:
            folding = foldings[row["stream_id"]]
            folding.take(row["version"], row["type"], row["data"], row["occurred_at"])
            events += 1
        await asyncio.sleep(0)
        return events

    async def _compare(self, connection: Connection, foldings: Mapping[UUID, Folding[S, E]]) -> int:
        """Compare the folds with their snapshots, and return how large these are."""
        rows = await connection.fetch(statements["load_snapshots"], list(foldings))
        stored = {row["stream_id"]: (row["version"], row["state"]) for row in rows}
        for stream_id, folding in foldings.items():
            folding.compare(*stored.get(stream_id, (None, None)))
        return sum(len(state) for _, state in stored.values())


async def position_before(connection: Connection, since: datetime) -> int:
    """Return a position that all events from then on come after; the times of a log grow with its positions.

    Replicas' clocks differ a little: it may be some events too early or too late.
    """
    ends = await connection.fetchrow(statements["ends_of_log"])
    assert ends is not None, "it counts"
    low, high = ends["first"] - 1, ends["last"]
    while low < high:
        middle = (low + high + 1) // 2
        occurred_at = await connection.fetchval(statements["time_of_position"], middle)
        if occurred_at is not None and occurred_at < since:
            low = middle
        else:
            high = middle - 1
    return int(low)


def checked_since(since: datetime | None) -> datetime | None:
    """Return an instant with its zone. Raises Refused."""
    if since is not None and since.tzinfo is None:
        raise Refused("invalid-request", "`since` needs a time zone, such as Z.")
    return since
