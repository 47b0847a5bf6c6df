"""`for_each`: starts a run of another workflow for each item, so many at once, and gathers what comes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from contracts.base import Json
from contracts.run import ChildCall, ChildrenCalled, NodeCompleted
from services.engine.domain.calls import callee, check_depth, child_call, note_callee
from services.engine.domain.configs import Config
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.limits import CHILDREN_AT_ONCE_MAX, ITEMS_MAX, VALUE_BYTES_MAX
from services.engine.domain.nodes.run_workflow import WorkflowName
from services.engine.domain.run_evolve import size_of
from services.engine.domain.run_state import Calling
from services.engine.domain.scope import Scope
from services.engine.domain.steps import ERROR, OUT, Compiled, Shape, Turn, node_type
from services.engine.domain.value_compiler import compile_object, compile_value
from services.engine.domain.value_tree import Tree

ITEM = "item"
INDEX = "index"
EVENT_BYTES_MAX = VALUE_BYTES_MAX
"""Calls that go into one event."""
_MEMBERS = frozenset({"results", "errors", "count", "failed"})


class ForEachConfig(Config):
    """`input` is made for each item, where `item` and `index` are variables too."""

    items: Json
    workflow: WorkflowName
    input: Json = Field(default={ITEM: "{{ item }}", INDEX: "{{ index }}"})
    concurrency: int = Field(default=10, ge=1, le=CHILDREN_AT_ONCE_MAX)
    on_error: Literal["stop", "continue"] = "stop"
    collect: bool = True


@dataclass(frozen=True, slots=True)
class ForEachStep:
    items: Tree
    workflow: str
    input: Tree
    concurrency: int
    stops: bool
    """The first item that fails ends it."""
    collects: bool

    def take(self, turn: Turn) -> NodeCompleted | ChildrenCalled:
        """Call the first runs: as many as may be under way at once, and fit into one event."""
        items = self._items(turn.scope)
        if not items:
            return turn.completed(output_of(Calling(turn.visit, turn.run_id, 0, 0, {})))
        check_depth(turn.live.facts)
        workflow_id = callee(turn.callees, self.workflow)
        calling = Calling(turn.visit, workflow_id, len(items), 0, {})
        return self._called(turn, calling, self._calls(turn, items, calling))

    def call_more(self, turn: Turn, calling: Calling) -> ChildrenCalled:
        """Call the next runs, none if that of the next item cannot be; see `fault_of`."""
        items = self._items(turn.scope)
        return self._called(turn, calling, self._calls(turn, items, calling))

    def fault_of(self, turn: Turn, index: int) -> EvaluationFailed | None:
        """Return why the run of an item cannot be called."""
        try:
            self._call(turn, self._items(turn.scope), index)
        except EvaluationFailed as failure:
            return failure
        return None

    def _called(self, turn: Turn, calling: Calling, calls: list[ChildCall]) -> ChildrenCalled:
        return ChildrenCalled(
            node=turn.key,
            visit=turn.visit,
            workflow_id=calling.workflow_id,
            total=calling.total,
            called=calling.called + len(calls),
            calls=calls,
            collects=self.collects,
        )

    def _items(self, scope: Scope) -> Sequence[Json]:
        items = self.items.evaluate(scope)
        if isinstance(items, dict):
            items = [{"key": key, "value": value} for key, value in items.items()]
        if not isinstance(items, list):
            raise EvaluationFailed("invalid-items", "The items are neither a list nor an object.")
        if len(items) > ITEMS_MAX:
            message = f"There are {len(items):,} items; the limit is {ITEMS_MAX:,}."
            raise EvaluationFailed("too-many-items", message, count=len(items), limit=ITEMS_MAX)
        return items

    def _calls(self, turn: Turn, items: Sequence[Json], calling: Calling) -> list[ChildCall]:
        """Return the next calls, up to one that cannot be made or does not fit."""
        calls: list[ChildCall] = []
        size = 0
        for call in self._possible(turn, items, calling):
            size += size_of(call.input)
            if calls and size > EVENT_BYTES_MAX:
                break
            calls.append(call)
        return calls

    def _possible(self, turn: Turn, items: Sequence[Json], calling: Calling) -> Iterator[ChildCall]:
        end = min(calling.called + self.concurrency - len(calling.running), calling.total)
        try:
            for index in range(calling.called, end):
                yield self._call(turn, items, index)
        except EvaluationFailed:
            return

    def _call(self, turn: Turn, items: Sequence[Json], index: int) -> ChildCall:
        if index >= len(items):
            raise EvaluationFailed("invalid-items", f"Item {index} is not there any more.")
        data: dict[str, Json] = {**turn.scope.data, ITEM: items[index], INDEX: index}
        value = self.input.evaluate(Scope(data, turn.scope.work))
        return child_call(turn.run_id, turn.key, turn.visit, index, value)


def output_of(calling: Calling) -> Json:
    """Return what came of all items, by index; null where one failed."""
    collected = range(calling.total) if calling.collects else ()
    return {
        "results": [calling.results.get(index) for index in collected],
        "errors": [{"index": index, **calling.errors[index]} for index in sorted(calling.errors)],
        "count": calling.total,
        "failed": calling.failed,
    }


def _compile(config: ForEachConfig, place: Place) -> Compiled:
    note_callee(config.workflow, place.at("workflow"))
    each = place.at("input").with_names(ITEM, INDEX)
    step = ForEachStep(
        items=compile_value(config.items, place.at("items")),
        workflow=config.workflow.strip(),
        input=compile_object(config.input, each),
        concurrency=config.concurrency,
        stops=config.on_error == "stop",
        collects=config.collect,
    )
    return step, Shape(ports=(OUT, ERROR), members=_MEMBERS)


FOR_EACH = node_type("for_each", ForEachConfig, _compile, limited=True)
