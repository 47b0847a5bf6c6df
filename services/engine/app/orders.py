"""What the pipeline of runs takes: a contract's order, or a start whose trigger has been judged already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Json
from contracts.run import CancelRun, ParentRun, RecordResult, RunFact, StartRun, TriggerKind
from services.chassis.driver_ids import driver_id
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.orders import Done, Order
from services.engine.domain.run_commands import Admit, FireRetry, FireTimer, ReportChildren, Resolve
from services.engine.domain.run_state import RunState


@dataclass(frozen=True, slots=True)
class StartTriggered:
    """Start a run whose trigger has let the delivery in."""

    workflow_id: UUID
    trigger: TriggerKind
    trigger_output: Json
    actor: Actor
    parent: ParentRun | None = None


RunOrder = (
    StartRun
    | StartTriggered
    | Admit
    | CancelRun
    | RecordResult
    | Resolve
    | FireRetry
    | FireTimer
    | ReportChildren
)
STARTS = frozenset({StartRun, StartTriggered})
"""Asking a pydantic class whether it fits costs more than a look at the type."""
RunDone = Done[RunState, RunFact]
RunOutcome = RunDone | Refused | Transient | Broken


class RunPipeline(Protocol):
    """The one door to the runs' streams."""

    async def execute(self, order: Order[RunOrder]) -> RunDone:
        """Return what came of an order, once committed. Raises Refused, Transient, Broken."""
        ...

    async def execute_all(self, orders: Sequence[Order[RunOrder]]) -> Sequence[RunOutcome]:
        """Return what came of each order, once committed."""
        ...


def order_for(
    run_id: UUID, command: RunOrder, *, actor: str, traceparent: str | None = None
) -> Order[RunOrder]:
    """Return the order; its cause is the name of the command."""
    opens = type(command) in STARTS
    return Order(driver_id(run_id), command, actor, type(command).__name__, traceparent, opens)
