"""How a run begins: at once, or in the queue of a workflow that limits how many run at a time."""

from contracts.base import Json
from contracts.run import RunQueued, RunStarted
from services.engine.domain.run_commands import Start
from services.engine.domain.run_moves import Moves
from services.engine.domain.run_state import Queued


def begin(moves: Moves, command: Start, output: Json) -> None:
    """Start the run, or have it wait for a slot."""
    if moves.graph.settings.concurrency is None:
        moves.add(
            RunStarted(
                workflow_id=command.workflow_id,
                workflow_name=command.workflow_name,
                version=command.version,
                trigger=command.trigger,
                trigger_output=output,
                started_at=moves.now,
                actor=command.actor,
                request_digest=command.request_digest,
                parent=command.parent,
            )
        )
        moves.advance(moves.graph.first)
        return
    moves.add(
        RunQueued(
            workflow_id=command.workflow_id,
            workflow_name=command.workflow_name,
            version=command.version,
            trigger=command.trigger,
            trigger_output=output,
            queued_at=moves.now,
            actor=command.actor,
            request_digest=command.request_digest,
            parent=command.parent,
        )
    )


def admit(moves: Moves) -> None:
    """Start a queued run; one that has started or ended needs no slot."""
    state = moves.state
    if not isinstance(state, Queued):
        return
    facts = state.facts
    moves.add(
        RunStarted(
            workflow_id=facts.workflow_id,
            workflow_name=facts.workflow_name,
            version=facts.version,
            trigger=state.trigger,
            trigger_output=state.trigger_output,
            started_at=moves.now,
            actor=state.actor,
            request_digest=facts.request_digest,
            parent=facts.parent,
        )
    )
    moves.advance(moves.graph.first)
