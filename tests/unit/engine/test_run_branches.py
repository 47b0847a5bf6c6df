import pytest

from contracts.base import Json
from contracts.run import NodeCompleted, NodeSkipped, RunCompleted, RunFailed, RunPaused
from tests.support.run_workflows import decision_tree, kinds, two_branches
from tests.support.runs import approve, edge, node, reject, started, workflow


def test_a_join_waits_for_both_branches() -> None:
    run = started(two_branches())

    first = run.does(approve(run.task("left")))
    second = run.does(approve(run.task("right")))

    assert kinds(first) == ["RunResumed"]
    assert kinds(second) == ["RunResumed", "NodeCompleted", "RunCompleted"]


def test_rejecting_one_branch_fails_the_run_and_names_the_open_task_of_the_other() -> None:
    run = started(two_branches())

    run.does(reject(run.task("left")))

    assert run.one(RunFailed).open_tasks == [run.task("right").task_id]
    assert run.does(approve(run.task("right"))) == []


def test_a_dead_branch_is_skipped_and_its_join_still_runs() -> None:
    run = started(decision_tree(), {"amount": 10})

    assert [event.node for event in run.all(NodeSkipped)] == ["ask", "note"]
    assert run.one(RunCompleted).output == {"amount": 10}


def test_the_taken_branch_of_a_condition_runs() -> None:
    run = started(decision_tree(), {"amount": 5_000})

    assert [event.node for event in run.all(RunPaused)] == ["ask"]
    assert run.all(NodeSkipped) == []


@pytest.mark.parametrize(
    ("value", "port"), [("gold", "gold"), (3, "3"), (True, "true"), ("lead", "default")]
)
def test_a_switch_takes_the_port_of_its_case(value: Json, port: str) -> None:
    raw = workflow(
        [
            node("kind", "switch", expression="trigger.output.kind", cases=["gold", 3, True]),
            node("end", "transform", a=1),
        ],
        [edge("trigger", "kind"), edge("kind", "end", port)],
    )

    run = started(raw, {"kind": value})

    assert run.all(NodeCompleted)[0].port == port
    assert run.all(NodeCompleted)[-1].node == "end"


def test_a_run_without_nodes_completes_with_its_input() -> None:
    assert started(workflow([]), {"a": 1}).one(RunCompleted).output == {"a": 1}
