"""Decisions of the tasks service, as the run takes them."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError

from contracts.envelope import CloudEvent
from contracts.task import TaskResolved
from services.chassis.consumer import Verdict
from services.chassis.driver_ids import driver_id
from services.chassis.errors import Broken
from services.chassis.orders import Done
from services.engine.app.orders import RunOrder, RunPipeline, order_for
from services.engine.domain.run_commands import Resolve

TASK_RESOLVED = "flusso.task.resolved"


def resolve_of(task_id: UUID, resolved: TaskResolved) -> Resolve:
    """Return the command that carries the decision out."""
    return Resolve(
        task_id=task_id,
        outcome=resolved.outcome,
        values=resolved.values,
        by=resolved.by,
        decided_at=resolved.decided_at,
        comment=resolved.comment,
    )


class Resolutions:
    """Takes decisions as commands; a repeat, or one that comes too late, changes nothing."""

    def __init__(self, pipeline: RunPipeline) -> None:
        self._pipeline = pipeline

    async def take(self, events: Sequence[CloudEvent]) -> Sequence[Verdict]:
        """Carry out a batch; one verdict an event, in order."""
        verdicts: list[Verdict] = [None] * len(events)
        orders = []
        places = []
        for place, event in enumerate(events):
            try:
                resolved = TaskResolved.model_validate(event.data)
                command: RunOrder = resolve_of(driver_id(event.subject), resolved)
            except (ValidationError, ValueError) as error:
                verdicts[place] = Broken(f"not a decision: {error}")
                continue
            orders.append(
                order_for(
                    resolved.run_id, command, actor=resolved.by.id, traceparent=event.traceparent
                )
            )
            places.append(place)
        outcomes = await self._pipeline.execute_all(orders)
        for place, outcome in zip(places, outcomes, strict=True):
            verdicts[place] = None if isinstance(outcome, Done) else outcome
        return verdicts
