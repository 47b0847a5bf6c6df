"""What a batch adds to the statistics of runs and steps, for the one statement that writes it.

A step that had begun in an earlier batch is named with the event that it began with: only the database knows when that
was. All others took no time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.run import NodeCompleted, NodeFailed, RunFact, RunFailed, RunResumed, TimerSet
from services.chassis.magnitudes import duration_ms, magnitude
from services.chassis.orders import Change
from services.engine.domain.run_state import (
    Asking,
    Calling,
    Ended,
    Live,
    NodeState,
    NotStarted,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    Settled,
    Sleeping,
)

RunChange = Change[RunState, RunFact]
RunKey = tuple[UUID, str, int]
"""The workflow, the outcome and the magnitude."""
StepKey = tuple[UUID, str, str]
"""The workflow, the node and the outcome."""
BegunStep = tuple[UUID, str, str, UUID, UUID | None, str, int]
BEGUN_BY: dict[type[NodeState], str] = {
    Asking: "flusso.run.paused",
    Scheduled: "flusso.run.node_scheduled",
    Retrying: "flusso.run.node_scheduled",
    Sleeping: "flusso.run.timer_set",
    Calling: "flusso.run.children_called",
}
_NO_NODES: Mapping[str, NodeState] = {}


@dataclass(slots=True)
class StatsRows:
    """What the changes of a batch add up to."""

    runs: Counter[RunKey] = field(default_factory=Counter)
    run_ms: Counter[RunKey] = field(default_factory=Counter)
    steps: Counter[StepKey] = field(default_factory=Counter)
    begun: list[BegunStep] = field(default_factory=list)

    def add(self, change: RunChange, facts: RunFacts) -> None:
        """Count the beginning and the end of the run, and the steps that have ended."""
        if isinstance(change.before, NotStarted):
            self.runs[facts.workflow_id, "Started", 0] += 1
        if isinstance(change.after, Ended):
            self._end_run(change, facts, change.after)
        naps: set[str | None] = set()
        for event in change.events:
            if type(event) is NodeCompleted:
                outcome = "Slept" if event.node in naps else "Completed"
                self._end_step(change, facts, event.node, outcome)
            elif type(event) is RunResumed:
                self._end_step(change, facts, event.node, "Answered")
            elif type(event) is NodeFailed:
                self._end_step(change, facts, event.node, "Failed")
            elif type(event) is RunFailed and event.reason == "rejected" and event.error.node:
                self._end_step(change, facts, event.error.node, "Rejected")
            elif type(event) is TimerSet and event.kind == "delay":
                naps.add(event.node)

    def _end_run(self, change: RunChange, facts: RunFacts, after: Ended) -> None:
        outcome: str = after.status
        if outcome == "Failed" and any(map(_is_rejection, change.events)):
            outcome = "Rejected"
        taken = duration_ms(facts.started_at, change.occurred_at)
        key = facts.workflow_id, outcome, magnitude(taken)
        self.runs[key] += 1
        self.run_ms[key] += taken

    def _end_step(self, change: RunChange, facts: RunFacts, node: str, outcome: str) -> None:
        nodes = change.before.nodes if isinstance(change.before, Live) else _NO_NODES
        before = nodes.get(node)
        if before is None or isinstance(before, Settled):
            self.steps[facts.workflow_id, node, outcome] += 1
            return
        if outcome == "Completed" and isinstance(before, Sleeping):
            outcome = "Slept"
        task_id = before.task_id if isinstance(before, Asking) else None
        begun_by = BEGUN_BY[type(before)]
        self.begun.append(
            (facts.workflow_id, node, outcome, change.stream_id, task_id, begun_by, before.visit)
        )

    def columns(self) -> list[list[object]]:
        """Return the last sixteen parameters of `commit_runs`, sorted so that replicas never deadlock."""
        runs = [(*key, self.runs[key], self.run_ms[key]) for key in sorted(self.runs)]
        steps = [(*key, self.steps[key]) for key in sorted(self.steps)]
        return [*_columns(runs, 5), *_columns(steps, 4), *_columns(self.begun, 7)]


def _is_rejection(event: RunFact) -> bool:
    return isinstance(event, RunFailed) and event.reason == "rejected"


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    if not rows:
        return [[] for _ in range(width)]
    return [list(column) for column in zip(*rows, strict=True)]
