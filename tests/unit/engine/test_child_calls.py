"""Nodes that start runs: what they call, when they go on, and how they fail."""

from dataclasses import replace

import pytest

from contracts.base import Json
from contracts.run import (
    ChildrenCalled,
    ChildrenReported,
    NodeCompleted,
    NodeFailed,
    ParentRun,
    RunCompleted,
    RunError,
    RunFailed,
)
from services.engine.domain.limits import RUN_DEPTH_MAX, VALUE_BYTES_MAX
from services.engine.domain.run_evolve import ERRORS_KEPT_MAX, size_of
from services.engine.domain.run_state import Calling, Live, status_of
from tests.support.called_runs import (
    CALLED,
    CALLED_ID,
    calling,
    calls,
    ends,
    failed,
    for_each,
    report,
    reports_of,
    run_workflow,
    told,
)
from tests.support.run_workflows import kinds
from tests.support.runs import RUN_ID, Run, edge, graph_of, node, start, workflow

# -- one run -----------------------------------------------------------------------------------------------------------


def test_a_step_calls_one_run_with_its_input() -> None:
    run = calling(run_workflow(input={"n": "{{ trigger.output.n }}"}), given={"n": 7})

    called = run.one(ChildrenCalled)
    assert (called.workflow_id, called.total, called.waits) == (CALLED_ID, 1, True)
    assert [call.input for call in called.calls] == [{"n": 7}]


def test_the_child_s_output_is_the_step_s() -> None:
    run = calling(run_workflow(), node("end", "transform", got="{{ one.output.x }}"))

    told(run, report(run, 0, output={"x": 5}))

    assert run.one(RunCompleted).output == {"got": 5}


def test_the_called_run_has_the_same_id_however_often_it_is_called() -> None:
    first, again = calling(run_workflow()), calling(run_workflow())

    assert calls(first) == calls(again)


def test_a_run_that_nobody_waits_for_lets_the_step_go_on_at_once() -> None:
    run = calling(run_workflow(wait=False))

    assert not run.one(ChildrenCalled).waits
    assert run.one(RunCompleted).output == {"run_id": str(calls(run)[0].run_id)}


def test_an_input_may_be_one_variable_that_holds_an_object() -> None:
    run = calling(run_workflow(input="{{ trigger.output }}"), given={"a": 1})

    assert calls(run)[0].input == {"a": 1}


def test_an_input_that_is_no_object_fails_the_step() -> None:
    run = calling(run_workflow(input="{{ trigger.output.n }}"), given={"n": 1})

    assert run.one(NodeFailed).error.code == "invalid-input"


@pytest.mark.parametrize(
    ("found", "code"),
    [({}, "workflow-not-found"), ({CALLED: (CALLED_ID, RUN_ID)}, "workflow-ambiguous")],
)
def test_a_workflow_that_is_not_the_one_fails_the_step(found: dict[str, Json], code: str) -> None:
    run = Run(graph_of(workflow([run_workflow()])), callees=found)
    run.does(start())

    assert run.one(NodeFailed).error.code == code


def test_a_failed_child_fails_the_step_and_is_named() -> None:
    run = calling(run_workflow())

    failed(run, 0, "The supplier is unknown.")

    error = run.one(RunFailed).error
    assert error.code == "child-failed"
    assert "The supplier is unknown." in error.message
    assert error.details["run_id"] == str(calls(run)[0].run_id)


def test_who_rejected_in_the_child_is_told() -> None:
    run = calling(run_workflow())
    rejected = RunError(code="rejected", message="Rejected by Ada", details={"rejected_by": "Ada"})

    told(run, report(run, 0, "Failed", error=rejected))

    assert run.one(RunFailed).error.details["rejected_by"] == "Ada"


def test_a_cancelled_child_takes_the_error_port() -> None:
    run = calling(
        run_workflow(),
        node("note", "transform", code="{{ one.error.code }}"),
        edges=[edge("trigger", "one"), edge("one", "note", "error")],
    )

    told(run, report(run, 0, "Cancelled"))

    assert run.one(RunCompleted).output == {"code": "child-cancelled"}


