"""The broker's storage: streams, durable consumers, standing requests; and all that may become of them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nats.errors
import nats.js.errors
import orjson
from nats.js.api import ConsumerConfig, PubAck, StreamConfig

from tests.simulation.chance import Chance, Trace
from tests.simulation.loop import OUTSIDE, SimulatedLoop

ACK, NEXT = "$JS.ACK.", "$JS.API.CONSUMER.MSG.NEXT."
heartbeat_seconds = 1.0
ack_wait_seconds = 10.0
duplicate_window_seconds = 120.0
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Stored:
    """A message of a stream."""

    sequence: int
    subject: str
    data: bytes
    nanoseconds: int


@dataclass(slots=True)
class Request:
    """A standing request for messages."""

    inbox: str
    left: int
    expires_at: float


@dataclass(slots=True)
class Consumer:
    """A durable consumer: what it has been given, and what it has not settled yet."""

    config: ConsumerConfig
    next_sequence: int = 1
    pending: dict[int, int] = field(default_factory=dict)
    """How often each was delivered."""
    deadlines: dict[int, asyncio.TimerHandle] = field(default_factory=dict)
    again: list[int] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    acknowledged: int = 0
    deliveries: int = 0

    def takes(self, message: Stored) -> bool:
        return message.subject == self.config.filter_subject


@dataclass(slots=True)
class Stream:
    """What the server keeps of one stream."""

    config: StreamConfig
    created: str
    last_sequence: int = 0
    messages: dict[int, Stored] = field(default_factory=dict)
    known_ids: dict[str, tuple[int, float]] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Floor:
    stream_seq: int


@dataclass(frozen=True, slots=True)
class StreamState:
    last_seq: int


@dataclass(frozen=True, slots=True)
class StreamInfo:
    config: StreamConfig
    created: str
    state: StreamState


@dataclass(frozen=True, slots=True)
class ConsumerInfo:
    config: ConsumerConfig
    num_pending: int
    num_ack_pending: int
    ack_floor: Floor
    delivered: Floor


@dataclass(frozen=True, slots=True)
class Given:
    """A message, or a word about a request, on its way to who asked."""

    subject: str
    data: bytes = b""
    reply: str = ""
    headers: Mapping[str, str] | None = None


class JetStreamServer:
    """Keeps streams, and hands out their messages at least once and in no order that one could rely on."""

    def __init__(
        self,
        loop: SimulatedLoop,
        chance: Chance,
        trace: Trace,
        deliver: Callable[[str, Any], None],
        is_heard: Callable[[str], bool],
    ) -> None:
        """`is_heard`: whether anybody still listens to a subject."""
        self.loop = loop
        self.chance = chance
        self.streams: dict[str, Stream] = {}
        self.ever_stored: dict[str, list[bytes]] = {}
        """Every payload that a stream has taken, whatever became of it."""
        self.lost = 0.0
        self.repeated = 0.0
        self.unanswered = 0.0
        """How often a delivery is lost, comes twice, or a publisher hears nothing."""
        self._trace = trace
        self._deliver = deliver
        self._is_heard = is_heard
        self._made = 0
        self._is_beating = False

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def forget_requests(self) -> None:
        for stream in self.streams.values():
            for consumer in stream.consumers.values():
                consumer.requests.clear()

    def wipe(self) -> None:
        """Lose all storage."""
        for name in list(self.streams):
            self.delete_stream(name)

    def delete_stream(self, name: str) -> None:
        for consumer in self.streams.pop(name).consumers.values():
            _forget(consumer)

    def delete_consumer(self, stream: str, durable: str) -> bool:
        found = self.streams.get(stream)
        consumer = None if found is None else found.consumers.pop(durable, None)
        if consumer is not None:
            _forget(consumer)
        return consumer is not None

    def rewind(self, name: str, count: int) -> bool:
        """Go back to an old copy, which has `count` messages less, and nobody remembers what these were."""
        stream = self.streams.get(name)
        if stream is None or stream.last_sequence == 0:
            return False
        stream.last_sequence = max(0, stream.last_sequence - count)
        for sequence in [one for one in stream.messages if one > stream.last_sequence]:
            del stream.messages[sequence]
        stream.known_ids = {
            key: one for key, one in stream.known_ids.items() if one[0] <= stream.last_sequence
        }
        for consumer in stream.consumers.values():
            for sequence in [one for one in consumer.pending if one > stream.last_sequence]:
                _settle(consumer, sequence)
            consumer.again = [one for one in consumer.again if one <= stream.last_sequence]
            consumer.next_sequence = min(consumer.next_sequence, stream.last_sequence + 1)
            consumer.acknowledged = min(consumer.acknowledged, stream.last_sequence)
        return True

    def lose_message(self, name: str) -> bool:
        """Lose one message that was acknowledged to its publisher and not yet delivered for good."""
        stream = self.streams.get(name)
        if stream is None or not stream.messages:
            return False
        sequence = self.chance.one_of(list(stream.messages)[-5:])
        del stream.messages[sequence]
        for consumer in stream.consumers.values():
            _settle(consumer, sequence)
            consumer.again = [one for one in consumer.again if one != sequence]
        return True

    # -- streams ------------------------------------------------------------------------------------------------------

    def stream(self, name: str) -> Stream:
        found = self.streams.get(name)
        if found is None:
            raise nats.js.errors.NotFoundError
        return found

    def add_stream(self, config: StreamConfig) -> None:
        assert config.name is not None, "ours have names"
        if config.name not in self.streams:
            self._made += 1
            self.streams[config.name] = Stream(config, f"{self.loop.time():.6f}#{self._made}")

    def add_consumer(self, stream: str, config: ConsumerConfig) -> None:
        assert config.durable_name is not None, "ours are durable"
        consumers = self.stream(stream).consumers
        if config.durable_name not in consumers:
            consumers[config.durable_name] = Consumer(config)

    def publish(self, name: str, subject: str, data: bytes, message_id: str) -> PubAck:
        stream = self.streams.get(name)
        if stream is None:
            raise nats.js.errors.NoStreamResponseError
        known = stream.known_ids.get(message_id)
        if known is not None and self.loop.time() - known[1] < duplicate_window_seconds:
            return PubAck(stream=name, seq=known[0], duplicate=True)
        stream.last_sequence += 1
        stored = Stored(stream.last_sequence, subject, data, int(self.loop.time() * _NANOSECONDS))
        stream.messages[stored.sequence] = stored
        stream.known_ids[message_id] = (stored.sequence, self.loop.time())
        self.ever_stored.setdefault(name, []).append(data)
        if self._trace.is_kept:
            self._trace.add(
                self.loop.time(), "jetstream", f"{name} #{stored.sequence} {_names(data)}"
            )
        for consumer in stream.consumers.values():
            self._hand_out(stream, consumer)
        return PubAck(stream=name, seq=stored.sequence)

    def consumer_info(self, name: str, durable: str) -> ConsumerInfo:
        stream = self.stream(name)
        consumer = stream.consumers.get(durable)
        if consumer is None:
            raise nats.js.errors.NotFoundError
        pending = sum(
            consumer.takes(stream.messages[sequence])
            for sequence in range(consumer.next_sequence, stream.last_sequence + 1)
            if sequence in stream.messages
        )
        unsettled = {*consumer.pending, *consumer.again}
        floor = min(unsettled) - 1 if unsettled else consumer.acknowledged
        return ConsumerInfo(
            consumer.config,
            pending,
            len(unsettled),
            Floor(min(floor, consumer.acknowledged)),
            Floor(consumer.next_sequence - 1),
        )

    # -- handing out --------------------------------------------------------------------------------------------------

    def take_request(self, subject: str, data: bytes, inbox: str) -> None:
        stream_name, durable = subject.removeprefix(NEXT).split(".", 1)
        stream = self.streams.get(stream_name)
        consumer = None if stream is None else stream.consumers.get(durable)
        if stream is None or consumer is None:
            self._deliver(inbox, Given(inbox, headers={"Status": "503"}))
            return
        asked = orjson.loads(data)
        until = self.loop.time() + asked["expires"] / _NANOSECONDS
        consumer.requests.append(Request(inbox, asked["batch"], until))
        self._hand_out(stream, consumer)
        if not self._is_beating:
            self._is_beating = True
            self.loop.call_later(heartbeat_seconds, self._beat, context=OUTSIDE)

    def _beat(self) -> None:
        """Tell those who wait that they are not forgotten, or that they have waited long enough."""
        waiting = [c for stream in self.streams.values() for c in stream.consumers.values()]
        for consumer in waiting:
            for request in list(consumer.requests):
                is_over = request.expires_at <= self.loop.time()
                if is_over:
                    consumer.requests.remove(request)
                status = "408" if is_over else "100"
                self._deliver(request.inbox, Given(request.inbox, headers={"Status": status}))
        self.loop.call_later(heartbeat_seconds, self._beat, context=OUTSIDE)

    def _hand_out(self, stream: Stream, consumer: Consumer) -> None:
        consumer.requests = [one for one in consumer.requests if self._is_heard(one.inbox)]
        while consumer.requests:
            message = self._next_of(stream, consumer)
            if message is None:
                return
            request = self.chance.one_of(consumer.requests)
            request.left -= 1
            if request.left == 0:
                consumer.requests.remove(request)
            self._give(stream, consumer, message, request.inbox)

    def _next_of(self, stream: Stream, consumer: Consumer) -> Stored | None:
        while consumer.again:
            found = stream.messages.get(consumer.again.pop(0))
            if found is not None:
                return found
        while consumer.next_sequence <= stream.last_sequence:
            found = stream.messages.get(consumer.next_sequence)
            consumer.next_sequence += 1
            if found is not None and consumer.takes(found):
                return found
        return None

    def _give(self, stream: Stream, consumer: Consumer, message: Stored, inbox: str) -> None:
        sequence = message.sequence
        times = consumer.pending.get(sequence, 0) + 1
        consumer.pending[sequence] = times
        self._redeliver_in(ack_wait_seconds, stream, consumer, sequence)
        consumer.deliveries += 1
        numbers = f"{times}.{sequence}.{consumer.deliveries}.{message.nanoseconds}"
        left = stream.last_sequence - sequence
        reply = f"{ACK}{stream.config.name}.{consumer.config.durable_name}.{numbers}.{left}"
        if self.chance.happens(self.repeated):
            self._redeliver_in(self.chance.between(0.0, 0.5), stream, consumer, sequence)
        if not self.chance.happens(self.lost):
            self._deliver(inbox, Given(message.subject, message.data, reply))

    def _redeliver_in(
        self, seconds: float, stream: Stream, consumer: Consumer, sequence: int
    ) -> None:
        old = consumer.deadlines.pop(sequence, None)
        if old is not None:
            old.cancel()
        consumer.deadlines[sequence] = self.loop.call_later(
            seconds, self._redeliver, stream, consumer, sequence, context=OUTSIDE
        )

    def _redeliver(self, stream: Stream, consumer: Consumer, sequence: int) -> None:
        consumer.deadlines.pop(sequence, None)
        if sequence in consumer.pending:
            consumer.again.append(sequence)
            self._hand_out(stream, consumer)

    def settle(self, subject: str, verdict: bytes) -> None:
        name, durable, _, sequence, *_ = subject.removeprefix(ACK).split(".")
        stream = self.streams.get(name)
        consumer = None if stream is None else stream.consumers.get(durable)
        if stream is None or consumer is None or int(sequence) not in consumer.pending:
            return
        if verdict.startswith(b"-NAK"):
            delay = orjson.loads(verdict[5:])["delay"] / _NANOSECONDS if verdict[5:] else 0.0
            self._redeliver_in(delay, stream, consumer, int(sequence))
        elif verdict == b"+WPI":
            self._redeliver_in(ack_wait_seconds, stream, consumer, int(sequence))
        else:
            _settle(consumer, int(sequence))


def _settle(consumer: Consumer, sequence: int) -> None:
    if consumer.pending.pop(sequence, None) is not None:
        consumer.acknowledged = max(consumer.acknowledged, sequence)
    consumer.again = [one for one in consumer.again if one != sequence]
    deadline = consumer.deadlines.pop(sequence, None)
    if deadline is not None:
        deadline.cancel()


def _forget(consumer: Consumer) -> None:
    for deadline in consumer.deadlines.values():
        deadline.cancel()
    consumer.requests.clear()


def _names(data: bytes) -> str:
    return ", ".join(
        f"{one['type'].removeprefix('flusso.')} {one['subject'][-4:]}/{one['sequence']}"
        for one in orjson.loads(data)
    )
