"""The rules of a run: `decide` says what a command brings about. Time and ids are arguments; all of it is pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from contracts.base import Json, JsonObject, rfc3339
from contracts.run import (
    NodeCompleted,
    RetrySet,
    RunCancelled,
    RunError,
    RunFact,
    RunFailed,
    RunResumed,
)
from services.chassis.errors import Refused
from services.chassis.form import judge_fields
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.graph import Graph, GraphNode
from services.engine.domain.limits import VALUE_BYTES_MAX
from services.engine.domain.nodes.asking import AskStep
from services.engine.domain.run_children import report_children
from services.engine.domain.run_commands import (
    Admit,
    Cancel,
    FireRetry,
    FireTimer,
    RecordNodeResult,
    ReportChildren,
    Resolve,
    RunCommand,
    Start,
)
from services.engine.domain.run_evolve import open_tasks, size_of
from services.engine.domain.run_moves import Moves, error_of
from services.engine.domain.run_queue import admit, begin
from services.engine.domain.run_state import (
    Ended,
    Live,
    NotStarted,
    Queued,
    Retrying,
    RunState,
    Scheduled,
    open_waits,
)
from services.engine.domain.run_timers import fire_timer, keep_time
from services.engine.domain.steps import OUT, TIMED_OUT, TIMEOUT
from services.engine.domain.triggers.schedule import SCHEDULE_TRIGGER_NAME
from services.engine.domain.triggers.schedule import by_hand as schedule_by_hand
from services.engine.domain.values import check_size
from services.engine.domain.webhook import by_hand


def decide(state: RunState, order: RunCommand, now: datetime) -> Sequence[RunFact]:
    """Return what the command brings about, `[]` if it has happened already or comes too late; raises Refused."""
    return carry_out(state, order, now).events


def carry_out(state: RunState, order: RunCommand, now: datetime) -> Moves:
    """Return the moves that the command makes: their events, and the state that these lead to; raises Refused."""
    moves = Moves(order.run_id, order.graph, now, state, callees=order.callees)
    match order.command:
        case Start() as command:
            _start(moves, command)
        case Admit():
            admit(moves)
        case Resolve() as command:
            _resolve(moves, command)
        case RecordNodeResult() as command:
            _record_result(moves, command)
        case FireRetry() as command:
            _fire_retry(moves, command)
        case FireTimer() as command:
            fire_timer(moves, command)
        case ReportChildren() as command:
            report_children(moves, command)
        case Cancel() as command:
            _cancel(moves, command)
        case command:
            assert_never(command)
    keep_time(moves)
    return moves


def _start(moves: Moves, command: Start) -> None:
    state = moves.state
    if not isinstance(state, NotStarted):
        if state.facts.request_digest != command.request_digest:
            raise Refused(
                "idempotency-key-reused", "This idempotency key was used for another request."
            )
        return
    begin(moves, command, _trigger_output(moves.graph, command, moves.now))


def _trigger_output(graph: Graph, command: Start, now: datetime) -> Json:
    """Return what variables find under `trigger.output`; a run by hand takes the shape that its trigger has."""
    output = command.trigger_output
    if graph.trigger_type == "webhook_trigger" and command.trigger == "manual":
        output = by_hand(output)
    elif output is None:
        output = {}
    if not isinstance(output, dict):
        raise Refused("invalid-input", "The input of a run is a JSON object.")
    if command.trigger == "schedule" and graph.trigger_type != SCHEDULE_TRIGGER_NAME:
        raise Refused("trigger-changed", "This workflow is not started by the clock any more.")
    if graph.trigger_type == SCHEDULE_TRIGGER_NAME and command.trigger != "schedule":
        output = schedule_by_hand(output, rfc3339(now))
    if graph.asked and command.trigger == "manual":
        output = _judged(graph, output)
    size = size_of(output)
    if size > VALUE_BYTES_MAX:
        message = f"The input is {size:,} bytes as JSON; the limit is {VALUE_BYTES_MAX:,}."
        raise Refused("input-too-large", message, size=size, limit=VALUE_BYTES_MAX)
    return output


def _judged(graph: Graph, given: JsonObject) -> JsonObject:
    """Return the input with a value for each field that the trigger asks for, as a form's values are kept."""
    values, faults = judge_fields(graph.asked, given)
    if faults:
        details: JsonObject = {"fields": [fault.as_json() for fault in faults]}
        raise Refused("invalid-values", "Some values cannot be accepted.", **details)
    return values


def _resolve(moves: Moves, command: Resolve) -> None:
    state = moves.state
    if not isinstance(state, Live):
        return
    for key, asking in open_waits(state):
        if asking.task_id == command.task_id:
            node = moves.graph.nodes[key]
            match command.outcome:
                case "rejected":
                    _reject(moves, command, key)
                case "timed_out":
                    _time_out(moves, command, node, asking.visit)
                case "approved" | "submitted":
                    _resume(moves, command, node, asking.visit)
                case unknown:
                    assert_never(unknown)
            return


