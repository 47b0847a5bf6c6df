"""Starting runs, by hand or by webhook: asked of the engine, or kept while it is away.

Nothing accepted is lost: the caller's `2xx` stands for a commit of the engine or for a row of the intake. When an
answer got lost both may be, and the forwarder repeats the order under the same id, which starts nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from contracts import subjects
from contracts.run import ReceiveDelivery, StartRun
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Overloaded, Transient
from services.gateway.app.forward_intake import Forwarder
from services.gateway.app.ports import Arrival, Asking, Clock, Intake, Parked

ask_seconds_max = 1.8
"""With the look-up of the caller before and the intake after it, an answer within 5 s whatever is away."""

deliveries_asked_max = 256
turn_seconds_max = 0.5
kept_when_busy_max = 1_000
"""Starts that wait beside this many are refused while the engine is busy; deliveries, whose senders may not come back,
are kept as when it is away."""


@dataclass(frozen=True, slots=True)
class Started:
    """The engine's answer, as JSON."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """The engine is away; the run starts when it is back."""

    run_id: UUID


class BeginRun:
    """Starts runs or keeps the wish."""

    def __init__(self, asking: Asking, intake: Intake, forwarder: Forwarder, clock: Clock) -> None:
        self._asking = asking
        self._intake = intake
        self._forwarder = forwarder
        self._clock = clock
        self._places = asyncio.Semaphore(deliveries_asked_max)

    async def start(self, order: StartRun) -> Started | Kept:
        """Start a run. Raises Refused; Overloaded; Transient only if it could be neither started nor kept.

        While the engine has too much to do only so many are kept as it can catch up with in a moment.
        """
        try:
            answer = await self._asking.ask(
                subjects.START_RUN, order, timeout_seconds=ask_seconds_max, patient=False
            )
        except Transient as error:
            if isinstance(error, Overloaded) and self._forwarder.waiting >= kept_when_busy_max:
                raise
            now = self._clock()
            return await self._keep(_arrival_of_start(order, now))
        return Started(answer)

    async def receive(self, delivery: ReceiveDelivery, digest: str) -> UUID:
        """Hand a webhook delivery over and return its run's id. Raises like `start`.

        In a burst the engine is asked about so many at a time; for the others there is the intake, which writes them
        together: all are accepted at once, and worked off.
        """
        try:
            async with self._turn():
                answer = await self._asking.ask(
                    subjects.RECEIVE_DELIVERY,
                    delivery,
                    timeout_seconds=ask_seconds_max,
                    patient=False,
                )
        except Transient:
            return await self.keep_delivery(delivery, digest)
        return UUID(orjson.loads(answer)["id"])

    async def keep_delivery(self, delivery: ReceiveDelivery, digest: str) -> UUID:
        """Keep a webhook delivery without asking the engine now. Raises Transient if the intake takes no more."""
        return (await self._keep(_arrival_of_delivery(delivery, digest))).run_id

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait a moment for a place among the deliveries that the engine is asked about. Raises Transient."""
        try:
            async with asyncio.timeout(turn_seconds_max):
                await self._places.acquire()
        except TimeoutError:
            msg = "so many deliveries come in that this one has to wait"
            raise Transient(msg) from None
        try:
            yield
        finally:
            self._places.release()

    async def parked(self, run_id: UUID) -> Parked | None:
        """Return what is known of a run that the engine does not know. Raises Transient."""
        return await self._intake.find(run_id)

    async def _keep(self, arrival: Arrival) -> Kept:
        if self._forwarder.is_full:
            msg = "the engine is away, and the intake is full"
            raise Transient(msg)
        await self._intake.keep(arrival)
        pass_crash_point("intake-kept")
        self._forwarder.wake()
        return Kept(arrival.run_id)


def _arrival_of_start(order: StartRun, now: datetime) -> Arrival:
    return Arrival(
        run_id=order.run_id,
        workflow_id=order.workflow_id,
        kind="start_run",
        command=order.model_dump_json(),
        request_digest=order.request_digest,
        traceparent=telemetry.current_traceparent(),
        received_at=now,
    )


def _arrival_of_delivery(delivery: ReceiveDelivery, digest: str) -> Arrival:
    return Arrival(
        run_id=delivery.run_id,
        workflow_id=delivery.workflow_id,
        kind="receive_delivery",
        command=delivery.model_dump_json(),
        request_digest=digest,
        traceparent=telemetry.current_traceparent(),
        received_at=delivery.received_at,
    )
