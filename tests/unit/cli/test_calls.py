"""Files are applied so that what is called is there before what calls it."""

from contracts.base import JsonObject
from services.cli.domain.calls import called_first
from services.cli.domain.workflow_file import WorkflowFile


def file(name: str, *calls: str) -> tuple[str, WorkflowFile]:
    nodes: list[JsonObject] = [
        {"key": f"n{place}", "type": "run_workflow", "config": {"workflow": called}}
        for place, called in enumerate(calls)
    ]
    definition: JsonObject = {"trigger": {}, "nodes": nodes, "edges": []}
    return name, WorkflowFile(name=name, definition=definition)


def order_of(*files: tuple[str, WorkflowFile]) -> list[str]:
    return [name for name, _ in called_first(files)]


def test_what_is_called_comes_first() -> None:
    assert order_of(file("a", "c"), file("b"), file("c", "d"), file("d")) == ["d", "c", "a", "b"]


def test_files_that_call_no_others_keep_their_order() -> None:
    assert order_of(file("b"), file("a"), file("c", "elsewhere")) == ["b", "a", "c"]


def test_a_circle_of_calls_ends() -> None:
    assert sorted(order_of(file("a", "b"), file("b", "a"), file("c", "c"))) == ["a", "b", "c"]


def test_definitions_that_make_no_sense_call_nothing() -> None:
    odd: list[JsonObject] = [
        {},
        {"nodes": 3},
        {"nodes": [None, {"type": "for_each", "config": []}]},
    ]
    files = [(str(n), WorkflowFile(name=str(n), definition=each)) for n, each in enumerate(odd)]

    assert [name for name, _ in called_first(files)] == ["0", "1", "2"]