def _reject(moves: Moves, command: Resolve, key: str) -> None:
    moves.add(
        RunFailed(
            reason="rejected",
            error=RunError(code="rejected", message=f"Rejected by {command.by.name}", node=key),
            by=command.by,
            task_id=command.task_id,
            decided_at=command.decided_at,
            comment=command.comment,
            open_tasks=open_tasks(moves.live, but=command.task_id),
        )
    )


def _time_out(moves: Moves, command: Resolve, node: GraphNode, visit: int) -> None:
    error = RunError(
        code=TIMED_OUT,
        message=f"Nobody answered `{node.name}` in time.",
        node=node.key,
        details={
            "task_id": str(command.task_id),
            "decided_at": rfc3339(command.decided_at),
            "decided_by": command.by.name,
        },
    )
    if moves.fail(node, visit, 1, error, TIMEOUT):
        moves.advance_from(node.key)


def _resume(moves: Moves, command: Resolve, node: GraphNode, visit: int) -> None:
    output = _answer(command, node)
    try:
        check_size(output, moves.live)
    except EvaluationFailed as failure:
        moves.fail(node, visit, 1, error_of(failure, node.key))
        return
    moves.add(
        RunResumed(
            task_id=command.task_id,
            node=node.key,
            visit=visit,
            outcome=command.outcome,
            output=output,
            by=command.by,
            decided_at=command.decided_at,
            comment=command.comment,
        )
    )
    moves.advance_from(node.key)


def _answer(command: Resolve, node: GraphNode) -> JsonObject:
    """Return the output of the node that asked."""
    kind = node.step.kind if isinstance(node.step, AskStep) else None
    if (kind, command.outcome) not in (("approval", "approved"), ("manual_input", "submitted")):
        raise Refused("wrong-kind", f"`{node.key}` cannot be {command.outcome}.")
    if command.outcome == "submitted":
        return command.values or {}
    return {
        "approved": True,
        "decision": "approved",
        "decided_by": command.by.name,
        "decided_at": rfc3339(command.decided_at),
        "comment": command.comment,
    }


def _record_result(moves: Moves, command: RecordNodeResult) -> None:
    state = moves.state
    if not isinstance(state, Live) or state.nodes.get(command.node) != Scheduled(
        command.visit, command.attempt
    ):
        return
    node = moves.graph.nodes[command.node]
    try:
        check_size(command.output, state)
    except EvaluationFailed as failure:
        _fail_for_good(moves, node, command, error_of(failure, node.key))
        return
    if command.error is None:
        moves.add(_completed(node, command))
        moves.advance_from(node.key)
    elif node.retry.tries_again(
        command.attempt, command.error.code, _status(command.output), may_pass=command.retryable
    ):
        moves.add(_retry(moves, node, command, command.error))
    else:
        _fail_for_good(moves, node, command, _with_output(command, command.error))


def _completed(node: GraphNode, command: RecordNodeResult) -> NodeCompleted:
    return NodeCompleted(
        node=node.key,
        visit=command.visit,
        attempt=command.attempt,
        port=command.port if command.port in node.wired else OUT,
        output=command.output,
    )


def _fail_for_good(
    moves: Moves, node: GraphNode, command: RecordNodeResult, error: RunError
) -> None:
    if moves.fail(node, command.visit, command.attempt, error):
        moves.advance_from(node.key)


def _with_output(command: RecordNodeResult, error: RunError) -> RunError:
    """Keep the answer that was an error (a status, a body): what follows the error port may read it."""
    details = (
        error.details if command.output is None else {**error.details, "output": command.output}
    )
    return error.model_copy(update={"node": command.node, "details": details})


def _status(output: Json) -> int | None:
    """Return the HTTP status that came with an error."""
    status = output.get("status") if isinstance(output, dict) else None
    return status if isinstance(status, int) else None


def _retry(moves: Moves, node: GraphNode, command: RecordNodeResult, error: RunError) -> RetrySet:
    delay = node.retry.delay_after(command.attempt, moves.run_id, node.key)
    return RetrySet(
        node=node.key,
        visit=command.visit,
        attempt=command.attempt,
        due_at=moves.now + timedelta(seconds=delay),
        error=error.model_copy(update={"node": node.key}),
    )


def _fire_retry(moves: Moves, command: FireRetry) -> None:
    state = moves.state
    if not isinstance(state, Live) or state.nodes.get(command.node) != Retrying(
        command.visit, command.attempt
    ):
        return
    node = moves.graph.nodes[command.node]
    try:
        event = moves.turn(node, command.visit, command.attempt + 1)
    except EvaluationFailed as failure:
        if moves.fail(node, command.visit, command.attempt + 1, error_of(failure, node.key)):
            moves.advance_from(node.key)
        return
    moves.add(event)


def _cancel(moves: Moves, command: Cancel) -> None:
    match moves.state:
        case NotStarted():
            raise Refused("run-not-found", "There is no such run.")
        case Ended(status=status):
            raise Refused("run-ended", f"The run has ended: {status}.", run_status=status)
        case Queued():
            moves.add(RunCancelled(reason=command.reason, by=command.by))
        case Live() as live:
            moves.add(
                RunCancelled(reason=command.reason, by=command.by, open_tasks=open_tasks(live))
            )
        case state:
            assert_never(state)