def test_a_run_that_stands_too_deep_calls_no_other() -> None:
    parent = ParentRun(run_id=RUN_ID, node="one", visit=1, depth=RUN_DEPTH_MAX)
    run = Run(graph_of(workflow([run_workflow()])), callees={CALLED: (CALLED_ID,)})

    run.does(replace(start(), parent=parent))

    assert run.one(NodeFailed).error.code == "too-deep"


# -- many runs ---------------------------------------------------------------------------------------------------------


def test_no_more_runs_are_under_way_than_may_be() -> None:
    run = calling(for_each(list(range(10)), concurrency=3))
    assert len(calls(run)) == 3

    ends(run, 1)
    assert len(calls(run)) == 4

    ends(run, 0, 2)
    assert len(calls(run)) == 6


def test_each_run_gets_its_item_and_index() -> None:
    run = calling(for_each(["a", "b"]))

    assert [call.input for call in calls(run)] == [
        {"item": "a", "index": 0},
        {"item": "b", "index": 1},
    ]


def test_an_input_is_made_of_the_item_and_of_the_run_s_data() -> None:
    config: Json = {"sum": {"cel": "item.n + trigger.output.base"}, "place": "no. {{ index }}"}
    run = calling(for_each(input=config), given={"items": [{"n": 1}, {"n": 2}], "base": 10})

    assert [call.input for call in calls(run)] == [
        {"sum": 11, "place": "no. 0"},
        {"sum": 12, "place": "no. 1"},
    ]


def test_the_members_of_an_object_are_items_too() -> None:
    run = calling(for_each(), given={"items": {"a": 1}})

    assert calls(run)[0].input["item"] == {"key": "a", "value": 1}


def test_results_stand_in_the_order_of_the_items() -> None:
    run = calling(for_each([10, 20, 30]))

    ends(run, 2)
    ends(run, 0, 1)

    assert run.one(RunCompleted).output == {
        "results": [0, 1, 2],
        "errors": [],
        "count": 3,
        "failed": 0,
    }


def test_no_items_are_no_runs() -> None:
    run = calling(for_each([]))

    assert run.all(ChildrenCalled) == []
    output = run.one(RunCompleted).output
    assert output == {"results": [], "errors": [], "count": 0, "failed": 0}


@pytest.mark.parametrize("items", [7, "text", None])
def test_items_that_are_none_fail_the_step(items: Json) -> None:
    run = calling(for_each(), given={"items": items})

    assert run.one(NodeFailed).error.code == "invalid-items"


def test_the_first_failure_ends_the_step() -> None:
    run = calling(for_each([1, 2, 3], concurrency=2))

    failed(run, 1, "Broken.")

    error = run.one(RunFailed).error
    assert (error.code, error.details["index"]) == ("child-failed", 1)
    assert len(calls(run)) == 2


def test_failures_are_listed_when_the_others_go_on() -> None:
    run = calling(for_each([1, 2, 3], on_error="continue"))

    failed(run, 1, "Broken.")
    told(run, report(run, 2, "Cancelled"))
    ends(run, 0)

    output = run.one(RunCompleted).output
    assert output["results"] == [0, None, None]
    assert [(one["index"], one["status"]) for one in output["errors"]] == [
        (1, "Failed"),
        (2, "Cancelled"),
    ]
    assert (output["failed"], output["count"]) == (2, 3)


def test_an_item_without_an_input_is_one_that_failed() -> None:
    items = [{"n": 1}, {}, {"n": 3}]
    run = calling(for_each(items, input={"n": "{{ item.n }}"}, on_error="continue", concurrency=1))

    ends(run, 0)
    ends(run, 2)

    (error,) = run.one(RunCompleted).output["errors"]
    assert (error["index"], error["error"]["code"]) == (1, "missing-variable")


def test_an_item_without_an_input_stops_the_step() -> None:
    run = calling(for_each([{"n": 1}, {}], input={"n": "{{ item.n }}"}))

    error = run.one(RunFailed).error
    assert "`item.n` is missing." in error.message
    assert error.details["index"] == 1


