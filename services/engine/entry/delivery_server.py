"""Takes webhook deliveries from core NATS, as many at once as have arrived, and answers when their runs are committed.

What cannot be held is told to come back: the gateway keeps it and does.
"""

import asyncio
import logging
import time
from collections import deque
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts import subjects
from contracts.rpc import encode_ok, encode_refused
from contracts.run import ReceiveDelivery, StartedRun
from services.chassis import telemetry
from services.chassis.errors import Broken, Transient
from services.chassis.finishing import Drainable, finished
from services.chassis.rpc import TRACEPARENT, encode_failure
from services.engine.app.deliveries import Answer, Arrived, Deliveries

batch_max = 256
batch_bytes_max = 4_194_304
batches_at_once_max = 3
"""One is judged while others commit."""
waiting_bytes_max = 67_108_864
finish_seconds_max = 2.0
NAME = ReceiveDelivery.__name__
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    """A delivery that waits, and whom to answer."""

    arrived: Arrived
    size: int
    reply_to: str
    span: telemetry.OpenSpan
    since: float


class DeliveryServer:
    """The loop between the subscription and the use case."""

    def __init__(self, connection: Client, queue: str, deliveries: Deliveries) -> None:
        self._connection = connection
        self._queue = queue
        self._deliveries = deliveries
        self._waiting: deque[_Request] = deque()
        self._waiting_bytes = 0
        self._changed = asyncio.Event()
        self._batches = 0

    async def run(self) -> None:
        """Subscribe and answer until cancelled; what has arrived by then is answered first."""
        subscription: Drainable = await self._connection.subscribe(
            subjects.RECEIVE_DELIVERY, queue=self._queue, cb=self._on_request
        )
        async with asyncio.TaskGroup() as batches:
            try:
                while True:
                    await self._start_or_wait(batches)
            finally:
                await self._finish(subscription, batches)

    async def _start_or_wait(self, batches: asyncio.TaskGroup) -> None:
        if not self._waiting or self._batches >= batches_at_once_max:
            await self._changed.wait()
            self._changed.clear()
            return
        self._batches += 1
        batches.create_task(finished(self._answer(self._take())))

    async def _finish(self, subscription: Drainable, batches: asyncio.TaskGroup) -> None:
        if not self._connection.is_connected:
            return
        try:
            async with asyncio.timeout(finish_seconds_max):
                await subscription.drain()
                while self._waiting or self._batches:
                    await self._start_or_wait(batches)
        except (nats.errors.Error, TimeoutError) as error:
            logger.warning("deliveries left unanswered", extra={"reason": repr(error)})

    def _take(self) -> list[_Request]:
        taken: list[_Request] = []
        size = 0
        while self._waiting and len(taken) < batch_max and size < batch_bytes_max:
            request = self._waiting.popleft()
            size += request.size
            taken.append(request)
        self._waiting_bytes -= size
        return taken

    async def _on_request(self, message: Msg) -> None:
        headers = message.headers
        span = telemetry.begin_span(
            NAME, traceparent=headers.get(TRACEPARENT) if headers else None, kind="server"
        )
        size = len(message.data)
        try:
            self._refuse_flood(size)
            delivery = ReceiveDelivery.model_validate_json(message.data)
        except (Transient, ValidationError) as error:
            span.end(error)
            outcome = "unavailable" if isinstance(error, Transient) else "refused"
            telemetry.REQUESTS.labels(subjects.RECEIVE_DELIVERY, outcome).inc()
            await self._reply(message.reply, _refusal(error))
            return
        arrived = Arrived(delivery, span.traceparent)
        self._waiting.append(_Request(arrived, size, message.reply, span, time.perf_counter()))
        self._waiting_bytes += size
        self._changed.set()

    def _refuse_flood(self, size: int) -> None:
        if self._waiting_bytes + size > waiting_bytes_max:
            msg = "too many deliveries are waiting; try again in a moment"
            raise Transient(msg)

    async def _answer(self, requests: list[_Request]) -> None:
        try:
            answers = await self._answers(requests)
        finally:
            self._batches -= 1
            self._changed.set()
        now = time.perf_counter()
        for request, answer in zip(requests, answers, strict=True):
            outcome, reply = _encoded(answer)
            telemetry.REQUESTS.labels(subjects.RECEIVE_DELIVERY, outcome).inc()
            telemetry.REQUEST_SECONDS.labels(subjects.RECEIVE_DELIVERY).observe(now - request.since)
            request.span.end(None if isinstance(answer, StartedRun) else answer)
            await self._reply(request.reply_to, reply)

    async def _answers(self, requests: list[_Request]) -> "list[Answer]":
        try:
            return list(await self._deliveries.receive_all([one.arrived for one in requests]))
        except Exception:  # the process boundary: whoever asked gets an answer
            logger.exception("deliveries broke", extra={"deliveries": len(requests)})
            return [Broken("unexpected")] * len(requests)

    async def _reply(self, reply_to: str, reply: bytes) -> None:
        if not reply_to:
            return
        try:
            await self._connection.publish(reply_to, reply)
        except nats.errors.Error as error:
            logger.warning("reply not sent", extra={"reason": str(error)})


def _refusal(error: Transient | ValidationError) -> bytes:
    if isinstance(error, Transient):
        return encode_failure(error)
    return encode_refused("invalid-request", "The delivery is not understood.")


def _encoded(answer: Answer) -> tuple[str, bytes]:
    if isinstance(answer, StartedRun):
        return "ok", encode_ok(answer)
    outcome = "unavailable" if isinstance(answer, Transient) else "refused"
    return outcome, encode_failure(answer)
