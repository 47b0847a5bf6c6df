"""Orders that wait together are decided and committed together; whoever asked is answered after the commit.

A batch loads the folds of its streams, decides in order of arrival, and writes snapshots, projection and log in one
transaction. An idle pipeline therefore commits single orders at once, and a busy one hundreds at the price of a few.
Two batches may be in flight, never on the same stream: one decides while the other commits.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from services.chassis import telemetry
from services.chassis.aggregate import Aggregate
from services.chassis.batch import Batch
from services.chassis.crash_points import pass_crash_point
from services.chassis.database import Pool
from services.chassis.errors import Broken, Overloaded, Refused, Transient
from services.chassis.event_log import EventLog, LogRow, Projection, VersionConflictError
from services.chassis.finishing import finished
from services.chassis.orders import Done, Order
from services.chassis.snapshot_cache import SnapshotCache

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
P = TypeVar("P")

batch_size_max = 256
waiting_orders_max = 20_000
offered_wait_seconds_max = 2.0
"""Whoever asks gives up after three seconds: what could not be answered by then is refused at once instead."""
order_seconds_expected = 0.0003
"""What an order costs in a full batch, until that was measured here."""
measured_batch_min = 64
conflict_attempts_max = 6
batches_in_flight_max = 2

Outcome = Done[S, E] | Refused | Transient | Broken
Settle = Callable[[Outcome[S, E]], None]
Member = tuple[Order[C], Settle[S, E], float]
"""With the instant of its arrival."""
Prepare = Callable[[Sequence[tuple[Order[C], S]], bool], Awaitable[Sequence[P | Refused]]]
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def _broken(error: Exception) -> Broken:
    return Broken(f"{type(error).__name__}: {error}")


def _stopping() -> Transient:
    return Transient("the service is stopping; try again in a moment")


class Pipeline(Generic[S, C, P, E]):
    """The only writer of one kind of stream in this process.

    `prepare` turns the orders of a batch, with the states that they meet, into what `decide` takes (a run's command
    gets its graph). It may read, never write; its second argument says whether it may trust what it has cached, which
    it must not after the batch was refused as stale.
    """

    def __init__(
        self,
        *,
        name: str,
        pool: Pool,
        aggregate: Aggregate[S, P, E],
        projection: Projection[S, E],
        prepare: Prepare[C, S, P],
        on_committed: Callable[[Sequence[LogRow]], None],
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._name = name
        self._aggregate = aggregate
        self._log = EventLog(name, pool, aggregate, projection)
        self._prepare = prepare
        self._on_committed = on_committed
        self._clock = clock
        self._cache: SnapshotCache[S] = SnapshotCache()
        self._waiting: deque[Member[C, S, E]] = deque()
        self._arrived = asyncio.Event()
        self._batches_in_flight = 0
        self._streams_in_flight: set[UUID] = set()
        self._stopped = False
        self._order_seconds = order_seconds_expected

    def offer(self, order: Order[C], settle: Settle[S, E]) -> None:
        """Queue an order of someone who can come back, unless those before it wait for too long already."""
        if self._wait_seconds() > offered_wait_seconds_max:
            telemetry.ORDERS_SHED.labels(self._name).inc()
            settle(Overloaded("more is asked than can be done; try again in a moment"))
            return
        self.submit(order, settle)

    def _wait_seconds(self) -> float:
        """Return how long an order would wait: as long as the first has, or as what is before it takes."""
        if not self._waiting:
            return 0.0
        waited = time.perf_counter() - self._waiting[0][2]
        return max(waited, len(self._waiting) * self._order_seconds)

    def submit(self, order: Order[C], settle: Settle[S, E]) -> None:
        """Queue an order; `settle` is called once, after the commit or the refusal."""
        if self._stopped:
            settle(_stopping())
            return
        if len(self._waiting) >= waiting_orders_max:
            settle(Transient("too many orders are waiting; try again in a moment"))
            return
        self._waiting.append((order, settle, time.perf_counter()))
        self._arrived.set()

    async def execute(self, order: Order[C]) -> Done[S, E]:
        """Queue an order and wait for its outcome. Raises Refused, Transient, Broken."""
        outcome = (await self.execute_all([order]))[0]
        if isinstance(outcome, Done):
            return outcome
        raise outcome

    async def execute_all(self, orders: Sequence[Order[C]]) -> Sequence[Outcome[S, E]]:
        """Queue many orders and wait for all their outcomes, in the same order."""
        outcomes: dict[int, Outcome[S, E]] = {}
        finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settle(place: int, outcome: Outcome[S, E]) -> None:
            outcomes[place] = outcome
            if len(outcomes) == len(orders) and not finished.done():
                finished.set_result(None)

        for place, order in enumerate(orders):
            self.submit(order, partial(settle, place))
        if orders:
            await finished
        return [outcomes[place] for place in range(len(orders))]

    async def run(self) -> None:
        """Work until cancelled; then batches in flight are finished and answered, and whoever waits is told to go."""
        async with asyncio.TaskGroup() as batches:
            try:
                while True:
                    await self._arrived.wait()
                    self._arrived.clear()
                    self._start(batches)
            finally:
                self._stop()

    def _start(self, batches: asyncio.TaskGroup) -> None:
        while self._batches_in_flight < batches_in_flight_max:
            members = self._take()
            if not members:
                return
            self._batches_in_flight += 1
            batches.create_task(finished(self._work(members)))

    def _stop(self) -> None:
        self._stopped = True
        while self._waiting:
            _, settle, _ = self._waiting.popleft()
            settle(_stopping())

    def _take(self) -> list[Member[C, S, E]]:
        """Take what waits, but for streams that a batch in flight is about to move: their orders keep their turn."""
        taken: list[Member[C, S, E]] = []
        held: list[Member[C, S, E]] = []
        while self._waiting and len(taken) < batch_size_max:
            member = self._waiting.popleft()
            busy = member[0].stream_id in self._streams_in_flight
            (held if busy else taken).append(member)
        self._waiting.extendleft(reversed(held))
        self._streams_in_flight.update(order.stream_id for order, _, _ in taken)
        return taken

    async def _work(self, members: list[Member[C, S, E]]) -> None:
        started = time.perf_counter()
        orders = [order for order, _, _ in members]
        links = [order.traceparent for order in orders] if telemetry.is_tracing() else ()
        try:
            with telemetry.span(f"commit {self._name}", links=links, size=len(orders)):
                outcomes = await self._outcomes(orders)
        finally:
            self._batches_in_flight -= 1
            self._streams_in_flight.difference_update(order.stream_id for order in orders)
            self._arrived.set()
        for (_, settle, _), outcome in zip(members, outcomes, strict=True):
            settle(outcome)
        seconds = time.perf_counter() - started
        self._measure(len(members), seconds)
        telemetry.BATCH_SIZE.labels(self._name).observe(len(members))
        telemetry.BATCH_SECONDS.labels(self._name).observe(seconds)

    def _measure(self, size: int, seconds: float) -> None:
        """Learn from the larger batches, of which two are under way at once, what an order costs."""
        if size >= measured_batch_min:
            found = seconds / size / batches_in_flight_max
            self._order_seconds += (found - self._order_seconds) / 4

    async def _outcomes(self, orders: Sequence[Order[C]]) -> Sequence[Outcome[S, E]]:
        try:
            return await self._commit(orders)
        except Transient as error:
            return [error] * len(orders)
        except Exception as error:  # what cannot be decided or written must not end the pipeline
            self._forget(orders)
            if len(orders) == 1:
                logger.exception("order broke", extra={"cause": orders[0].cause})
                return [error if isinstance(error, Broken) else _broken(error)]
        # One bad order must not sink its batch: each is tried alone.
        return [(await self._outcomes([order]))[0] for order in orders]

    async def _commit(self, orders: Sequence[Order[C]]) -> Sequence[Outcome[S, E]]:
        for attempt in range(conflict_attempts_max):
            trusting = attempt == 0
            batch: Batch[S, C, P, E] = Batch(
                self._aggregate, self._cache, self._clock(), trusting=trusting
            )
            outcomes = await self._decide(batch, orders, trusting=trusting)
            try:
                appended = await self._log.append(batch.changes(), batch.causes, batch.now)
            except VersionConflictError:
                self._forget(orders)
                continue
            except Transient:
                self._forget(orders)
                raise
            if appended.rows:
                pass_crash_point("append-committed")
                self._on_committed(appended.rows)
            batch.remember(appended.sizes)
            return outcomes
        msg = "another replica moved the same streams; try again in a moment"
        raise Transient(msg)

    def _forget(self, orders: Sequence[Order[C]]) -> None:
        for order in orders:
            self._cache.forget(order.stream_id)

    async def _decide(
        self, batch: Batch[S, C, P, E], orders: Sequence[Order[C]], *, trusting: bool
    ) -> Sequence[Outcome[S, E]]:
        outcomes: dict[int, Outcome[S, E]] = {}
        places: Sequence[int] = range(len(orders))
        while places:
            await self._load(batch, [orders[place] for place in places])
            pairs = [(orders[p], batch.state(orders[p].stream_id)) for p in places]
            prepared = await self._prepare(pairs, trusting)
            for place, command in zip(places, prepared, strict=True):
                outcomes[place] = batch.decide(orders[place], command)
            # A stale fold may win, since the append checks its version, but it must not refuse.
            stale = batch.drop_unproven()
            places = [place for place in places if orders[place].stream_id in stale]
        return [outcomes[place] for place in range(len(orders))]

    async def _load(self, batch: Batch[S, C, P, E], orders: Sequence[Order[C]]) -> None:
        missing = batch.missing(orders)
        if missing:
            batch.loaded(missing, await self._log.load(missing))


async def as_they_are(pairs: Sequence[tuple[Order[C], S]], _: bool) -> Sequence[C]:  # noqa: FBT001 - see Prepare
    """Prepare nothing: `decide` takes the commands as they were ordered."""
    return [order.command for order, _ in pairs]
