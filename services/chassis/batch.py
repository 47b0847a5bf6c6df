"""One batch in the making: the folds that it met, what it decided, and what is still to be proven."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from services.chassis.aggregate import Aggregate
from services.chassis.errors import Broken, Refused
from services.chassis.orders import Change, Done, Order
from services.chassis.snapshot_cache import Fold, SnapshotCache

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
P = TypeVar("P")
logger = logging.getLogger(__name__)


class Cause:
    """The metadata of the events of one order, as JSON, and its trace."""

    __slots__ = ("metadata", "traceparent")

    def __init__(self, order: Order[C]) -> None:
        self.metadata = orjson.dumps({"actor": order.actor, "cause": order.cause}).decode()
        self.traceparent = order.traceparent


class Batch(Generic[S, C, P, E]):
    """Decides orders one after the other on folds that move as it goes."""

    def __init__(
        self,
        aggregate: Aggregate[S, P, E],
        cache: SnapshotCache[S],
        now: datetime,
        *,
        trusting: bool = True,
    ) -> None:
        self.now = now
        self.causes: dict[UUID, list[Cause]] = {}
        self._aggregate = aggregate
        self._cache = cache
        self._trusting = trusting
        self._met: dict[UUID, Fold[S]] = {}
        self._fresh: set[UUID] = set()
        self._doubted: set[UUID] = set()
        self._states: dict[UUID, S] = {}
        self._events: dict[UUID, list[E]] = {}

    def missing(self, orders: Iterable[Order[C]]) -> list[UUID]:
        """Return the streams whose folds must be read; the cache, or the word of an order, serves the others.

        A batch that was refused as stale before trusts neither.
        """
        missing: dict[UUID, None] = {}
        for order in orders:
            stream_id = order.stream_id
            if stream_id in self._met or stream_id in missing:
                continue
            fold = self._cache.get(stream_id) if self._trusting else None
            if fold is None and order.opens and self._trusting and stream_id not in self._doubted:
                fold = Fold(0, self._aggregate.initial(), 0)
            if fold is None:
                missing[stream_id] = None
            else:
                self._meet(stream_id, fold)
        return list(missing)

    def loaded(self, asked: Sequence[UUID], folds: Mapping[UUID, Fold[S]]) -> None:
        """Take the folds that were read; a stream without one has no events yet."""
        for stream_id in asked:
            fold = folds.get(stream_id)
            self._meet(stream_id, fold or Fold(0, self._aggregate.initial(), 0))
            self._fresh.add(stream_id)

    def _meet(self, stream_id: UUID, fold: Fold[S]) -> None:
        self._met[stream_id] = fold
        self._states[stream_id] = fold.state

    def state(self, stream_id: UUID) -> S:
        """Return the fold as this batch has moved it."""
        return self._states[stream_id]

    def decide(self, order: Order[C], command: P | Refused) -> Done[S, E] | Refused | Broken:
        """Decide one order; a rule that breaks costs only its own order."""
        if isinstance(command, Refused):
            return command
        stream_id = order.stream_id
        state = self._states[stream_id]
        try:
            decision = self._aggregate.execute(state, command, self.now)
        except Refused as refusal:
            return refusal
        except Exception as error:  # a rule must not take its neighbours down
            logger.exception("a rule broke", extra={"cause": order.cause})
            return Broken(f"{type(error).__name__}: {error}")
        if decision.events:
            self._states[stream_id] = decision.state
            self._events.setdefault(stream_id, []).extend(decision.events)
            self.causes.setdefault(stream_id, []).extend([Cause(order)] * len(decision.events))
        return Done(decision.state, decision.events)

    def drop_unproven(self) -> set[UUID]:
        """Forget folds from the cache that no append of this batch will prove, and return their streams."""
        stale = self._met.keys() - self._fresh - self._events.keys()
        for stream_id in stale:
            self._cache.forget(stream_id)
            del self._met[stream_id]
        self._doubted |= stale
        return stale

    def changes(self) -> list[Change[S, E]]:
        """Return what is to be appended, stream by stream, in order of their ids so that writers never deadlock."""
        return [
            Change(
                stream_id=stream_id,
                before=self._met[stream_id].state,
                after=self._states[stream_id],
                events=tuple(self._events[stream_id]),
                first_version=self._met[stream_id].version + 1,
                occurred_at=self.now,
            )
            for stream_id in sorted(self._events)
        ]

    def remember(self, sizes: Mapping[UUID, int]) -> None:
        """After the commit: keep the folds that can still move."""
        for stream_id, events in self._events.items():
            state = self._states[stream_id]
            if self._aggregate.has_ended(state):
                self._cache.forget(stream_id)
            else:
                version = self._met[stream_id].version + len(events)
                self._cache.put(stream_id, Fold(version, state, sizes.get(stream_id, 0)))
