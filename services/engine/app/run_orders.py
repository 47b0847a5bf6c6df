"""Carries out what runs ask of other runs: starts, ends, and how children are doing.

Orders are committed with the facts that they follow from. Whoever claims one has it for a moment; should that
replica die, another claims it again. Starting, cancelling and reporting twice changes nothing, so nothing is done twice
in a way that shows, and nothing is forgotten.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import assert_never
from uuid import UUID

from contracts.actor import SYSTEM, Actor
from contracts.run import CancelRun, ChildReport, ParentRun, RunError
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.event_log import LogRow
from services.chassis.orders import Done, Order
from services.engine.app.orders import RunOrder, RunOutcome, RunPipeline, StartTriggered, order_for
from services.engine.app.ports import GivenOrder, GivenOrders
from services.engine.domain.run_commands import ReportChildren
from services.engine.domain.run_evolve import UNFINISHED
from services.engine.domain.run_state import Calling, Live, RunState

poll_seconds = 0.5
lease_seconds = 10.0
put_off_seconds = 1.0
orders_a_round_max = 200
"""A child run's input or output may be 256 KiB."""
cancel_seconds_max = 120.0
"""How long a run that is to be cancelled may still be about to start."""
starters_kept_max = 1_024
givers_heard_max = 10_000
ACTOR = "engine"
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class OrderBell:
    """Rings when this process has committed orders; costs nothing while there are none."""

    def __init__(self) -> None:
        self._givers: set[UUID] = set()
        self._rung = asyncio.Event()

    def expect(self, givers: Iterable[UUID]) -> None:
        """Orders of these runs are about to be committed."""
        if len(self._givers) > givers_heard_max:  # commits that failed
            self._givers.clear()
        self._givers.update(givers)

    def committed(self, rows: Sequence[LogRow]) -> None:
        """Ring if these events gave orders."""
        if self._givers:
            heard = self._givers & {row[1] for row in rows}
            if heard:
                self._givers -= heard
                self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


@dataclass(slots=True)
class _Outcome:
    """What a round makes of its orders."""

    done: list[int] = field(default_factory=list)
    put_off: list[int] = field(default_factory=list)
    refused_starts: list[tuple[GivenOrder, Refused | Broken]] = field(default_factory=list)
    orphans: dict[UUID, int] = field(default_factory=dict)
    """Runs whose parents do not wait for them, with the order that told of them."""


