"""An event that a run emits: every Active workflow that waits for its name starts one run, however often it is told."""

from contracts.actor import Actor
from contracts.event import EmitEvent, EmittedEvent
from contracts.run import ParentRun
from services.chassis import telemetry
from services.chassis.errors import Transient
from services.chassis.ids import derived_beside
from services.chassis.orders import Done
from services.engine.app.orders import RunPipeline, StartTriggered, order_for
from services.engine.app.ports import EventListeners

listeners_max = 1_000
"""Workflows that one event starts: their commits fit into the time that a worker waits."""
ACTOR = Actor(kind="system", id="event", name="Event")


class Events:
    """Starts what an event starts."""

    def __init__(self, listeners: EventListeners, pipeline: RunPipeline) -> None:
        self._listeners = listeners
        self._pipeline = pipeline

    async def emit(self, command: EmitEvent) -> EmittedEvent:
        """Return how many runs there are now because of this event.

        Raises Transient when one could not be started now: told again, the event starts only those that are missing.
        """
        parent = ParentRun(
            run_id=command.run_id,
            node=command.node,
            visit=command.visit,
            waits=False,
            depth=command.depth,
        )
        outcomes = await self._pipeline.execute_all(
            [
                order_for(
                    derived_beside(
                        command.run_id, "event", command.node, str(command.visit), str(workflow_id)
                    ),
                    StartTriggered(
                        workflow_id=workflow_id,
                        trigger="event",
                        trigger_output=command.data,
                        actor=ACTOR,
                        parent=parent,
                    ),
                    actor=ACTOR.id,
                    traceparent=telemetry.current_traceparent(),
                )
                for workflow_id in await self._listeners.listening(command.event, listeners_max)
            ]
        )
        for outcome in outcomes:
            if isinstance(outcome, Transient):
                raise outcome
        # One that was deleted meanwhile, or that is not valid any more, does not keep the others from hearing it.
        delivered = [outcome for outcome in outcomes if isinstance(outcome, Done)]
        return EmittedEvent(delivered=len(delivered))
