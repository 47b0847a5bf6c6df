"""Hears one JetStream stream in order, as an ephemeral push consumer that needs no acknowledgement.

It never gives up: a lost connection, a deleted consumer, a wiped store or a gap in the numbering makes it begin again
from the message after the last one that it took.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.gateway.domain.position import Stream

heartbeat_seconds = 2.0
silence_seconds_max = 5.0
look_seconds = 0.25
retry_seconds_min = 0.25
retry_seconds_max = 2.0
request_seconds_max = 3.0
inactive_seconds = 30.0
history_messages = 5_000
"""How far back a fresh replica reads, so that listeners of another replica can resume here."""
logger = logging.getLogger(__name__)


class Listener(Protocol):
    """What is told of the stream."""

    def attach(self, stream: Stream, created: str, first: int, last: int, history: int) -> int:
        """Take up the stream and return the sequence to hear from."""
        ...

    def hear(self, stream: Stream, sequence: int, payload: bytes) -> None: ...

    def caught_up(self, stream: Stream) -> None: ...


class Ear:
    """One stream, heard for as long as the process lives."""

    def __init__(
        self,
        connection: Client,
        stream: Stream,
        stream_name: str,
        listener: Listener,
        monotonic: Callable[[], float],
    ) -> None:
        self._connection = connection
        self._jetstream = connection.jetstream(timeout=request_seconds_max)
        self._stream: Stream = stream
        self._stream_name = stream_name
        self._listener = listener
        self._monotonic = monotonic
        self._broken = asyncio.Event()
        self._delivered = 0
        self._last_sign = 0.0

    async def run(self) -> None:
        """Hear until cancelled."""
        pause = retry_seconds_min
        while True:
            try:
                await self._hear()
                pause = retry_seconds_min
            except (nats.errors.Error, TimeoutError, OSError) as error:
                logger.debug(
                    "stream is away", extra={"stream": self._stream_name, "reason": repr(error)}
                )
                pause = min(pause * 2, retry_seconds_max)
            await asyncio.sleep(pause)

    async def _hear(self) -> None:
        """Hear until something is wrong. Raises what nats-py raises."""
        found = await self._created()
        created, first, last = found
        start = self._listener.attach(self._stream, created, first, last, history_messages)
        self._broken.clear()
        self._delivered = 0
        self._last_sign = self._monotonic()
        inbox = self._connection.new_inbox()
        subscription = await self._connection.subscribe(inbox, cb=self._on_message)
        try:
            await self._jetstream.add_consumer(self._stream_name, _config(inbox, start))
            if start > last:
                self._listener.caught_up(self._stream)
            await self._watch()
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _created(self) -> tuple[str, int, int]:
        info = await self._jetstream.stream_info(self._stream_name)
        return str(info.created), info.state.first_seq, info.state.last_seq

    async def _watch(self) -> None:
        reconnects = self._connection.stats["reconnects"]
        while not self._broken.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(look_seconds):
                    await self._broken.wait()
            if self._connection.stats["reconnects"] != reconnects:
                return
            if self._monotonic() - self._last_sign > silence_seconds_max:
                return

    async def _on_message(self, message: Msg) -> None:
        self._last_sign = self._monotonic()
        if message.headers and "Status" in message.headers:
            await self._on_status(message)
            return
        if self._broken.is_set():
            return
        metadata = message.metadata
        if metadata.sequence.consumer != self._delivered + 1:
            self._broken.set()
            return
        self._delivered += 1
        self._listener.hear(self._stream, metadata.sequence.stream, message.data)
        if metadata.num_pending == 0:
            self._listener.caught_up(self._stream)

    async def _on_status(self, message: Msg) -> None:
        if message.reply:
            await message.respond(b"")
            return
        headers = message.headers or {}
        stalled = headers.get("Nats-Consumer-Stalled")
        if stalled:
            await self._connection.publish(stalled)
        if int(headers.get("Nats-Last-Consumer", "0")) > self._delivered:
            self._broken.set()


def _config(inbox: str, start: int) -> ConsumerConfig:
    return ConsumerConfig(
        # By a name in the subject the server can tell whose consumer it is: docs/security.md.
        name=f"gateway-{inbox.rpartition('.')[2]}",
        deliver_subject=inbox,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=start,
        ack_policy=AckPolicy.NONE,
        max_deliver=1,
        flow_control=True,
        idle_heartbeat=heartbeat_seconds,
        inactive_threshold=inactive_seconds,
        mem_storage=True,
        num_replicas=1,
    )
