"""The orders that runs give to other runs, in memory."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

import orjson

from contracts.actor import Actor
from contracts.envelope import CloudEvent
from contracts.run import RunFact
from services.chassis.orders import Change
from services.engine.adapters.run_orders_given import orders_given
from services.engine.app.ports import GivenOrder
from services.engine.domain.run_state import Ended, RunState

BEGINNINGS = frozenset({"flusso.run.queued", "flusso.run.started"})


class MemoryOrders:
    """Implements `GivenOrders`: what is claimed is gone, since nothing here dies in between."""

    def __init__(self, events_of: Callable[[UUID], Sequence[CloudEvent]]) -> None:
        self._events_of = events_of
        self._numbers = count(1)
        self._waiting: OrderedDict[int, GivenOrder] = OrderedDict()

    def follow_run(self, change: Change[RunState, RunFact]) -> None:
        """Take the orders that a change of a run gives; one that has ended starts nothing any more."""
        if isinstance(change.after, Ended):
            for order in list(self._waiting.values()):
                if order.giver_id == change.stream_id and order.kind == "start":
                    del self._waiting[order.id]
        for row in orders_given(change):
            number = next(self._numbers)
            data = orjson.loads(orjson.dumps(row.data))
            self._waiting[number] = GivenOrder(
                number, row.run_id, row.kind, row.giver_id, data, row.due_at, 1
            )

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[GivenOrder]:  # noqa: ARG002 - nobody else claims
        """Take orders, oldest first."""
        claimed = list(self._waiting.values())[:limit]
        for order in claimed:
            del self._waiting[order.id]
        return claimed

    async def done(self, order_ids: Sequence[int]) -> None:
        """Forget orders: they are forgotten already."""

    async def put_off(self, order_ids: Sequence[int], until: datetime) -> None:
        """Drop orders that cannot be carried out: here nothing is away, so they never can."""

    async def starters(self, run_ids: Sequence[UUID]) -> Mapping[UUID, Actor]:
        """Return who started those runs."""
        return {
            run_id: Actor.model_validate(event.data["actor"])
            for run_id in run_ids
            for event in self._events_of(run_id)[:1]
            if event.type in BEGINNINGS
        }
