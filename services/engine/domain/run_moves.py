"""One decision in the making: events are added one by one, and the run moves until only others can move it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import assert_never
from uuid import UUID

from contracts.base import Json
from contracts.run import (
    ChildrenCalled,
    NodeCompleted,
    NodeFailed,
    NodeSkipped,
    RunCompleted,
    RunError,
    RunFact,
    RunFailed,
    TimerSet,
)
from services.engine.domain.calls import Callees
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.graph import Graph, GraphNode, Motion, motion
from services.engine.domain.nodes.stop import StopStep
from services.engine.domain.run_children import go_on
from services.engine.domain.run_evolve import evolve, open_tasks
from services.engine.domain.run_state import Live, RunState, Settled
from services.engine.domain.scope import Scope, Work
from services.engine.domain.steps import ERROR, Turn, Turned

FIRST_VISIT = 1


@dataclass(slots=True)
class Moves:
    """The state as it will be, and the events that lead there."""

    run_id: UUID
    graph: Graph
    now: datetime
    state: RunState
    events: list[RunFact] = field(default_factory=list)
    work: Work = field(default_factory=Work)
    callees: Callees = field(default_factory=dict)

    def add(self, event: RunFact) -> None:
        self.events.append(event)
        self.state = evolve(self.state, event)

    @property
    def live(self) -> Live:
        """The state of a run that is known to live."""
        assert isinstance(self.state, Live), "the callers have matched it"
        return self.state

    def advance_from(self, key: str) -> None:
        """Move everything behind a node that has settled."""
        self.advance(self.graph.nodes[key].outgoing)

    def advance(self, keys: Iterable[str]) -> None:
        """Move these nodes and all behind them until nothing moves; complete the run if nothing is left."""
        queue = [self.graph.nodes[key].index for key in keys]
        heapify(queue)
        while queue and isinstance(self.state, Live):
            node = self.graph.ordered[heappop(queue)]
            if node.key not in self.state.nodes and self._move(node):
                for key in node.outgoing:
                    heappush(queue, self.graph.nodes[key].index)
        if isinstance(self.state, Live) and all(
            isinstance(node, Settled) for node in self.state.nodes.values()
        ):
            output = self.state.data[self.state.last]["output"]
            self.add(RunCompleted(output=output))

    def _move(self, node: GraphNode) -> bool:
        """Move a node if its edges let it; tell whether it has settled."""
        match motion(node, self.live.nodes):
            case Motion.WAITS:
                return False
            case Motion.SKIPS:
                self.add(NodeSkipped(node=node.key, visit=FIRST_VISIT))
                return True
            case Motion.RUNS:
                return self._run(node)
            case unknown:
                assert_never(unknown)

    def _run(self, node: GraphNode) -> bool:
        try:
            event = self.turn(node, FIRST_VISIT, 1)
        except EvaluationFailed as failure:
            return self.fail(node, FIRST_VISIT, 1, error_of(failure, node.key))
        self.add(event)
        if node.time_limit is not None and type(event) is not NodeCompleted:
            self._limit(node)
        if isinstance(node.step, StopStep):
            self._stop(node.step, node.key, event)
        if type(event) is ChildrenCalled:
            return go_on(self, node)
        return type(event) is NodeCompleted

    def turn(self, node: GraphNode, visit: int, attempt: int) -> Turned:
        """Return what a node does, whose turn has come; raises EvaluationFailed."""
        return node.step.take(self.turn_of(node, visit, attempt))

    def turn_of(self, node: GraphNode, visit: int, attempt: int) -> Turn:
        """Return the turn of a visit."""
        live = self.live
        return Turn(
            key=node.key,
            name=node.name,
            type=node.type,
            visit=visit,
            attempt=attempt,
            run_id=self.run_id,
            live=live,
            scope=Scope(live.data, self.work),
            now=self.now,
            callees=self.callees,
        )

    def _limit(self, node: GraphNode) -> None:
        """Start the clock of a node that takes its time."""
        assert node.time_limit is not None, "the caller has looked"
        due_at = self.now + node.time_limit
        self.add(TimerSet(kind="node_limit", node=node.key, visit=FIRST_VISIT, due_at=due_at))

    def _stop(self, step: StopStep, key: str, event: RunFact) -> None:
        """End the run, whatever else is under way."""
        output: Json = event.output if isinstance(event, NodeCompleted) else None
        waits = open_tasks(self.live)
        if step.status == "Completed":
            self.add(RunCompleted(output=output, open_tasks=waits))
            return
        message = output.get("message") if isinstance(output, dict) else None
        error = RunError(
            code="stopped",
            message=message or "The workflow stopped itself.",
            node=key,
            details={"output": output},
        )
        self.add(RunFailed(reason="stopped", error=error, open_tasks=waits))

    def fail(
        self, node: GraphNode, visit: int, attempt: int, error: RunError, way_out: str = ERROR
    ) -> bool:
        """Let a node fail: it takes its way out if that is wired, else the run fails. Tell whether it goes on."""
        port = way_out if way_out in node.wired else None
        self.add(NodeFailed(node=node.key, visit=visit, attempt=attempt, port=port, error=error))
        if port is None:
            self.add(RunFailed(reason="node-failed", error=error, open_tasks=open_tasks(self.live)))
        return isinstance(self.state, Live)


def error_of(failure: EvaluationFailed, key: str) -> RunError:
    """Return the failure as it is told."""
    return RunError(code=failure.code, message=failure.message, node=key, details=failure.details)