def test_of_many_errors_only_the_first_are_kept() -> None:
    run = calling(for_each([{}] * 300, input={"n": "{{ item.n }}"}, on_error="continue"))

    output = run.one(RunCompleted).output
    assert output["failed"] == 300
    assert len(output["errors"]) == ERRORS_KEPT_MAX


def test_outputs_beyond_the_limit_fail_the_step() -> None:
    run = calling(for_each([1, 2, 3], concurrency=1))
    large = "x" * (VALUE_BYTES_MAX // 2)

    told(run, report(run, 0, output=large))
    told(run, report(run, 1, output=large))

    error = run.one(RunFailed).error
    assert error.code == "output-too-large"
    assert "2 of 3 items" in error.message
    assert len(calls(run)) == 2


def test_outputs_that_nobody_collects_are_not_kept() -> None:
    run = calling(for_each([1, 2, 3], concurrency=1, collect=False))

    for index in range(3):
        told(run, report(run, index, output="x" * (VALUE_BYTES_MAX // 2)))

    assert run.one(RunCompleted).output["results"] == []
    assert {each.output for each in reports_of(run)} == {None}


def test_events_stay_small_however_large_the_inputs_are() -> None:
    text = "x" * 100_000
    run = calling(
        for_each(list(range(20)), input={"text": "{{ trigger.output.text }}"}, concurrency=20),
        given={"text": text},
    )
    for _ in range(20):
        if isinstance(run.state, Live):
            node_state = run.state.nodes["all"]
            assert isinstance(node_state, Calling)
            ends(run, *node_state.running)

    assert len(calls(run)) == 20
    assert (
        max(size_of(event.model_dump(mode="json")) for event in run.all(ChildrenCalled)) < 300_000
    )
    assert isinstance(run.events[-1], RunCompleted)


def test_reports_with_large_outputs_are_told_in_several_events() -> None:
    run = calling(for_each([1, 2, 3]))

    told(run, *(report(run, index, output="x" * 87_000) for index in range(3)))

    assert len(run.all(ChildrenReported)) == 2
    assert isinstance(run.events[-1], RunCompleted)


# -- people ------------------------------------------------------------------------------------------------------------


def test_a_run_waits_for_people_when_all_its_children_do() -> None:
    run = calling(for_each([1, 2]))

    told(run, report(run, 0, "Waiting", sequence=2))
    assert status_of(run.state) == "Running"

    told(run, report(run, 1, "Waiting", sequence=2))
    assert status_of(run.state) == "Waiting"

    told(run, report(run, 1, "Running", sequence=3))
    assert status_of(run.state) == "Running"


def test_what_a_child_said_before_changes_nothing() -> None:
    run = calling(for_each([1, 2]))
    told(run, report(run, 0, "Waiting", sequence=5))

    assert told(run, report(run, 0, "Running", sequence=3)) == []
    assert told(run, report(run, 0, "Waiting", sequence=5)) == []


def test_what_comes_after_a_child_s_end_changes_nothing() -> None:
    run = calling(for_each([1, 2]))
    ends(run, 0)

    assert told(run, report(run, 0, "Waiting", sequence=99)) == []
    assert ends(run, 0) == []


def test_the_report_of_another_run_changes_nothing() -> None:
    run = calling(for_each([1, 2]))
    stranger = report(run, 0).model_copy(update={"run_id": RUN_ID})

    assert told(run, stranger) == []


def test_nothing_follows_the_end_of_the_parent() -> None:
    run = calling(for_each([1, 2]))
    failed(run, 0)

    assert ends(run, 1) == []


def test_all_news_of_one_moment_are_one_event() -> None:
    run = calling(for_each([1, 2, 3], concurrency=3))

    events = ends(run, 0, 1, 2)

    assert kinds(events) == ["ChildrenReported", "NodeCompleted", "RunCompleted"]


def test_a_node_s_size_is_counted_once() -> None:
    run = calling(for_each([1, 2]), node("ask", "approval", prompt="Go on?"))
    ends(run, 0, 1)

    assert isinstance(run.state, Live)
    output = run.one(NodeCompleted).output
    assert run.state.size_bytes == size_of(output) + size_of({})
