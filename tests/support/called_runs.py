"""A run that calls other runs, told as commands and events: its children are what the test says of them."""

from collections.abc import Sequence
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.run import (
    ChildCall,
    ChildrenCalled,
    ChildrenReported,
    ChildReport,
    RunError,
    RunFact,
    RunStatus,
)
from services.engine.domain.run_commands import ReportChildren
from tests.support.runs import Run, graph_of, node, start, workflow

CALLED = "Called"
CALLED_ID = UUID("018f0000-0000-7000-8000-0000000000c1")


def for_each(items: Json = "{{ trigger.output.items }}", **config: Json) -> JsonObject:
    return node("all", "for_each", items=items, workflow=CALLED, **config)


def run_workflow(**config: Json) -> JsonObject:
    return node("one", "run_workflow", workflow=CALLED, **config)


def calling(
    *nodes: JsonObject, given: Json = None, edges: Sequence[JsonObject] | None = None
) -> Run:
    """A run that has just begun, in a world where the workflow exists that it calls."""
    run = Run(graph_of(workflow(list(nodes), edges)), callees={CALLED: (CALLED_ID,)})
    run.does(start(given))
    return run


def calls(run: Run) -> list[ChildCall]:
    """All calls so far, in order."""
    return [call for event in run.all(ChildrenCalled) for call in event.calls]


def report(
    run: Run,
    index: int,
    status: RunStatus = "Completed",
    *,
    output: Json = None,
    error: RunError | None = None,
    sequence: int = 9,
) -> ChildReport:
    run_id = next(call.run_id for call in calls(run) if call.index == index)
    return ChildReport(
        index=index, run_id=run_id, sequence=sequence, status=status, output=output, error=error
    )


def told(run: Run, *reports: ChildReport) -> list[RunFact]:
    """Tell the run how children are doing."""
    key = run.all(ChildrenCalled)[0].node
    return run.does(ReportChildren(key, 1, reports))


def ends(run: Run, *indexes: int) -> list[RunFact]:
    """Let children complete, each with its index as output."""
    return told(run, *(report(run, index, output=index) for index in indexes))


def failed(run: Run, index: int, message: str = "No.") -> list[RunFact]:
    error = RunError(code="stopped", message=message, node="end")
    return told(run, report(run, index, "Failed", error=error))


def reports_of(run: Run) -> list[ChildReport]:
    return [each for event in run.all(ChildrenReported) for each in event.reports]