class RunOrders:
    """Every replica claims; no two have the same order at once."""

    def __init__(
        self,
        store: GivenOrders,
        pipeline: RunPipeline,
        bell: OrderBell,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._bell = bell
        self._clock = clock
        self._starters: OrderedDict[UUID, Actor] = OrderedDict()

    async def run(self) -> None:
        """Work until cancelled, whenever the bell rings and twice a second."""
        while True:
            try:
                claimed = await self.round()
            except Transient as error:
                logger.info("orders of runs put off", extra={"reason": str(error)})
                claimed = 0
            if claimed < orders_a_round_max:
                await self._bell.wait(poll_seconds)

    async def round(self) -> int:
        """Carry out what is due, and return how many orders that were. Raises Transient."""
        now = self._clock()
        until = now + timedelta(seconds=lease_seconds)
        orders = await self._store.claim(now, until, orders_a_round_max)
        if orders:
            pass_crash_point("orders-claimed")
            await self._carry_out(orders, until)
        return len(orders)

    async def _carry_out(self, orders: Sequence[GivenOrder], until: datetime) -> None:
        groups = _groups(orders)
        starts = [group[0] for group in groups if group[0].kind == "start"]
        actors = await self._actors({start.giver_id for start in starts})
        if self._clock() > until:
            return  # stopped for so long that others have these orders now
        commands = [self._order(group, actors) for group in groups]
        outcomes = await self._pipeline.execute_all(commands)
        found = _Outcome()
        for group, outcome in zip(groups, outcomes, strict=True):
            self._judge(group, outcome, found)
        await self._tell_refused(found)
        await self._cancel_orphans(found)
        if found.put_off:
            pause = timedelta(seconds=put_off_seconds)
            await self._store.put_off(found.put_off, self._clock() + pause)
        if found.done:
            await self._store.done(found.done)

    async def _actors(self, givers: set[UUID]) -> dict[UUID, Actor]:
        """Return who started the runs that start others, or the system."""
        missing = givers - self._starters.keys()
        if missing:
            self._starters.update(await self._store.starters(list(missing)))
        actors = {giver: self._starters.get(giver, SYSTEM) for giver in givers}
        while len(self._starters) > starters_kept_max:
            self._starters.popitem(last=False)
        return actors

    def _order(self, group: Sequence[GivenOrder], actors: dict[UUID, Actor]) -> Order[RunOrder]:
        first = group[0]
        command: RunOrder
        match first.kind:
            case "start":
                command = _start(first, actors[first.giver_id])
            case "cancel":
                command = _cancel(first.run_id, str(first.data["status"]))
            case "report":
                command = _report(group)
            case unknown:
                assert_never(unknown)
        return order_for(first.run_id, command, actor=ACTOR)

    def _judge(self, group: Sequence[GivenOrder], outcome: RunOutcome, found: _Outcome) -> None:
        ids = [order.id for order in group]
        first = group[0]
        match outcome:
            case Transient():
                found.put_off += ids
            case Done(state=state):
                found.done += ids
                if first.kind == "report":
                    _note_orphans(group, state, found)
            case Refused() | Broken() if first.kind == "start":
                found.refused_starts.append((first, outcome))
            case Refused(code="run-not-found") if first.kind == "cancel":
                age = (self._clock() - first.given_at).total_seconds()
                (found.put_off if age < cancel_seconds_max else found.done).extend(ids)
            case Refused():
                found.done += ids
            case Broken():
                logger.error(
                    "order of a run broke", extra={"run_id": str(first.run_id), "kind": first.kind}
                )
                # Its lease runs out by itself, and it is tried again: the next release may know better.

    async def _tell_refused(self, found: _Outcome) -> None:
        """Tell parents that runs could not be started, as if these had failed."""
        if not found.refused_starts:
            return
        reports = []
        for start, refusal in found.refused_starts:
            parent = ParentRun.model_validate(start.data["parent"])
            logger.warning(
                "child run not started",
                extra={"run_id": str(start.run_id), "parent_run_id": str(parent.run_id)},
            )
            report = ChildReport(
                index=parent.index,
                run_id=start.run_id,
                sequence=1,
                status="Failed",
                error=_error_of(refusal),
            )
            command = ReportChildren(parent.node, parent.visit, (report,))
            reports.append(order_for(parent.run_id, command, actor=ACTOR))
        outcomes = await self._pipeline.execute_all(reports)
        for (start, _), outcome in zip(found.refused_starts, outcomes, strict=True):
            over = isinstance(outcome, Done | Refused)
            (found.done if over else found.put_off).append(start.id)

    async def _cancel_orphans(self, found: _Outcome) -> None:
        """End runs that nobody waits for any more: they were started by a replica that had long been given up."""
        orders = [
            order_for(run_id, _cancel(run_id, "Cancelled"), actor=ACTOR) for run_id in found.orphans
        ]
        outcomes = await self._pipeline.execute_all(orders)
        for order_id, outcome in zip(found.orphans.values(), outcomes, strict=True):
            if isinstance(outcome, Transient):
                found.done.remove(order_id)
                found.put_off.append(order_id)


def _groups(orders: Sequence[GivenOrder]) -> list[list[GivenOrder]]:
    """Return orders as they are carried out: one by one, but reports for one visit together."""
    groups: dict[object, list[GivenOrder]] = {}
    for order in orders:
        key: object = order.id
        if order.kind == "report":
            key = (order.run_id, order.data["node"], order.data["visit"])
        groups.setdefault(key, []).append(order)
    return list(groups.values())


def _start(order: GivenOrder, actor: Actor) -> StartTriggered:
    return StartTriggered(
        workflow_id=UUID(order.data["workflow_id"]),
        trigger="workflow",
        trigger_output=order.data["input"],
        actor=actor,
        parent=ParentRun.model_validate(order.data["parent"]),
    )


def _cancel(run_id: UUID, status: str) -> CancelRun:
    over = {"Cancelled": "was cancelled", "Failed": "failed", "Completed": "has ended"}
    reason = f"Its parent run {over.get(status, 'does not wait for it any more')}."
    return CancelRun(run_id=run_id, reason=reason, actor=SYSTEM)


def _report(group: Sequence[GivenOrder]) -> ReportChildren:
    first = group[0].data
    reports = tuple(ChildReport.model_validate(order.data) for order in group)
    return ReportChildren(first["node"], first["visit"], reports)


def _note_orphans(group: Sequence[GivenOrder], parent: RunState, found: _Outcome) -> None:
    """Note runs that live although the visit which called them does not wait for them."""
    for order in group:
        if order.data["status"] in UNFINISHED and not _is_awaited(order, parent):
            found.orphans[order.giver_id] = order.id


def _is_awaited(order: GivenOrder, parent: RunState) -> bool:
    node = parent.nodes.get(order.data["node"]) if isinstance(parent, Live) else None
    return (
        isinstance(node, Calling)
        and node.visit == order.data["visit"]
        and order.data["index"] in node.running
    )


def _error_of(refusal: Refused | Broken) -> RunError:
    if isinstance(refusal, Refused):
        return RunError(code=refusal.code, message=refusal.message, details=refusal.details)
    return RunError(code="not-startable", message="A run of this workflow could not be started.")
