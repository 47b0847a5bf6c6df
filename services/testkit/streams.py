"""The pipeline's twin in memory: the same rules and the same outcomes, without a database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from contracts.envelope import CloudEvent
from services.chassis.aggregate import Aggregate
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.orders import Change, Done, Order
from services.chassis.pipeline import Prepare

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
P = TypeVar("P")


class Streams(Generic[S, C, P, E]):
    """Every stream of one kind, decided one order at a time; `on_change` hears of each order that did something."""

    def __init__(
        self,
        source: str,
        aggregate: Aggregate[S, P, E],
        prepare: Prepare[C, S, P],
        clock: Callable[[], datetime],
        on_change: Callable[[Change[S, E], Sequence[CloudEvent]], None],
    ) -> None:
        self._source = source
        self._aggregate = aggregate
        self._prepare = prepare
        self._clock = clock
        self._on_change = on_change
        self._states: dict[UUID, S] = {}
        self._events: dict[UUID, list[CloudEvent]] = {}
        self._position = 0

    def state(self, stream_id: UUID) -> S:
        """Return the fold of a stream; that of an empty one if there is none."""
        return self._states.get(stream_id, self._aggregate.initial())

    def events(self, stream_id: UUID) -> Sequence[CloudEvent]:
        """Return the log of a stream, in order."""
        return tuple(self._events.get(stream_id, ()))

    def ids(self) -> Iterator[UUID]:
        """Yield the streams in the order in which they began."""
        return iter(tuple(self._states))

    async def execute(self, order: Order[C]) -> Done[S, E]:
        """Decide an order. Raises Refused."""
        stream_id, state = order.stream_id, self.state(order.stream_id)
        prepared = (await self._prepare([(order, state)], True))[0]  # noqa: FBT003 - as Prepare is called
        if isinstance(prepared, Refused):
            raise prepared
        now = self._clock()
        decision = self._aggregate.execute(state, prepared, now)
        if decision.events:
            first = len(self._events.setdefault(stream_id, [])) + 1
            self._states[stream_id] = decision.state
            told = [
                self._told(order, event, first + place, now)
                for place, event in enumerate(decision.events)
            ]
            self._events[stream_id].extend(told)
            self._on_change(
                Change(stream_id, state, decision.state, decision.events, first, now), told
            )
        return Done(decision.state, decision.events)

    async def execute_all(
        self, orders: Sequence[Order[C]]
    ) -> Sequence[Done[S, E] | Refused | Transient | Broken]:
        """Decide orders one after the other and return their outcomes."""
        outcomes: list[Done[S, E] | Refused | Transient | Broken] = []
        for order in orders:
            try:
                outcomes.append(await self.execute(order))
            except Refused as refusal:
                outcomes.append(refusal)
        return outcomes

    def _told(self, order: Order[C], event: E, sequence: int, now: datetime) -> CloudEvent:
        encoded = self._aggregate.encode_event(event)
        self._position += 1
        return CloudEvent(
            id=f"{order.stream_id}-{sequence}",
            source=self._source,
            type=encoded.type,
            subject=str(order.stream_id),
            time=now,
            dataschema=f"{encoded.type}/{encoded.schema_version}",
            sequence=sequence,
            logposition=self._position,
            data=orjson.loads(encoded.data),
        )
