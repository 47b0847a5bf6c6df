"""What a timer that is due brings about. One that the run has moved past changes nothing."""

from contracts.base import rfc3339
from contracts.run import NodeCompleted
from services.engine.domain.run_commands import FireTimer
from services.engine.domain.run_moves import Moves
from services.engine.domain.run_state import Live, Sleeping


def fire_timer(moves: Moves, command: FireTimer) -> None:
    """Wake what sleeps until now."""
    if command.kind == "delay":
        _wake(moves, command)


def _wake(moves: Moves, command: FireTimer) -> None:
    state = moves.state
    if not isinstance(state, Live) or state.nodes.get(command.node) != Sleeping(command.visit):
        return
    moves.add(
        NodeCompleted(
            node=command.node,
            visit=command.visit,
            output={"resumed_at": rfc3339(moves.now)},
        )
    )
    moves.advance_from(command.node)
