"""What the reports of child runs bring about: more calls, or the end of the node that called them.

Reports come at least once, in any order. Each has the version of the child's log that it speaks of, so an older one
changes nothing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, assert_never

from contracts.base import Json, JsonObject
from contracts.run import ChildCall, ChildrenCalled, ChildrenReported, ChildReport, RunError
from services.engine.domain.calls import child_id
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.graph import GraphNode
from services.engine.domain.limits import VALUE_BYTES_MAX
from services.engine.domain.nodes.for_each import ForEachStep, output_of
from services.engine.domain.nodes.run_workflow import RunWorkflowStep
from services.engine.domain.run_commands import ReportChildren
from services.engine.domain.run_evolve import UNFINISHED, size_of
from services.engine.domain.run_state import Calling, Live
from services.engine.domain.values import refuse_size

if TYPE_CHECKING:
    from services.engine.domain.run_moves import Moves

CALLS_BYTES_MAX = 4 * VALUE_BYTES_MAX
"""Inputs that one decision sends out; the next report calls on."""
MESSAGE_CHARS_MAX = 500
DETAILS_BYTES_MAX = 1_000
"""Of the error of a child run, in its parent; the child has all of it."""


def report_children(moves: "Moves", command: ReportChildren) -> None:
    """Take in how children are doing; what is no news changes nothing."""
    calling = _calling(moves, command.node)
    if calling is None or calling.visit != command.visit:
        return
    news = [
        _told(report, calling) for report in _latest(command.reports) if _is_news(report, calling)
    ]
    for chunk in _chunks(news):
        _add_reports(moves, command.node, chunk)
    if news and go_on(moves, moves.graph.nodes[command.node]):
        moves.advance_from(command.node)


def go_on(moves: "Moves", node: GraphNode) -> bool:
    """Call more, or end the node if nothing is left to do; tell whether it has settled and the run goes on."""
    try:
        match node.step:
            case RunWorkflowStep() as step:
                return _end_call(moves, node, step)
            case ForEachStep() as step:
                return _end_calls(moves, node, step)
            case _:
                return False
    except EvaluationFailed as failure:
        error = RunError(
            code=failure.code, message=failure.message, node=node.key, details=failure.details
        )
        return moves.fail(node, _visit(moves, node), 1, error)


def _calling(moves: "Moves", key: str) -> Calling | None:
    state = moves.state
    found = state.nodes.get(key) if isinstance(state, Live) else None
    return found if isinstance(found, Calling) else None


def _known(moves: "Moves", key: str) -> Calling:
    found = _calling(moves, key)
    assert found is not None, "the callers have looked"
    return found


def _visit(moves: "Moves", node: GraphNode) -> int:
    return _known(moves, node.key).visit


# -- reports -----------------------------------------------------------------------------------------------------------


def _latest(reports: Iterable[ChildReport]) -> Iterable[ChildReport]:
    latest: dict[int, ChildReport] = {}
    for report in reports:
        known = latest.get(report.index)
        if known is None or known.sequence < report.sequence:
            latest[report.index] = report
    return latest.values()


def _is_news(report: ChildReport, calling: Calling) -> bool:
    child = calling.running.get(report.index)
    return child is not None and child.run_id == report.run_id and child.sequence < report.sequence


def _told(report: ChildReport, calling: Calling) -> ChildReport:
    """Return what is kept of a report: no output that nobody collects, no long error."""
    changes: JsonObject = {}
    if report.error is not None:
        changes["error"] = brief(report.error)
    if report.output is not None and not calling.collects:
        changes["output"] = None
    return report.model_copy(update=changes) if changes else report


def brief(error: RunError) -> RunError:
    """Return an error as another run keeps it."""
    message = error.message
    if len(message) > MESSAGE_CHARS_MAX:
        message = message[: MESSAGE_CHARS_MAX - 1] + "…"
    details = error.details if size_of(error.details) <= DETAILS_BYTES_MAX else _small(error)
    return error.model_copy(update={"message": message, "details": details})


def _small(error: RunError) -> JsonObject:
    """Return the details that fit, in order."""
    left = DETAILS_BYTES_MAX
    kept: JsonObject = {}
    for name, value in error.details.items():
        size = size_of({name: value})
        if size <= left:
            kept[name] = value
            left -= size
    return kept


def _chunks(reports: Iterable[ChildReport]) -> Iterator[list[ChildReport]]:
    """Yield reports in groups that fit into one event."""
    chunk: list[ChildReport] = []
    size = 0
    for report in reports:
        added = size_of(report.output) + DETAILS_BYTES_MAX
        if chunk and size + added > VALUE_BYTES_MAX:
            yield chunk
            chunk, size = [], 0
        chunk.append(report)
        size += added
    if chunk:
        yield chunk


def _add_reports(moves: "Moves", key: str, reports: list[ChildReport]) -> None:
    calling = _known(moves, key)
    left = {index: child.asks for index, child in calling.running.items()}
    for report in reports:
        if report.status in UNFINISHED:
            left[report.index] = report.status == "Waiting"
        else:
            del left[report.index]
    moves.add(
        ChildrenReported(
            node=key,
            visit=calling.visit,
            ended=calling.called - len(left),
            asks=bool(left) and all(left.values()),
            reports=reports,
        )
    )


# -- what follows ------------------------------------------------------------------------------------------------------


def _end_call(moves: "Moves", node: GraphNode, step: RunWorkflowStep) -> bool:
    calling = _known(moves, node.key)
    if not step.waits:
        (child,) = calling.running.values()
        return _complete(moves, node, {"run_id": str(child.run_id)})
    if calling.running:
        return False
    if calling.failed:
        error = child_error("The run that this step started", calling.errors[0], node.key)
        return moves.fail(node, calling.visit, 1, error)
    return _complete(moves, node, calling.results[0])


def _complete(moves: "Moves", node: GraphNode, output: Json) -> bool:
    turn = moves.turn_of(node, _visit(moves, node), 1)
    moves.add(turn.completed(output))
    return True


def _end_calls(moves: "Moves", node: GraphNode, step: ForEachStep) -> bool:
    calling = _known(moves, node.key)
    sent = 0
    while _may_call(calling, step) and sent < CALLS_BYTES_MAX:
        sent += _call_more(moves, node, step, calling)
        calling = _known(moves, node.key)
    if calling.failed and step.stops:
        index, failed = next(iter(calling.errors.items()))
        error = child_error(f"The run of item {index}", failed, node.key, index)
        return moves.fail(node, calling.visit, 1, error)
    if calling.size_bytes > VALUE_BYTES_MAX:
        what = f"What {calling.ended:,} of {calling.total:,} items gave"
        refuse_size(what, calling.size_bytes, VALUE_BYTES_MAX)
    if calling.running or calling.called < calling.total:
        return False
    return _complete(moves, node, output_of(calling))


def _may_call(calling: Calling, step: ForEachStep) -> bool:
    """Tell whether the run of the next item is to be called now."""
    return (
        calling.called < calling.total
        and len(calling.running) < step.concurrency
        and not (calling.failed and step.stops)
        and calling.size_bytes <= VALUE_BYTES_MAX
    )


def _call_more(moves: "Moves", node: GraphNode, step: ForEachStep, calling: Calling) -> int:
    """Call what fits into one event, and return the size of the inputs; an item that cannot be called has failed."""
    turn = moves.turn_of(node, calling.visit, 1)
    event = step.call_more(turn, calling)
    if event.calls:
        moves.add(event)
        return sum(size_of(call.input) for call in event.calls)
    failure = step.fault_of(turn, calling.called)
    assert failure is not None, "else it would have been called"
    _fail_uncalled(moves, event, calling.called, failure)
    return len(failure.message)


def _fail_uncalled(
    moves: "Moves", event: ChildrenCalled, index: int, failure: EvaluationFailed
) -> None:
    """Count an item whose run cannot be called among those that failed; no run is started for it."""
    run_id = child_id(moves.run_id, event.node, event.visit, index)
    call = ChildCall(index=index, run_id=run_id, input={})
    moves.add(event.model_copy(update={"called": event.called + 1, "calls": [call]}))
    error = RunError(code=failure.code, message=failure.message, details=failure.details)
    report = ChildReport(
        index=index, run_id=run_id, sequence=1, status="Failed", error=brief(error)
    )
    _add_reports(moves, event.node, [report])


def child_error(whose: str, failed: JsonObject, node: str, index: int | None = None) -> RunError:
    """Return the error of a node whose child run has not completed."""
    status, error = failed["status"], failed["error"] or {}
    details: JsonObject = {"run_id": failed["run_id"], "status": status, "error": failed["error"]}
    if index is not None:
        details["index"] = index
    match status:
        case "Cancelled":
            code, message = "child-cancelled", f"{whose} ({failed['run_id']}) was cancelled."
        case "Failed":
            told = error.get("message", "It does not say why.")
            code, message = "child-failed", f"{whose} ({failed['run_id']}) failed: {told}"
            if "rejected_by" in error.get("details", {}):
                details["rejected_by"] = error["details"]["rejected_by"]
        case _:
            assert_never(status)
    return RunError(code=code, message=message, node=node, details=details)
