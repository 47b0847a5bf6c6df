"""The broker without its storage: subjects, queue groups, requests, and a way for each message."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.simulation.chance import Chance, Trace
from tests.simulation.jetstream import ACK, NEXT, JetStreamServer
from tests.simulation.jetstream_client import JetStream
from tests.simulation.loop import OUTSIDE, Process, SimulatedLoop

Headers = Mapping[str, str] | None
Answer = Callable[[Any], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way."""

    subject: str
    data: bytes
    reply: str = ""
    headers: Headers = None


class Bus:
    """One broker. While it is away nothing arrives, and what is in its memory is lost."""

    def __init__(self, loop: SimulatedLoop, chance: Chance, trace: Trace) -> None:
        self.loop = loop
        self.chance = chance
        self.is_up = True
        self.subscriptions: dict[str, list[Subscription]] = {}
        self.requests: dict[str, tuple[asyncio.Future[Msg], Connection]] = {}
        self.streams = JetStreamServer(loop, chance, trace, self._deliver_later, self._is_heard)
        self._inboxes = 0

    def crash(self) -> None:
        self.is_up = False
        self.streams.forget_requests()

    def recover(self) -> None:
        self.is_up = True

    def new_inbox(self) -> str:
        self._inboxes += 1
        return f"_INBOX.{self._inboxes}"

    def arrive(self, letter: Letter) -> None:
        """Take what a connection has brought, if there is somebody to take it."""
        if not self.is_up:
            return
        if letter.subject.startswith(ACK):
            self.streams.settle(letter.subject, letter.data)
        elif letter.subject.startswith(NEXT):
            self.streams.take_request(letter.subject, letter.data, letter.reply)
        else:
            self._route(letter)

    def _is_heard(self, subject: str) -> bool:
        return any(one.is_open for one in self.subscriptions.get(subject, ()))

    def _route(self, letter: Letter) -> None:
        waiting = self.requests.get(letter.subject)
        if waiting is not None:
            future, asker = waiting
            asker.incoming.carry(_answer, future, letter)
            return
        found = [one for one in self.subscriptions.get(letter.subject, ()) if one.is_open]
        groups: dict[str, list[Subscription]] = {}
        for one in found:
            groups.setdefault(one.queue or f"#{len(groups)}", []).append(one)
        if not groups and letter.reply:
            self._nobody(letter)
        for members in groups.values():
            self._deliver_later(self.chance.one_of(members), letter)

    def _nobody(self, letter: Letter) -> None:
        waiting = self.requests.get(letter.reply)
        if waiting is not None:
            future, asker = waiting
            asker.incoming.carry(_fail, future)

    def _deliver_later(self, to: "Subscription | str", letter: Letter) -> None:
        """Carry a message to a subscription, given by itself or by its subject."""
        if isinstance(to, str):
            found = [one for one in self.subscriptions.get(to, ()) if one.is_open]
            if not found:
                return
            to = found[0]
        to.client.incoming.carry(to.receive, letter)


def _answer(future: asyncio.Future[Msg], letter: Letter) -> None:
    if not future.done():
        client = cast("Client", None)
        future.set_result(Msg(_client=client, subject=letter.subject, data=letter.data))


def _fail(future: asyncio.Future[Msg]) -> None:
    if not future.done():
        future.set_exception(nats.errors.NoRespondersError())


class Subscription:
    """Of one process."""

    def __init__(
        self,
        client: "Connection",
        subject: str,
        queue: str,
        callback: Callable[[Msg], Awaitable[None]],
    ) -> None:
        self.subject = subject
        self.queue = queue
        self.client = client
        self._callback = callback
        self._is_closed = False

    @property
    def is_open(self) -> bool:
        return not self._is_closed and self.client.process.is_alive

    def receive(self, letter: Letter) -> None:
        if self.is_open:
            loop = self.client.bus.loop
            loop.call_soon(self._call, letter, context=self.client.process.context)

    def _call(self, letter: Letter) -> None:
        if not self.is_open:
            return
        headers = None if letter.headers is None else dict(letter.headers)
        message = Msg(
            _client=cast("Client", self.client),
            subject=letter.subject,
            reply=letter.reply,
            data=letter.data,
            headers=headers,
        )
        # Our handlers hand a message on and wait for nothing.
        try:
            cast("Any", self._callback(message)).send(None)
        except StopIteration:
            return
        raise AssertionError("a handler of messages must not wait")

    async def unsubscribe(self) -> None:
        self._is_closed = True
        self.client.bus.subscriptions[self.subject].remove(self)

    async def drain(self) -> None:
        await self.unsubscribe()


