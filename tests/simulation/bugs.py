"""Bugs that are planted to prove that the simulation finds them: each breaks one promise of one part, and no other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.base import Json
from contracts.envelope import CloudEvent
from contracts.run import NodeScheduled, RunFact
from contracts.task import TaskFact
from services.chassis.aggregate import Decision
from services.chassis.batch import Batch
from services.chassis.consumer import BatchConsumer, Delivery, Verdict
from services.chassis.database import Connection, Row
from services.chassis.errors import Refused, Transient
from services.chassis.event_log import LogRow
from services.chassis.orders import Order
from services.chassis.pipeline import Outcome, Pipeline
from services.chassis.relay import Message, Relay
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.ports import GivenOrder, Timer
from services.engine.app.run_orders import RunOrders
from services.engine.app.timers import Timers
from services.engine.app.worker import Worker
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_commands import FireRetry, RecordNodeResult, Resolve, RunCommand
from services.engine.domain.run_state import Live, Retrying, RunState, Scheduled, open_waits
from services.gateway.app.forward_intake import Forwarder
from services.gateway.app.ports import Claimed
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.domain.task_commands import Close, Decide, Open, TaskCommand, TimeOut
from services.tasks.domain.task_state import Pending, Resolved, TaskState, Unknown
from tests.simulation.faults import BROKER, CONSUMER, CRASH, DATABASE, LOSS, STOP, TROUBLE, WIPE
from tests.simulation.parts import REAL, Parts
from tests.simulation.world import Result, World, run_seed

# -- rules -------------------------------------------------------------------------------------------------------------


class OpensTwice(TaskAggregate):
    """A pause that is heard of again opens its task again."""

    def execute(
        self, state: TaskState, command: TaskCommand, now: datetime
    ) -> Decision[TaskState, TaskFact]:
        if isinstance(command, Open) and isinstance(state, Pending | Resolved):
            fresh = super().execute(Unknown(), command, now)
            return Decision(fresh.events, state)
        return super().execute(state, command, now)


class DecidesTwice(TaskAggregate):
    """A decision on a task that is decided wins too."""

    def execute(
        self, state: TaskState, command: TaskCommand, now: datetime
    ) -> Decision[TaskState, TaskFact]:
        if isinstance(command, Decide) and isinstance(state, Resolved):
            return super().execute(Pending(state.opened), command, now)
        return super().execute(state, command, now)


class ClockDecidesLate(TaskAggregate):
    """A timeout does not ask whether somebody has decided before."""

    def execute(
        self, state: TaskState, command: TaskCommand, now: datetime
    ) -> Decision[TaskState, TaskFact]:
        if isinstance(command, TimeOut) and isinstance(state, Resolved):
            return super().execute(Pending(state.opened), command, now)
        return super().execute(state, command, now)


class ForgetsTombstones(TaskAggregate):
    """The end of a run that is heard of before its pause leaves nothing behind."""

    def execute(
        self, state: TaskState, command: TaskCommand, now: datetime
    ) -> Decision[TaskState, TaskFact]:
        if isinstance(command, Close) and isinstance(state, Unknown):
            return Decision((), state)
        return super().execute(state, command, now)


class TakesAnyAnswer(RunAggregate):
    """An answer resumes whatever the run waits for, not the pause that it was given for."""

    def execute(
        self, state: RunState, command: RunCommand, now: datetime
    ) -> Decision[RunState, RunFact]:
        if isinstance(command.command, Resolve) and isinstance(state, Live):
            for _, asking in open_waits(state):
                resolve = replace(command.command, task_id=asking.task_id)
                try:
                    return super().execute(state, replace(command, command=resolve), now)
                except Refused:
                    continue
        return super().execute(state, command, now)


class StaleTimer(RunAggregate):
    """A retry fires for an attempt that is under way already."""

    def execute(
        self, state: RunState, command: RunCommand, now: datetime
    ) -> Decision[RunState, RunFact]:
        fire = command.command
        if isinstance(fire, FireRetry) and isinstance(state, Live):
            node = state.nodes.get(fire.node)
            if isinstance(node, Scheduled):
                nodes = {**state.nodes, fire.node: Retrying(fire.visit, fire.attempt)}
                return super().execute(replace(state, nodes=nodes), command, now)
        return super().execute(state, command, now)


class TakesOldResults(RunAggregate):
    """The result of an earlier attempt counts for the one under way."""

    def execute(
        self, state: RunState, command: RunCommand, now: datetime
    ) -> Decision[RunState, RunFact]:
        result = command.command
        if isinstance(result, RecordNodeResult) and isinstance(state, Live):
            node = state.nodes.get(result.node)
            if isinstance(node, Retrying):
                nodes = {**state.nodes, result.node: Scheduled(result.visit, result.attempt)}
                return super().execute(replace(state, nodes=nodes), command, now)
        return super().execute(state, command, now)


# -- pipeline ----------------------------------------------------------------------------------------------------------


class AnswersBeforeTheCommit(Pipeline[Any, Any, Any, Any]):
    """Whoever asked is told what was decided, whatever comes of the commit."""

    async def _commit(self, orders: Sequence[Order[Any]]) -> Sequence[Outcome[Any, Any]]:
        batch: Batch[Any, Any, Any, Any] = Batch(self._aggregate, self._cache, self._clock())
        outcomes = await self._decide(batch, orders, trusting=True)
        try:
            await super()._commit(orders)
        except Transient:
            return outcomes
        return outcomes


class CachesBeforeTheCommit(Pipeline[Any, Any, Any, Any]):
    """The fold of a commit that failed stays in the cache, and what it would have been is believed."""

    async def _commit(self, orders: Sequence[Order[Any]]) -> Sequence[Outcome[Any, Any]]:
        batch: Batch[Any, Any, Any, Any] = Batch(self._aggregate, self._cache, self._clock())
        await self._decide(batch, orders, trusting=True)
        try:
            return await super()._commit(orders)
        except Transient:
            batch.remember({})
            raise

    def _forget(self, orders: Sequence[Order[Any]]) -> None:
        """Keep it."""


# -- delivery ----------------------------------------------------------------------------------------------------------


class AcknowledgesFirst(BatchConsumer):
    """What is acknowledged before it is handled is gone with whoever had it in hand."""

    async def _work(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            await self._settle(delivery.message, None)
        events = [event for delivery in deliveries for event in await self._read(delivery)]
        await self._judge(events)


class AcknowledgesFailures(BatchConsumer):
    """What could not be handled now is acknowledged as if it had been."""

    async def _judge(self, events: Sequence[CloudEvent]) -> Sequence[Verdict]:
        verdicts = await super()._judge(events)
        return [None if isinstance(verdict, Transient) else verdict for verdict in verdicts]


class MovesTheCursorFirst(Relay):
    """The cursor does not wait for the broker's word."""

    async def _publish(self, messages: Sequence[Message], last_position: int) -> None:
        await self._send(messages, self._epoch)
        self._cursor = replace(self._cursor, position=last_position)


