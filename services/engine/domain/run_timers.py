"""What timers bring about, and the clocks of limits. A timer that the run has moved past changes nothing.

A limit's clock stands still while only people can move on: they may take as long as they like.
"""

from datetime import timedelta

from contracts.base import rfc3339
from contracts.run import NodeCompleted, RunError, RunFailed, TimerSet, TimerStopped
from services.engine.domain.duration import in_words
from services.engine.domain.run_commands import FireTimer
from services.engine.domain.run_evolve import open_tasks
from services.engine.domain.run_moves import Moves
from services.engine.domain.run_state import (
    RUN_CLOCK,
    Clock,
    Live,
    Retrying,
    Scheduled,
    Sleeping,
    only_people_move,
    status_of,
)

TIME_LIMIT = "time-limit"


def fire_timer(moves: Moves, command: FireTimer) -> None:
    """Wake what sleeps until now, or end what has used up its time."""
    if command.kind == "delay":
        _wake(moves, command)
    elif _is_up(moves, command):
        if command.kind == "node_limit":
            _end_node(moves, command)
        else:
            _end_run(moves)


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


def _is_up(moves: Moves, command: FireTimer) -> bool:
    """Tell whether that clock's time is up: it may have been stopped or put forward since the timer was read."""
    if not isinstance(moves.state, Live):
        return False
    clock = moves.state.clocks.get(command.node)
    if clock is None or (clock.kind, clock.visit) != (command.kind, command.visit):
        return False
    return clock.due_at is not None and clock.due_at <= moves.now


def _end_node(moves: Moves, command: FireTimer) -> None:
    node = moves.graph.nodes[command.node]
    state = moves.live.nodes[command.node]
    attempt = state.attempt if isinstance(state, Scheduled | Retrying) else 1
    assert node.time_limit is not None, "only such a node has a clock"
    error = RunError(
        code=TIME_LIMIT,
        message=f"`{node.name}` took longer than {in_words(node.time_limit)}.",
        node=node.key,
        details={"limit_seconds": node.time_limit.total_seconds()},
    )
    if moves.fail(node, command.visit, attempt, error):
        moves.advance_from(node.key)


def _end_run(moves: Moves) -> None:
    limit = moves.graph.settings.time_limit
    assert limit is not None, "only such a run has a clock"
    error = RunError(
        code=TIME_LIMIT,
        message=f"The run took longer than {in_words(limit)}, waits for people not counted.",
        details={"limit_seconds": limit.total_seconds()},
    )
    moves.add(RunFailed(reason="time-limit", error=error, open_tasks=open_tasks(moves.live)))


def keep_time(moves: Moves) -> None:
    """Start, stop and continue the clocks after the run has moved; costs nothing where nothing is limited."""
    state = moves.state
    if not isinstance(state, Live):
        return
    limit = moves.graph.settings.time_limit
    if limit is not None and RUN_CLOCK not in state.clocks:
        _begin(moves, limit)
    if moves.live.clocks:
        for key, clock in tuple(moves.live.clocks.items()):
            _adjust(moves, key, clock)


def _begin(moves: Moves, limit: timedelta) -> None:
    """Start the run's own clock, which may have to stand still from the first moment on."""
    if _stands(moves.live, RUN_CLOCK):
        seconds = limit.total_seconds()
        moves.add(TimerStopped(kind="run_limit", remaining_seconds=seconds))
    else:
        moves.add(TimerSet(kind="run_limit", due_at=moves.now + limit))


def _adjust(moves: Moves, key: str, clock: Clock) -> None:
    """Stop a clock that runs while only people can move, and continue one that stands still for no such reason."""
    stands = _stands(moves.live, key)
    node = key or None
    if clock.due_at is None and not stands:
        due_at = moves.now + timedelta(seconds=clock.remaining_seconds)
        moves.add(TimerSet(kind=clock.kind, node=node, visit=clock.visit, due_at=due_at))
    elif clock.due_at is not None and stands and clock.due_at > moves.now:
        remaining = (clock.due_at - moves.now).total_seconds()
        moves.add(
            TimerStopped(kind=clock.kind, node=node, visit=clock.visit, remaining_seconds=remaining)
        )


def _stands(live: Live, key: str) -> bool:
    if key == RUN_CLOCK:
        return status_of(live) == "Waiting"
    return only_people_move(live.nodes[key])
