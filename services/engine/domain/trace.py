"""A run as it was after any of its events: the fold of these, one step for each visit of a node, as they began."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from contracts.base import Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.run import (
    ChildrenCalled,
    ChildrenReported,
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    NodeSkipped,
    RetrySet,
    RunCancelled,
    RunCompleted,
    RunError,
    RunFact,
    RunFailed,
    RunPaused,
    RunQueued,
    RunResumed,
    RunStarted,
    RunStatus,
    TimerSet,
    TimerStopped,
)
from contracts.run_view import RunCancellation, StepDecision, StepStatus, TimeLimit, TraceStep
from services.engine.domain.definition_model import Definition
from services.engine.domain.run_codec import event_of
from services.engine.domain.run_evolve import size_of
from services.engine.domain.run_state import TRIGGER
from services.engine.domain.secret_places import shown
from services.engine.domain.steps import TIMED_OUT
from services.engine.domain.trace_attempts import (
    attempt_ended,
    attempt_failed,
    attempt_started,
    told,
)

INPUT_BYTES_MAX = 65_536
"""What the variables of one step may add to a trace."""
UNFINISHED: frozenset[StepStatus] = frozenset({"Running", "Waiting", "Retrying"})


@dataclass(frozen=True, slots=True)
class Traced:
    """A run as its events so far tell of it."""

    steps: list[TraceStep]
    output: Json
    status: RunStatus
    error: RunError | None
    ended_at: datetime | None
    limit: TimeLimit | None
    cancelled: RunCancellation | None


@dataclass(slots=True)
class _Trace:
    """The steps so far, by node and visit, as the fields of TraceStep."""

    definition: Definition
    steps: dict[tuple[str, int], JsonObject] = field(default_factory=dict)
    data: dict[str, Json] = field(default_factory=dict)
    """What variables saw: each node's output so far."""
    output: Json = None
    end_status: RunStatus | None = None
    ended_at: datetime | None = None
    error: RunError | None = None
    limit: TimeLimit | None = None
    cancelled: RunCancellation | None = None

    def step(self, node: str, visit: int, at: datetime) -> JsonObject:
        """Return the step, which begins now if it is new."""
        found = self.steps.get((node, visit))
        if found is None:
            named = self.definition.by_key.get(node)
            found = {
                "node": node,
                "name": named.name if named else node,
                "type": named.type if named else "unknown",
                "status": "Running",
                "started_at": at,
            }
            self.steps[node, visit] = found
        return found

    def finish(self, node: str, visit: int, at: datetime, **fields: Json) -> None:
        step = self.step(node, visit, at)
        step.update(fields, finished_at=at)
        step.pop("limit", None)
        if "output" in fields:
            self.data[node] = {"output": fields["output"]}

    def inputs(self, node: str) -> JsonObject | None:
        """Return the variables that a node reads, by name, as they are now; what is large is left out."""
        named = self.definition.by_key.get(node)
        found: JsonObject = {}
        left = INPUT_BYTES_MAX
        for path in named.reads if named else ():
            value = _look_up(self.data, path)
            left -= size_of(value)
            if value is not None and left >= 0:
                found[".".join(path)] = value
        return found or None

    def end(self, status: RunStatus, at: datetime) -> None:
        """The run is over: what had not finished is cancelled."""
        self.end_status, self.ended_at, self.limit = status, at, None
        for step in self.steps.values():
            if step["status"] in UNFINISHED:
                step.update(status="Cancelled", finished_at=at)
                step.pop("limit", None)
                attempt_ended(step, at)

    def status(self) -> RunStatus:
        """Return the run's status: it waits when nothing but answers of people is left to wait for."""
        if self.end_status is not None:
            return self.end_status
        if not self.steps:
            return "Queued"
        left = {step["status"] for step in self.steps.values()} & UNFINISHED
        return "Waiting" if left == {"Waiting"} else "Running"


def _look_up(data: Json, path: tuple[str, ...]) -> Json:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def fold_run(events: Iterable[CloudEvent], definition: Definition) -> Traced:
    """Return the run as it was after these events; raises Broken for an event that is not one of a run."""
    trace = _Trace(definition)
    for envelope in events:
        _apply(trace, event_of(envelope.type, envelope.data), envelope.time)
    return Traced(
        [TraceStep.model_validate(told(step)) for step in trace.steps.values()],
        trace.output,
        trace.status(),
        trace.error,
        trace.ended_at,
        trace.limit,
        trace.cancelled,
    )


def fold_trace(
    events: Iterable[CloudEvent], definition: Definition
) -> tuple[list[TraceStep], Json]:
    """Return the trace and the output of a run; raises Broken for an event that is not one of a run."""
    folded = fold_run(events, definition)
    return folded.steps, folded.output


def _apply(trace: _Trace, event: RunFact, at: datetime) -> None:
    match event:
        case RunStarted():
            _start(trace, event, at)
        case RunPaused() | RunResumed():
            _ask(trace, event, at)
        case RunCompleted() | RunFailed() | RunCancelled():
            _end(trace, event, at)
        case ChildrenCalled() | ChildrenReported():
            _call(trace, event, at)
        case RunQueued() | TimerSet() | TimerStopped():
            _time(trace, event, at)
        case NodeScheduled() | NodeCompleted() | NodeFailed() | NodeSkipped() | RetrySet():
            _apply_to_node(trace, event, at)
        case _:
            assert_never(event)