class NeverRewinds(Relay):
    """A stream that has lost its past is told only what is new."""

    def _forget_stream(self, created_at: str, last_sequence: int) -> None:
        self._marks.clear()
        self._cursor = replace(
            self._cursor, stream_created_at=created_at, stream_sequence=last_sequence
        )


class RewindsToTheCursor(Relay):
    """What was told counts as consumed."""

    def _note_consumed(self, sequence: int) -> None:
        del sequence
        self._cursor = replace(self._cursor, consumed_position=self._cursor.position)


class SkipsWhatIsNotHanded(Relay):
    """What another replica committed in between is passed over when this one's own rows are at hand."""

    async def _next_rows(self, connection: Connection) -> Sequence[LogRow | Row]:
        if self._handed:
            rows: list[LogRow] = []
            for first in sorted(self._handed):
                rows.extend(row for row in self._handed[first] if row[0] > self._cursor.position)
            self._handed.clear()
            if rows:
                return rows
        return await super()._next_rows(connection)


# -- loops -------------------------------------------------------------------------------------------------------------


class PerformsWithoutAsking(Worker):
    """A job that is offered again is done again, whether or not its result is known."""

    async def perform(self, event: CloudEvent) -> None:
        job = NodeScheduled.model_validate(event.data)
        await self._perform(event, UUID(event.subject), job, open_gate)


class NeverLooksAgain(Worker):
    """What was wanted once is wanted for ever, however long the worker stood still or waited for its turn."""

    async def _performed(self, run_id: UUID, job: NodeScheduled, gate: Gate) -> dict[str, Json]:
        del gate
        return await super()._performed(run_id, job, open_gate)


class ForgetsOrdersFirst(RunOrders):
    """Orders of runs are forgotten when they are claimed."""

    async def _carry_out(self, orders: Sequence[GivenOrder], until: datetime) -> None:
        await self._store.done([order.id for order in orders])
        await super()._carry_out(orders, until)


class ForgetsTimersFirst(Timers):
    """Timers are forgotten when they are claimed."""

    async def _fire(self, timers: Sequence[Timer], now: datetime) -> int:
        await self._store.delete_timers(timers, now)
        return await super()._fire(timers, now)


