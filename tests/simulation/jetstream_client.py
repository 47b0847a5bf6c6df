"""What nats-py gives one process of the broker's storage, as far as we use it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import nats.errors
from nats.js.api import ConsumerConfig, PubAck, StreamConfig

from tests.simulation.jetstream import ConsumerInfo, JetStreamServer, StreamInfo, StreamState
from tests.simulation.loop import Process


class Carries(Protocol):
    """One direction of a connection."""

    def carry(self, arrive: Callable[..., None], *what: object) -> None: ...


class JetStream:
    """The context that nats-py gives one process, as far as we use it."""

    def __init__(
        self,
        server: JetStreamServer,
        process: Process,
        is_there: Callable[[], bool],
        timeout: float,
        ways: "tuple[Carries, Carries]",
    ) -> None:
        """`ways` are those to the server and back."""
        self._outgoing, self._incoming = ways
        self._server = server
        self._process = process
        self._is_there = is_there
        self._timeout = timeout

    async def publish_async(
        self,
        subject: str,
        payload: bytes,
        *,
        stream: str,
        wait_stall: float,  # noqa: ARG002 - as nats-py has it
        headers: Mapping[str, str],
    ) -> asyncio.Future[PubAck]:
        self._process.step()
        if not self._process.is_alive:
            raise nats.errors.ConnectionClosedError
        loop, chance = self._server.loop, self._server.chance
        acknowledged: asyncio.Future[PubAck] = loop.create_future()
        self._process.awaited[acknowledged] = nats.errors.ConnectionClosedError()

        def arrive() -> None:
            if not self._is_there():
                return
            answer: PubAck | Exception
            try:
                answer = self._server.publish(stream, subject, payload, headers["Nats-Msg-Id"])
            except nats.errors.Error as error:
                answer = error
            if not chance.happens(self._server.unanswered):
                self._incoming.carry(_answer, acknowledged, answer)

        self._outgoing.carry(arrive)
        acknowledged.add_done_callback(self._forget)
        return acknowledged

    def _forget(self, future: asyncio.Future[PubAck]) -> None:
        self._process.awaited.pop(future, None)
        if not future.cancelled():
            future.exception()  # whoever gave up waiting does not want to hear of it

    async def _ask(self) -> None:
        """Go to the server; raises if it is away."""
        if not self._process.is_alive:
            raise nats.errors.ConnectionClosedError
        await asyncio.sleep(self._server.chance.latency())
        if not self._is_there():
            await asyncio.sleep(self._timeout)
            raise nats.errors.TimeoutError
        if not self._process.is_alive:
            raise nats.errors.ConnectionClosedError

    async def stream_info(self, name: str) -> StreamInfo:
        await self._ask()
        stream = self._server.stream(name)
        info = StreamInfo(stream.config, stream.created, StreamState(stream.last_sequence))
        await asyncio.sleep(self._server.chance.latency())
        return info

    async def consumer_info(self, stream: str, durable: str) -> ConsumerInfo:
        await self._ask()
        info = self._server.consumer_info(stream, durable)
        await asyncio.sleep(self._server.chance.latency())
        return info

    async def add_stream(self, config: StreamConfig) -> None:
        await self._ask()
        self._server.add_stream(config)

    async def update_stream(self, config: StreamConfig) -> None:
        await self.add_stream(config)

    async def add_consumer(self, stream: str, config: ConsumerConfig) -> None:
        await self._ask()
        self._server.add_consumer(stream, config)


def _answer(future: asyncio.Future[PubAck], answer: PubAck | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
