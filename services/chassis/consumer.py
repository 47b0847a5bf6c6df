"""Takes whatever has arrived as one batch, has it handled together, and settles each message by its worst verdict.

Delivery is at least once and out of order across replicas: handlers are idempotent and commutative. A broken event goes
to the dead letters and does not hold up its neighbours; a transient failure brings the whole message again later.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.base import JsonObject
from contracts.envelope import CloudEvent, split_batch
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.database import Pool, Statements, translated
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.finishing import finished
from services.chassis.ids import new_id
from services.chassis.provisioner import ConsumerSpec
from services.chassis.pull import Pull

messages_max = 32
nak_seconds_max = 30.0
payload_bytes_kept_max = 1024 * 1024
"""What NATS carries at most: a letter is kept whole, so that it can be handled later."""
name_chars_max = 300
reason_chars_max = 2_000
statements = Statements(Path(__file__).parent / "sql")
logger = logging.getLogger(__name__)

Verdict = Refused | Transient | Broken | None
Handle = Callable[[Sequence[CloudEvent]], Awaitable[Sequence[Verdict]]]


@dataclass(eq=False, slots=True)
class Delivery:
    """A message in hand; `failure` asks for it to be delivered again."""

    message: Msg
    failure: Transient | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What is kept of an event that could not be handled."""

    event_id: str
    event_type: str
    payload: bytes
    reason: str


class BatchConsumer:
    """One durable consumer of this process; events of other types than `types` are passed over unread."""

    def __init__(
        self,
        connection: Client,
        pool: Pool,
        spec: ConsumerSpec,
        *,
        types: frozenset[str],
        handle: Handle,
        messages_max: int = messages_max,
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._spec = spec
        self._types = types
        self._handle = handle
        self._messages_max = messages_max

    async def run(self) -> None:
        """Take and handle until cancelled; what is in hand then is finished."""
        pull = Pull(self._connection, self._spec, self._messages_max)
        await pull.open()
        try:
            while True:
                messages = await pull.next()
                await finished(self._work([Delivery(message) for message in messages]))
        finally:
            with suppress(nats.errors.Error):
                await pull.close()

    async def _work(self, deliveries: Sequence[Delivery]) -> None:
        pairs = [
            (delivery, event) for delivery in deliveries for event in await self._read(delivery)
        ]
        verdicts = await self._judge([event for _, event in pairs])
        for (delivery, event), verdict in zip(pairs, verdicts, strict=True):
            if isinstance(verdict, Transient):
                delivery.failure = verdict
            elif isinstance(verdict, Broken):
                letter = DeadLetter(event.id, event.type, _bytes_of(event), str(verdict))
                await self._bury(delivery, letter)
        if pairs:
            pass_crash_point("batch-handled")
        for delivery in deliveries:
            await self._settle(delivery.message, delivery.failure)

    async def _judge(self, events: Sequence[CloudEvent]) -> Sequence[Verdict]:
        if not events:
            return []
        if not telemetry.is_tracing():
            return await self._handle(events)
        spans = [self._span_of(event) for event in events]
        # What an event causes belongs below its span.
        traced = [
            event.model_copy(update={"traceparent": span.traceparent})
            for event, span in zip(events, spans, strict=True)
        ]
        verdicts = await self._handle(traced)
        for span, verdict in zip(spans, verdicts, strict=True):
            span.end(verdict)
        return verdicts

    def _span_of(self, event: CloudEvent) -> telemetry.OpenSpan:
        return telemetry.begin_span(
            self._spec.durable,
            traceparent=telemetry.incoming(event.traceparent),
            kind="consumer",
            event_id=event.id,
            event_type=event.type,
            run_id=str(event.data.get("run_id", event.subject)),
        )

    async def _read(self, delivery: Delivery) -> Sequence[CloudEvent]:
        try:
            members = split_batch(delivery.message.data)
        except ValueError as error:
            await self._bury(delivery, DeadLetter("", "", delivery.message.data, str(error)))
            return []
        events = []
        for member in members:
            name = member.get("type")
            if not isinstance(name, str) or name not in self._types:
                continue
            try:
                events.append(CloudEvent.model_validate(member))
            except ValidationError as error:
                letter = DeadLetter(
                    str(member.get("id")),
                    str(member.get("type")),
                    orjson.dumps(member),
                    _summary(error),
                )
                await self._bury(delivery, letter)
        return events

    async def _bury(self, delivery: Delivery, letter: DeadLetter) -> None:
        try:
            with translated():
                await self._pool.execute(
                    statements["insert_dead_letter"],
                    new_id(),
                    self._spec.durable,
                    _kept(letter.event_id, name_chars_max),
                    _kept(letter.event_type, name_chars_max),
                    letter.payload[:payload_bytes_kept_max],
                    _kept(letter.reason, reason_chars_max),
                )
        except Transient as error:
            delivery.failure = error
            return
        telemetry.DEAD_LETTERS.labels(self._spec.durable).inc()
        logger.error(
            "event kept as dead letter",
            extra={
                "consumer": self._spec.durable,
                "event_id": letter.event_id[:name_chars_max],
                "reason": letter.reason[:name_chars_max],
            },
        )

    async def _settle(self, message: Msg, failure: Transient | None) -> None:
        try:
            if failure is None:
                await message.ack()
            else:
                attempts = message.metadata.num_delivered
                await message.nak(delay=min(0.25 * 2 ** min(attempts, 10), nak_seconds_max))
        except nats.errors.Error as error:
            # It will be delivered again, which changes nothing.
            logger.debug("not settled", extra={"reason": str(error)})


def _kept(text: str, chars_max: int) -> str:
    """Return what PostgreSQL can hold of the text."""
    return text[:chars_max].replace("\0", "")


def _bytes_of(event: CloudEvent) -> bytes:
    return event.model_dump_json().encode()


def _summary(error: ValidationError) -> str:
    first: JsonObject = dict(error.errors(include_url=False, include_input=False)[0])
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}"
