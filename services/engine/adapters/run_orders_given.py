"""The orders that runs give to other runs: written with the facts that they follow from, carried out soon after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson

from contracts.base import JsonObject, rfc3339
from contracts.run import ChildrenCalled, ChildrenReported, RunCompleted, RunFact, RunFailed
from services.chassis.orders import Change
from services.engine.domain.calls import depth_of
from services.engine.domain.run_evolve import UNFINISHED
from services.engine.domain.run_state import (
    Calling,
    Live,
    NotStarted,
    Queued,
    RunState,
    calls_of,
    status_of,
)

OrderKind = Literal["start", "cancel", "report"]
RunChange = Change[RunState, RunFact]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """`start` and `cancel` go to a child run, `report` to a parent; `giver_id` is whose fact it follows from."""

    run_id: UUID
    kind: OrderKind
    giver_id: UUID
    data: JsonObject
    due_at: datetime

    def columns(self) -> tuple[UUID, str, UUID, str, datetime]:
        """Return the row as stored."""
        return self.run_id, self.kind, self.giver_id, orjson.dumps(self.data).decode(), self.due_at


def orders_given(change: RunChange) -> list[OrderRow]:
    """Return what a change of a run asks of its children and tells its parent."""
    return [*_starts(change), *_cancels(change), *_report(change)]


def _order(change: RunChange, run_id: UUID, kind: OrderKind, data: JsonObject) -> OrderRow:
    return OrderRow(run_id, kind, change.stream_id, data, change.occurred_at)


def _starts(change: RunChange) -> Iterator[OrderRow]:
    """Yield the starts of runs that nobody waits for, and of those that are still waited for after the change."""
    for event in change.events:
        if type(event) is not ChildrenCalled:
            continue
        running = _running(change.after, event.node)
        for call in event.calls:
            if event.waits and call.index not in running:
                continue
            yield _order(
                change,
                call.run_id,
                "start",
                {
                    "workflow_id": str(event.workflow_id),
                    "input": call.input,
                    "parent": {
                        "run_id": str(change.stream_id),
                        "node": event.node,
                        "visit": event.visit,
                        "index": call.index,
                        "waits": event.waits,
                        "depth": _depth(change) + 1,
                    },
                },
            )


def _depth(change: RunChange) -> int:
    assert not isinstance(change.after, NotStarted), "a change leaves a started run behind"
    return depth_of(change.after.facts)


def _running(state: RunState, key: str) -> Mapping[int, object]:
    node = state.nodes.get(key) if isinstance(state, Live) else None
    return node.running if isinstance(node, Calling) else {}


def _cancels(change: RunChange) -> Iterator[OrderRow]:
    """Yield the ends of child runs that were under way, when their node or the whole run is over before them."""
    for key, calling in calls_of(change.before):
        if isinstance(change.after, Live) and isinstance(change.after.nodes.get(key), Calling):
            continue
        ended = {
            report.index
            for event in change.events
            if type(event) is ChildrenReported and event.node == key
            for report in event.reports
            if report.status not in UNFINISHED
        }
        for index, child in calling.running.items():
            if index not in ended:
                yield _order(change, child.run_id, "cancel", {"status": status_of(change.after)})


def _report(change: RunChange) -> Iterator[OrderRow]:
    """Yield what a waiting parent does not take for granted: a child runs until it says something else."""
    assert not isinstance(change.after, NotStarted), "a change leaves a started run behind"
    parent = change.after.facts.parent
    after = status_of(change.after)
    if parent is None or not parent.waits or after == status_of(change.before):
        return
    if isinstance(change.before, NotStarted | Queued) and after in {"Queued", "Running"}:
        return
    report: JsonObject = {
        "node": parent.node,
        "visit": parent.visit,
        "index": parent.index,
        "run_id": str(change.stream_id),
        "sequence": change.first_version + len(change.events) - 1,
        "status": after,
        **_outcome(change),
    }
    yield _order(change, parent.run_id, "report", report)


def _outcome(change: RunChange) -> JsonObject:
    match change.events[-1]:
        case RunCompleted(output=output):
            return {"output": output}
        case RunFailed() as failed:
            error = failed.error.model_dump(mode="json")
            if failed.by is not None and failed.decided_at is not None:
                error["details"] |= {
                    "rejected_by": failed.by.name,
                    "rejected_at": rfc3339(failed.decided_at),
                    "comment": failed.comment,
                    "task_id": str(failed.task_id),
                }
            return {"error": error}
        case _:
            return {}
