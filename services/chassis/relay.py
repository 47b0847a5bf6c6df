"""Tells every committed event to JetStream: in log order, at least once, by one relay per log at a time.

A PostgreSQL advisory lock elects it; the others pass wake-ups on and wait for the lock. Each page of the log becomes a
few messages (batches of CloudEvents), and the cursor moves when all of them are acknowledged. The relay also remembers
up to which position every durable consumer has acknowledged. When the stream is not the one that it knows (wiped,
recreated, restored from an old copy), it tells everything after that position again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import PubAck

from contracts.envelope import BATCH_CONTENT_TYPE, encode_batch, encode_event
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.database import Connection, Row, Statements, connect, translated
from services.chassis.errors import Broken, Transient
from services.chassis.event_log import LogRow
from services.chassis.settings import Settings

page_events_max = 500
message_bytes_max = 512 * 1024
poll_seconds = 1.0
lock_retry_seconds = 2.0
look_seconds = 5.0
store_seconds = 0.25
ack_seconds_max = 5.0
retry_seconds_max = 2.0
marks_max = 10_000
batches_handed_max = 64
statements = Statements(Path(__file__).parent / "sql")
logger = logging.getLogger(__name__)


class Opens(Protocol):
    """How a connection is opened. Raises Transient."""

    def __call__(
        self, settings: Settings, schema: str, **overrides: str
    ) -> Awaitable[Connection]: ...


@dataclass(frozen=True, slots=True)
class RelaySpec:
    """Which log is told where. Events of `alone_types` travel one a message, on their own subject."""

    schema: str
    source: str
    stream: str
    subject: str
    wake_subject: str
    consumers: tuple[str, ...]
    alone_subjects: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the log was told, how far that is known to be consumed, and to which stream it was told."""

    position: int
    consumed_position: int
    stream_created_at: str | None
    stream_sequence: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish, and the first and last position in it; those between may be in others."""

    subject: str
    payload: bytes
    first_position: int
    last_position: int


class StreamChangedError(Exception):
    """The stream is younger or shorter than remembered."""


class Relay:
    """One per process and log; at most one of them leads."""

    def __init__(
        self, settings: Settings, connection: Client, spec: RelaySpec, opens: Opens = connect
    ) -> None:
        """`opens` gives a connection to the database that is the relay's own: its lock lives as long."""
        self._settings = settings
        self._opens = opens
        self._nats = connection
        self._jetstream = connection.jetstream(timeout=ack_seconds_max)
        self._spec = spec
        self._alone = dict(spec.alone_subjects)
        self._wake = asyncio.Event()
        self._cursor = Cursor(0, 0, None, 0)
        self._stored = self._cursor
        self._marks: deque[tuple[int, int]] = deque(maxlen=marks_max)
        self._epoch = ""
        self._handed: dict[int, Sequence[LogRow]] = {}
        self.leads = False

    def notify(self, rows: Sequence[LogRow]) -> None:
        """Hand over rows that were just committed; whoever leads will tell them.

        The leader tells them from memory when they are next in the log, and reads the log when they are not.
        """
        if self.leads:
            if len(self._handed) >= batches_handed_max:
                self._handed.clear()
            self._handed[rows[0][0]] = rows
        self._wake.set()

    async def run(self) -> None:
        """Follow until the lock is free, then lead, for ever."""
        subscription = await self._nats.subscribe(self._spec.wake_subject, cb=self._on_wake)
        pause = 0.1
        try:
            while True:
                try:
                    await self._run_once()
                    pause = 0.1
                except (Transient, nats.errors.Error, TimeoutError) as error:
                    logger.warning(
                        "relay paused",
                        extra={
                            "log": self._spec.schema,
                            "reason": f"{type(error).__name__}: {error}",
                        },
                    )
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, retry_seconds_max)
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _on_wake(self, _: Msg) -> None:
        if self.leads:
            self._wake.set()

    async def _run_once(self) -> None:
        connection = await self._opens(self._settings, self._spec.schema, synchronous_commit="off")
        try:
            while not await self._take_lock(connection):
                # Whoever leads measures it.
                telemetry.RELAY_LAG.labels(self._spec.schema).set(0)
                await self._follow()
            self.leads = True
            await self._lead(connection)
        finally:
            if self.leads:
                self.leads = False
                with suppress(Transient, Broken):
                    await self._store(connection)
            await connection.close(timeout=1.0)

    async def _take_lock(self, connection: Connection) -> bool:
        with translated():
            return bool(await connection.fetchval(statements["try_relay_lock"]))

    async def _follow(self) -> None:
        """Pass wake-ups of this process on to the leader until it is time to ask for the lock again."""
        deadline = asyncio.get_running_loop().time() + lock_retry_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    await self._nats.publish(self._spec.wake_subject)

    async def tell_again(self, rows: Sequence[Row]) -> None:
        """Publish events of the log once more, whoever leads. Raises Transient."""
        try:
            acks = await self._send(self._messages(rows), uuid4().hex)
            async with asyncio.timeout(ack_seconds_max):
                for ack in acks:
                    await ack
        except (nats.errors.Error, TimeoutError) as error:
            msg = f"JetStream does not answer: {type(error).__name__}"
            raise Transient(msg) from error

    # -- leading -------------------------------------------------------------------------------------------------------

    async def _lead(self, connection: Connection) -> None:
        with translated():
            row = await connection.fetchrow(statements["load_cursor"])
        assert row is not None, "the migration makes the only row"
        self._cursor = self._stored = Cursor(*row)
        self._marks.clear()
        self._epoch = uuid4().hex
        logger.info(
            "relay leads", extra={"log": self._spec.schema, "position": self._cursor.position}
        )
        next_look = next_store = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            self._wake.clear()
            if clock() >= next_look:
                await self._measure_lag(connection)
                await self._look_at_stream()
                next_look = clock() + look_seconds
            told = await self._tell_page(connection)
            if clock() >= next_store:
                await self._store(connection)
                next_store = clock() + store_seconds
            if told < page_events_max:
                with suppress(TimeoutError):
                    async with asyncio.timeout(poll_seconds):
                        await self._wake.wait()

    async def _measure_lag(self, connection: Connection) -> None:
        with translated():
            untold = await connection.fetchval(statements["count_untold"], self._cursor.position)
        telemetry.RELAY_LAG.labels(self._spec.schema).set(untold)

    async def _next_rows(self, connection: Connection) -> Sequence[LogRow | Row]:
        rows: list[LogRow] = []
        position = self._cursor.position
        while len(rows) < page_events_max and (handed := self._handed.pop(position + 1, None)):
            rows.extend(handed)
            position = handed[-1][0]
        if rows:
            return rows
        self._handed = {first: r for first, r in self._handed.items() if first > position}
        with translated():
            return await connection.fetch(statements["read_log"], position, page_events_max)

    async def _tell_page(self, connection: Connection) -> int:
        rows = await self._next_rows(connection)
        if not rows:
            return 0
        try:
            await self._publish(self._messages(rows), rows[-1][0])
        except StreamChangedError:
            await self._rewind(connection)
            return page_events_max
        telemetry.RELAY_PUBLISHED.labels(self._spec.schema).inc(len(rows))
        return len(rows)

    def _messages(self, rows: Sequence[LogRow | Row]) -> list[Message]:
        """Return the batches of a page, then what travels alone: it does not break the batches up."""
        messages: list[Message] = []
        alone: list[Message] = []
        parts: list[bytes] = []
        size = first = last = 0

        def close() -> None:
            if parts:
                messages.append(Message(self._spec.subject, encode_batch(parts), first, last))
                parts.clear()

        for row in rows:
            position = row[0]
            encoded = encode_event(
                source=self._spec.source,
                name=row[3],
                schema_version=row[4],
                subject=str(row[1]),
                sequence=row[2],
                position=position,
                time=row[7],
                traceparent=row[6],
                data=row[5],
            )
            own_subject = self._alone.get(row[3])
            if own_subject is not None:
                alone.append(Message(own_subject, encode_batch([encoded]), position, position))
                continue
            if size + len(encoded) > message_bytes_max:
                close()
                size = 0
            if not parts:
                first = position
            parts.append(encoded)
            size += len(encoded)
            last = position
        close()
        return [*messages, *alone]

    async def _publish(self, messages: Sequence[Message], last_position: int) -> None:
        """Publish a page; the cursor moves when all of it is acknowledged, since its messages overlap."""
        acks = await self._send(messages, self._epoch)
        async with asyncio.timeout(ack_seconds_max):
            for ack in acks:
                self._acknowledged(await ack)
        pass_crash_point("relay-published")
        self._marks.append((self._cursor.stream_sequence, last_position))
        self._cursor = replace(self._cursor, position=last_position)

    async def _send(
        self, messages: Sequence[Message], epoch: str
    ) -> Sequence[asyncio.Future[PubAck]]:
        return [await self._hand_over(message, epoch) for message in messages]

    async def _hand_over(self, message: Message, epoch: str) -> asyncio.Future[PubAck]:
        try:
            return await self._jetstream.publish_async(
                message.subject,
                message.payload,
                stream=self._spec.stream,
                wait_stall=ack_seconds_max,
                headers={
                    "Nats-Msg-Id": f"{epoch}-{message.first_position}-{message.last_position}",
                    "content-type": BATCH_CONTENT_TYPE,
                },
            )
        finally:
            # Inside, asyncio.wait_for loses a cancellation, or the client makes it an error of its own.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError

    def _acknowledged(self, ack: PubAck) -> None:
        if ack.seq <= self._cursor.stream_sequence and not ack.duplicate:
            raise StreamChangedError
        sequence = max(ack.seq, self._cursor.stream_sequence)
        self._cursor = replace(self._cursor, stream_sequence=sequence)

    async def _store(self, connection: Connection) -> None:
        if self._cursor == self._stored:
            return
        cursor = self._cursor
        with translated():
            await connection.execute(
                statements["store_cursor"],
                cursor.position,
                cursor.consumed_position,
                cursor.stream_created_at,
                cursor.stream_sequence,
            )
        self._stored = cursor

    # -- the stream ----------------------------------------------------------------------------------------------------

    async def _look_at_stream(self) -> None:
        """Notice a stream that is not the known one, and how far its consumers are. Raises nats errors."""
        info = await self._jetstream.stream_info(self._spec.stream)
        created_at = str(info.created)
        known = self._cursor
        if known.stream_created_at is None:
            self._cursor = replace(known, stream_created_at=created_at)
        elif known.stream_created_at != created_at or info.state.last_seq < known.stream_sequence:
            self._forget_stream(created_at, info.state.last_seq)
            return
        self._note_consumed(await self._consumed_sequence())

    async def _consumed_sequence(self) -> int:
        floors = []
        for durable in self._spec.consumers:
            try:
                info = await self._jetstream.consumer_info(self._spec.stream, durable)
            except nats.js.errors.NotFoundError:
                return 0
            caught_up = info.num_pending == 0 and info.num_ack_pending == 0
            floor = info.ack_floor.stream_seq if info.ack_floor else 0
            # A consumer whose filter leaves messages out is at the end when nothing is pending.
            delivered = info.delivered.stream_seq if info.delivered else 0
            floors.append(max(floor, delivered) if caught_up else floor)
        return min(floors, default=0)

    def _note_consumed(self, sequence: int) -> None:
        consumed = self._cursor.consumed_position
        while self._marks and self._marks[0][0] <= sequence:
            consumed = max(consumed, self._marks.popleft()[1])
        self._cursor = replace(self._cursor, consumed_position=consumed)

    async def _rewind(self, connection: Connection) -> None:
        info = await self._jetstream.stream_info(self._spec.stream)
        self._forget_stream(str(info.created), info.state.last_seq)
        await self._store(connection)

    def _forget_stream(self, created_at: str, last_sequence: int) -> None:
        logger.warning(
            "stream changed, telling again",
            extra={
                "log": self._spec.schema,
                "from_position": self._cursor.consumed_position,
                "to_position": self._cursor.position,
            },
        )
        self._epoch = uuid4().hex
        self._marks.clear()
        self._cursor = Cursor(
            position=self._cursor.consumed_position,
            consumed_position=self._cursor.consumed_position,
            stream_created_at=created_at,
            stream_sequence=last_sequence,
        )
