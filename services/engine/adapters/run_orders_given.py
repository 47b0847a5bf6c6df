"""The orders that runs give to other runs: written with the facts that they follow from, carried out soon after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson

from contracts.base import JsonObject
from contracts.run import ChildrenCalled, RunCompleted, RunFact, RunFailed
from services.chassis.orders import Change
from services.engine.domain.run_state import Ended, NotStarted, RunState, calls_of, status_of

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
    if isinstance(change.after, Ended):
        return
    for event in change.events:
        if type(event) is ChildrenCalled:
            for call in event.calls:
                parent = {
                    "run_id": str(change.stream_id),
                    "node": event.node,
                    "visit": event.visit,
                    "index": call.index,
                    "waits": event.waits,
                }
                data = {
                    "workflow_id": str(event.workflow_id),
                    "input": call.input,
                    "parent": parent,
                }
                yield _order(change, call.run_id, "start", data)


def _cancels(change: RunChange) -> Iterator[OrderRow]:
    if not isinstance(change.after, Ended):
        return
    for _, calling in calls_of(change.before):
        for child in calling.running.values():
            yield _order(change, child.run_id, "cancel", {"status": change.after.status})


def _report(change: RunChange) -> Iterator[OrderRow]:
    assert not isinstance(change.after, NotStarted), "a change leaves a started run behind"
    parent = change.after.facts.parent
    after = status_of(change.after)
    if parent is None or not parent.waits or after == status_of(change.before):
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
        case RunFailed(error=error):
            return {"error": error.model_dump(mode="json")}
        case _:
            return {}