def _ask(trace: _Trace, event: RunPaused | RunResumed, at: datetime) -> None:
    if isinstance(event, RunPaused):
        step = trace.step(event.node, event.visit, at)
        asked = {"title": event.title, "prompt": event.prompt}
        step.update(status="Waiting", task_id=event.task_id, input=asked)
        return
    trace.finish(
        event.node,
        event.visit,
        at,
        status="Completed",
        output=event.output,
        decision=_decision(event),
    )


def _end(trace: _Trace, event: RunCompleted | RunFailed | RunCancelled, at: datetime) -> None:
    match event:
        case RunCompleted():
            trace.output = event.output
            trace.end("Completed", at)
        case RunFailed():
            trace.error = event.error
            _fail(trace, event, at)
            trace.end("Failed", at)
        case RunCancelled():
            trace.cancelled = RunCancellation(by=event.by.name, at=at, reason=event.reason)
            trace.end("Cancelled", at)
        case _:
            assert_never(event)


def _time(trace: _Trace, event: RunQueued | TimerSet | TimerStopped, at: datetime) -> None:
    """A delay is a step that has begun; a queue has none, and a limit is told of the step or the run that it is for."""
    if isinstance(event, RunQueued):
        return
    if isinstance(event, TimerStopped):
        limit = TimeLimit(remaining_seconds=event.remaining_seconds)
    elif event.kind == "delay" and event.node is not None:
        step = trace.step(event.node, event.visit, at)
        step.update(input={"until": event.due_at}, sleeps_until=event.due_at)
        return
    else:
        limit = TimeLimit(due_at=event.due_at)
    if event.node is None:
        trace.limit = limit
    else:
        trace.step(event.node, event.visit, at)["limit"] = limit


def _call(trace: _Trace, event: ChildrenCalled | ChildrenReported, at: datetime) -> None:
    step = trace.step(event.node, event.visit, at)
    children = step.setdefault("children", {"total": 0, "called": 0, "ended": 0})
    if isinstance(event, ChildrenCalled):
        children.update(total=event.total, called=event.called)
        step.update(status="Running", input={"workflow_id": str(event.workflow_id)})
        return
    children["ended"] = event.ended
    step["status"] = "Waiting" if event.asks else "Running"


def _start(trace: _Trace, event: RunStarted, at: datetime) -> None:
    trigger = trace.definition.trigger.type
    trace.finish(
        TRIGGER,
        1,
        at,
        name="Trigger",
        type=trigger,
        status="Completed",
        output=event.trigger_output,
    )


def _apply_to_node(
    trace: _Trace,
    event: NodeScheduled | NodeCompleted | NodeFailed | NodeSkipped | RetrySet,
    at: datetime,
) -> None:
    node, visit = event.node, event.visit
    match event:
        case NodeScheduled():
            step = trace.step(node, visit, at)
            request = shown(event.request, event.secrets)
            step.update(status="Running", input=request, attempt=event.attempt)
            attempt_started(step, event.attempt, at)
        case RetrySet():
            step = trace.step(node, visit, at)
            step.update(status="Retrying", error=event.error, attempt=event.attempt)
            attempt_failed(step, event.attempt, at, event.error, event.due_at)
        case NodeCompleted():
            # An error of an earlier attempt has been overcome.
            fields: JsonObject = {"status": "Completed", "output": event.output, "error": None}
            _finish_attempt(trace, event, at, fields)
        case NodeFailed():
            output = event.error.details.get("output")
            fields = {"status": "Failed", "output": output, "error": event.error}
            if event.error.code == TIMED_OUT:
                fields["decision"] = _timed_out(event)
            _finish_attempt(trace, event, at, fields)
        case NodeSkipped():
            trace.finish(node, visit, at, status="Skipped")
        case _:
            assert_never(event)


def _finish_attempt(
    trace: _Trace, event: NodeCompleted | NodeFailed, at: datetime, fields: JsonObject
) -> None:
    step = trace.step(event.node, event.visit, at)
    if "input" not in step:
        fields["input"] = trace.inputs(event.node)
    if isinstance(event, NodeFailed):
        attempt_failed(step, event.attempt, at, event.error)
    attempt_ended(step, at)
    trace.finish(event.node, event.visit, at, attempt=event.attempt, **fields)


def _decision(event: RunResumed) -> StepDecision:
    return StepDecision(
        outcome=event.outcome,
        by=event.by.name,
        at=event.decided_at,
        comment=event.comment,
        values=event.output if event.outcome == "submitted" else None,
    )


def _timed_out(event: NodeFailed) -> StepDecision:
    """Return what the clock decided, since no person did."""
    details = event.error.details
    by, at = details.get("decided_by", "Timeout"), details["decided_at"]
    return StepDecision(outcome="timed_out", by=by, at=at)


def _fail(trace: _Trace, event: RunFailed, at: datetime) -> None:
    """A rejection is told at the step that asked."""
    if event.by is None or event.decided_at is None:
        return
    decision = StepDecision(
        outcome="rejected", by=event.by.name, at=event.decided_at, comment=event.comment
    )
    for step in trace.steps.values():
        if event.task_id is not None and step.get("task_id") == event.task_id:
            step.update(status="Failed", finished_at=at, error=event.error, decision=decision)
