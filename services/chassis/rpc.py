"""Request and reply over core NATS: the one who asks learns what was committed, or why not.

Questions and rare orders are FastStream subscribers; the hot orders go from a raw subscription straight into the
pipeline, without a task a message.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal, TypeVar, get_args

import nats.errors
from faststream.nats import NatsBroker, NatsMessage
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import BaseModel, ValidationError

from contracts.base import Json
from contracts.rpc import (
    Reply,
    encode_ok,
    encode_ok_json,
    encode_refused,
    encode_unavailable,
)
from services.chassis import telemetry
from services.chassis.errors import Broken, Overloaded, Refused, Transient
from services.chassis.finishing import Drainable
from services.chassis.orders import Done, Order
from services.chassis.pipeline import Outcome, Pipeline

M = TypeVar("M", bound=BaseModel)
S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
ask_seconds_max = 5.0
nobody_seconds_max = 1.0
"""How long to wait for someone who answers: whoever is just starting, or taking over, is there by then."""
nobody_pause_seconds = 0.05
finish_seconds_max = 2.0
TRACEPARENT = "traceparent"
OutcomeName = Literal["ok", "refused", "unavailable"]
_OK = b'{"ok":'
logger = logging.getLogger(__name__)


def encode_failure(error: Refused | Transient | Broken) -> bytes:
    """Return the reply that says what went wrong."""
    match error:
        case Refused():
            return encode_refused(error.code, error.message, error.details)
        case Transient():
            return encode_unavailable(str(error), overloaded=isinstance(error, Overloaded))
        case Broken():
            return encode_refused("internal-error", "This could not be handled; it was logged.")


def _invalid(error: ValidationError) -> bytes:
    faults = [
        {"path": "/" + "/".join(map(str, fault["loc"])), "message": fault["msg"]}
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return encode_refused("invalid-request", "The request is not understood.", {"faults": faults})


def serve(
    broker: NatsBroker,
    subject: str,
    queue: str,
    model: type[M],
    handler: Callable[[M], Awaitable[BaseModel | bytes | Json]],
) -> None:
    """Answer a question or a rare order; bytes from the handler are JSON already."""

    async def answer(message: NatsMessage) -> bytes:
        started = time.perf_counter()
        outcome, reply = await _answer(model, handler, message.body, message.headers)
        telemetry.REQUESTS.labels(subject, outcome).inc()
        telemetry.REQUEST_SECONDS.labels(subject).observe(time.perf_counter() - started)
        return reply

    broker.subscriber(subject, queue=queue, decoder=_as_it_came)(answer)


async def _as_it_came(message: NatsMessage) -> NatsMessage:
    """Nothing is decoded before the model reads it."""
    return message


async def _answer(
    model: type[M],
    handler: Callable[[M], Awaitable[BaseModel | bytes | Json]],
    body: bytes,
    headers: dict[str, str],
) -> tuple[str, bytes]:
    try:
        command = model.model_validate_json(body)
        with telemetry.span(model.__name__, traceparent=headers.get(TRACEPARENT), kind="server"):
            found = await handler(command)
    except ValidationError as error:
        return "refused", _invalid(error)
    except Transient as error:
        return "unavailable", encode_failure(error)
    except (Refused, Broken) as error:
        return "refused", encode_failure(error)
    except Exception:  # the process boundary: whoever asked gets an answer
        logger.exception("request broke", extra={"request": model.__name__})
        return "refused", encode_failure(Broken("unexpected"))
    return "ok", encode_ok_json(found) if isinstance(found, bytes) else encode_ok(found)


class OrderServer(Generic[M, C, S, E]):
    """Takes orders of one subject into a pipeline and answers them in order of their commits."""

    def __init__(  # noqa: PLR0913 - what an order is on the way in, and on the way out
        self,
        connection: Client,
        subject: str,
        queue: str,
        model: type[M],
        pipeline: Pipeline[S, C, Any, E],
        to_order: Callable[[M, str | None], Order[C]],
        to_answer: Callable[[M, Done[S, E]], BaseModel | bytes],
        on_refused: Callable[[M, Refused], None] | None = None,
        *,
        sheds: bool = True,
    ) -> None:
        """`sheds`: whoever asks can come back, so orders are refused early when too many wait."""
        self._sheds = sheds
        self._connection = connection
        self._subject = subject
        self._queue = queue
        self._model = model
        self._pipeline = pipeline
        self._to_order = to_order
        self._to_answer = to_answer
        self._on_refused = on_refused
        self._replies: deque[tuple[str, bytes]] = deque()
        self._settled = asyncio.Event()
        self._in_hand = 0
        self._counters = {
            name: telemetry.REQUESTS.labels(subject, name) for name in get_args(OutcomeName)
        }

    async def run(self) -> None:
        """Subscribe and answer until cancelled; what has arrived by then is answered first."""
        subscription: Drainable = await self._connection.subscribe(
            self._subject, queue=self._queue, cb=self._on_request
        )
        try:
            while True:
                await self._send_settled()
        finally:
            if self._connection.is_connected:
                await self._finish(subscription)

    async def _finish(self, subscription: Drainable) -> None:
        try:
            async with asyncio.timeout(finish_seconds_max):
                await subscription.drain()
                while self._in_hand:
                    await self._send_settled()
                await self._send()
        except (nats.errors.Error, TimeoutError) as error:
            logger.warning("requests left unanswered", extra={"reason": repr(error)})

    async def _send_settled(self) -> None:
        await self._settled.wait()
        self._settled.clear()
        await self._send()

    async def _send(self) -> None:
        while self._replies:
            reply_to, reply = self._replies.popleft()
            try:
                await self._connection.publish(reply_to, reply)
            except nats.errors.Error as error:
                logger.warning("reply not sent", extra={"reason": str(error)})

    async def _on_request(self, message: Msg) -> None:
        headers = message.headers
        span = telemetry.begin_span(
            self._model.__name__,
            traceparent=headers.get(TRACEPARENT) if headers else None,
            kind="server",
        )
        try:
            command = self._model.model_validate_json(message.data)
            order = self._to_order(command, span.traceparent)
        except ValidationError as error:
            span.end(error)
            self._reply(message.reply, "refused", _invalid(error))
            return
        except Refused as error:
            span.end(error)
            self._reply(message.reply, "refused", encode_failure(error))
            return
        if telemetry.is_tracing():
            span.set(stream_id=str(order.stream_id))
        self._in_hand += 1
        take = self._pipeline.offer if self._sheds else self._pipeline.submit
        take(order, lambda outcome: self._settle(message.reply, command, outcome, span))

    def _settle(
        self, reply_to: str, command: M, outcome: Outcome[S, E], span: telemetry.OpenSpan
    ) -> None:
        self._in_hand -= 1
        self._settled.set()
        span.end(None if isinstance(outcome, Done) else outcome)
        if not isinstance(outcome, Done):
            kind: OutcomeName = "unavailable" if isinstance(outcome, Transient) else "refused"
            self._reply(reply_to, kind, encode_failure(outcome))
            if self._on_refused is not None and isinstance(outcome, Refused):
                self._on_refused(command, outcome)
            return
        answer = self._to_answer(command, outcome)
        encoded = encode_ok_json(answer) if isinstance(answer, bytes) else encode_ok(answer)
        self._reply(reply_to, "ok", encoded)

    def _reply(self, reply_to: str, outcome: OutcomeName, reply: bytes) -> None:
        self._counters[outcome].inc()
        if reply_to:
            self._replies.append((reply_to, reply))
            self._settled.set()


class Caller:
    """Asks other services; until `connection` is set, and while it is down, every call is Transient at once."""

    def __init__(
        self, connection: Client | None = None, timeout_seconds: float = ask_seconds_max
    ) -> None:
        self.connection = connection
        self._timeout_seconds = timeout_seconds

    async def ask(
        self,
        subject: str,
        command: BaseModel,
        *,
        timeout_seconds: float | None = None,
        patient: bool = True,
    ) -> bytes:
        """Return the answer as JSON. Raises Refused, or Transient if no answer came: it may have been done.

        While nobody at all listens it is asked again for a second, which is safe since nobody has heard it; not so if
        whoever asks has something better to do than to be `patient`.
        """
        if self.connection is None or not self.connection.is_connected:
            msg = "the message broker is away"
            raise Transient(msg)
        payload = command.model_dump_json().encode()
        seconds = timeout_seconds or self._timeout_seconds
        clock = asyncio.get_running_loop().time
        patience = clock() + nobody_seconds_max if patient else 0.0
        while True:
            try:
                return unwrap(await self._request(self.connection, subject, payload, seconds))
            except nats.errors.NoRespondersError as error:
                if clock() >= patience:
                    raise _no_answer(subject, error) from error
                await asyncio.sleep(nobody_pause_seconds)
            except (nats.errors.Error, TimeoutError) as error:
                raise _no_answer(subject, error) from error

    async def ask_all(
        self, subject: str, command: BaseModel, *, timeout_seconds: float
    ) -> list[bytes]:
        """Return the answers, as JSON, of all who give one in time; who refuses is left out. Raises Transient."""
        if self.connection is None or not self.connection.is_connected:
            msg = "the message broker is away"
            raise Transient(msg)
        answers: list[bytes] = []
        inbox = self.connection.new_inbox()

        async def on_answer(message: Msg) -> None:
            if message.data.startswith(_OK):
                answers.append(unwrap(message.data))

        try:
            subscription = await self.connection.subscribe(inbox, cb=on_answer)
            try:
                payload = command.model_dump_json().encode()
                await self.connection.publish(subject, payload, reply=inbox)
                await asyncio.sleep(timeout_seconds)
            finally:
                await subscription.unsubscribe()
        except (nats.errors.Error, TimeoutError) as error:
            raise _no_answer(subject, error) from error
        return answers

    async def _request(
        self, connection: Client, subject: str, payload: bytes, seconds: float
    ) -> bytes:
        traceparent = telemetry.current_traceparent()
        headers = {TRACEPARENT: traceparent} if traceparent else None
        message = await connection.request(subject, payload, timeout=seconds, headers=headers)
        return message.data


def _no_answer(subject: str, error: Exception) -> Transient:
    return Transient(f"{subject} does not answer: {type(error).__name__}")


def unwrap(reply: bytes) -> bytes:
    """Return the JSON inside an ok reply; raises Refused or Transient for the others."""
    if reply.startswith(_OK):
        return reply[len(_OK) : -1]
    parsed = Reply.model_validate_json(reply)
    if parsed.refused is not None:
        refusal = parsed.refused
        raise Refused(refusal.code, refusal.message, **refusal.details)
    family = Overloaded if parsed.overloaded else Transient
    raise family(parsed.unavailable or "no answer")