class FiresEarly(Timers):
    """A timer that is nearly due is fired."""

    async def fire_due(self) -> int:
        now = self._looked_at = self._clock() + timedelta(seconds=0.2)
        timers = await self._store.claim_timers(now, now + timedelta(seconds=2), 500)
        return await self._fire(timers, now) if timers else 0


class ForgetsArrivalsFirst(Forwarder):
    """The intake lets go of what it is about to hand over."""

    async def _forward(self, claimed: Claimed) -> bool:
        await self._intake.forwarded([claimed.run_id])
        return await super()._forward(claimed)


@dataclass(frozen=True, slots=True)
class Bug:
    """What is broken, and the world in which that matters: its faults, its workflows, with or without reconciling."""

    parts: Parts
    kinds: Sequence[str] = ()
    workflows: Sequence[str] = ()
    reconciles: bool = False
    storm_seconds: float = 0.0

    def prepare(self, world: World) -> None:
        """Make the world one in which the bug is likely to bite."""
        if self.kinds:
            world.faults.kinds = self.kinds
            world.has_reconciler = self.reconciles
        if self.workflows:
            world.people.workflows = list(self.workflows)
        if self.storm_seconds:
            world.storm_seconds = self.storm_seconds


def find(bug: Bug, seeds_max: int) -> tuple[int, Result] | None:
    """Return how many seeds it took to find the bug, and what was found."""
    for seed in range(seeds_max):
        outcome = run_seed(seed, bug.parts, before=bug.prepare)
        if outcome.faults:
            return seed + 1, outcome
    return None


BUGS: dict[str, Bug] = {
    "a repeated pause opens its task twice": Bug(replace(REAL, task_aggregate=OpensTwice)),
    "a second decision wins too": Bug(replace(REAL, task_aggregate=DecidesTwice)),
    "the clock overrules a decision": Bug(
        replace(REAL, task_aggregate=ClockDecidesLate), (STOP,), ("in time",)
    ),
    "an end before its pause leaves no trace": Bug(
        replace(REAL, task_aggregate=ForgetsTombstones), (TROUBLE,), ("ask", "side by side")
    ),
    "an answer resumes another pause": Bug(
        replace(REAL, run_aggregate=TakesAnyAnswer), workflows=("ask twice", "side by side")
    ),
    "a stale timer fires": Bug(replace(REAL, run_aggregate=StaleTimer), (STOP,), ("act",)),
    "an old result counts again": Bug(
        replace(REAL, run_aggregate=TakesOldResults), (DATABASE,), ("act",)
    ),
    "versions are not checked": Bug(replace(REAL, checks_versions=False)),
    "positions commit out of order": Bug(replace(REAL, locks_the_log=False)),
    "the answer comes before the commit": Bug(
        replace(REAL, pipeline=AnswersBeforeTheCommit), (DATABASE,)
    ),
    "a failed commit stays in the cache": Bug(
        replace(REAL, pipeline=CachesBeforeTheCommit), (DATABASE,)
    ),
    "the acknowledgement comes before the commit": Bug(
        replace(REAL, consumer=AcknowledgesFirst), (CRASH, STOP)
    ),
    "failures are acknowledged": Bug(replace(REAL, consumer=AcknowledgesFailures), (DATABASE,)),
    "the cursor moves before the broker's word": Bug(
        replace(REAL, relay=MovesTheCursorFirst), (BROKER, CRASH)
    ),
    "a wiped stream is not told again": Bug(replace(REAL, relay=NeverRewinds), (WIPE, STOP)),
    "what was told counts as consumed": Bug(
        replace(REAL, relay=RewindsToTheCursor), (WIPE, TROUBLE), storm_seconds=12.0
    ),
    "another replica's rows are skipped": Bug(replace(REAL, relay=SkipsWhatIsNotHanded)),
    "the worker performs without asking": Bug(
        replace(REAL, worker=PerformsWithoutAsking), (CONSUMER,), ("act", "ask and act")
    ),
    "the worker does not look again": Bug(
        replace(REAL, worker=NeverLooksAgain), (STOP,), ("act", "ask and act"), storm_seconds=30.0
    ),
    "orders of runs are forgotten first": Bug(
        replace(REAL, run_orders=ForgetsOrdersFirst), (CRASH, DATABASE), ("call",)
    ),
    "timers are forgotten first": Bug(
        replace(REAL, timers=ForgetsTimersFirst), (CRASH, DATABASE), ("sleep",)
    ),
    "timers fire early": Bug(replace(REAL, timers=FiresEarly), workflows=("sleep", "act")),
    "the intake forgets first": Bug(
        replace(REAL, forwarder=ForgetsArrivalsFirst), (DATABASE, CRASH)
    ),
    "nobody reconciles": Bug(replace(REAL, reconciler=None), (LOSS,), ("ask",), reconciles=True),
}