class Way:
    """One direction of a connection: nothing on it overtakes what was before it."""

    def __init__(self, loop: SimulatedLoop, chance: Chance) -> None:
        self._loop = loop
        self._chance = chance
        self._last_at = 0.0

    def carry(self, arrive: Callable[..., None], *what: object) -> None:
        """Have `arrive` called once the way is made."""
        at = max(self._last_at, self._loop.time() + self._chance.latency())
        self._last_at = at
        self._loop.call_at(at, arrive, *what, context=OUTSIDE)


class Connection:
    """What nats-py gives one process, as far as we use it."""

    def __init__(self, bus: Bus, process: Process) -> None:
        self.bus = bus
        self.process = process
        self.outgoing = Way(bus.loop, bus.chance)
        self.incoming = Way(bus.loop, bus.chance)

    @property
    def is_connected(self) -> bool:
        return self.process.is_alive and self.bus.is_up

    def new_inbox(self) -> str:
        return self.bus.new_inbox()

    def jetstream(self, timeout: float = 5.0) -> JetStream:
        return JetStream(
            self.bus.streams, self.process, self._is_there, timeout, (self.outgoing, self.incoming)
        )

    def _is_there(self) -> bool:
        return self.bus.is_up

    async def flush(self) -> None:
        if not self.is_connected:
            raise nats.errors.ConnectionClosedError

    async def subscribe(
        self, subject: str, queue: str = "", cb: Callable[[Msg], Awaitable[None]] | None = None
    ) -> Subscription:
        assert cb is not None, "we always have one"
        subscription = Subscription(self, subject, queue, cb)
        self.bus.subscriptions.setdefault(subject, []).append(subscription)
        return subscription

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: Headers = None
    ) -> None:
        self.process.step()
        if not self.process.is_alive:
            raise nats.errors.ConnectionClosedError
        self.outgoing.carry(self.bus.arrive, Letter(subject, payload, reply, headers))

    async def request(
        self,
        subject: str,
        payload: bytes,
        timeout: float,
        headers: Headers = None,
    ) -> Msg:
        if not self.process.is_alive:
            raise nats.errors.ConnectionClosedError
        future: asyncio.Future[Msg] = self.bus.loop.create_future()
        inbox = self.bus.new_inbox()
        self.bus.requests[inbox] = (future, self)
        self.outgoing.carry(self.bus.arrive, Letter(subject, payload, inbox, headers))
        try:
            async with asyncio.timeout(timeout):
                return await self.process.answer(future, nats.errors.ConnectionClosedError())
        except TimeoutError as error:
            raise nats.errors.TimeoutError from error
        finally:
            self.bus.requests.pop(inbox, None)


@dataclass(frozen=True, slots=True)
class Question:
    """A message as FastStream shows it to handlers."""

    body: bytes
    headers: dict[str, str]


class Broker:
    """What FastStream's broker does for us: handlers of questions, each in a task of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._handlers: list[tuple[str, str, Answer]] = []

    def subscriber(
        self,
        subject: str,
        *,
        queue: str,
        decoder: object,  # noqa: ARG002 - as here
    ) -> Callable[[Answer], Answer]:
        """Register who answers; its decoder gives it the whole message, as here."""

        def register(handler: Answer) -> Answer:
            self._handlers.append((subject, queue, handler))
            return handler

        return register

    async def start(self) -> None:
        for subject, queue, handler in self._handlers:
            await self._connection.subscribe(subject, queue=queue, cb=self._received(handler))

    def _received(self, handler: Answer) -> Callable[[Msg], Awaitable[None]]:
        async def answer(message: Msg) -> None:
            reply = await handler(Question(message.data, message.headers or {}))
            await self._connection.publish(message.reply, reply)

        async def receive(message: Msg) -> None:
            self._connection.process.spawn("answer", answer(message), lasts=False)

        return receive
