from contracts.run import NodeFailed, RunCompleted, RunFailed
from tests.support.run_workflows import decision_tree, newsletter, request
from tests.support.runs import broken, edge, node, started, workflow


def test_a_missing_variable_fails_the_node_and_is_named() -> None:
    run = started(newsletter(), {"mail": "ada@example.com"})

    failed = run.one(NodeFailed)
    assert (failed.node, failed.error.code) == ("fetch_user", "missing-variable")
    assert failed.error.message == "`trigger.output.email` is missing."
    assert failed.error.details["expression"] == "{{ trigger.output.email }}"
    assert run.one(RunFailed).reason == "node-failed"


def test_an_output_above_the_limit_fails_its_node_with_both_sizes() -> None:
    config = {f"copy_{n}": "{{ trigger.output.text }}" for n in range(5)}
    run = started(workflow([node("many", "transform", **config)]), {"text": "x" * 60_000})

    error = run.one(NodeFailed).error
    assert error.code == "output-too-large"
    assert error.details["limit"] == 262_144
    assert error.details["size"] > 300_000
    assert "300,0" in error.message


def test_all_outputs_of_a_run_together_have_a_limit() -> None:
    nodes = [node(f"copy{n}", "transform", text="{{ trigger.output.text }}") for n in range(20)]
    run = started(workflow(nodes), {"text": "x" * 250_000})

    error = run.one(NodeFailed).error
    assert error.code == "output-too-large"
    assert error.details["limit"] == 4_194_304


def test_a_condition_that_is_no_boolean_fails_its_node() -> None:
    run = started(decision_tree(), {"amount": "many"})

    assert run.one(NodeFailed).error.code == "expression-failed"


def test_a_failing_branch_names_the_open_tasks_of_the_others() -> None:
    raw = workflow(
        [node("ask", "approval", prompt="?"), request()],
        [edge("trigger", "ask"), edge("trigger", "call")],
    )
    run = started(raw, {"id": 1})

    run.does(broken("call"))

    assert run.one(RunFailed).open_tasks == [run.task("ask").task_id]


def test_a_stop_completes_the_run_at_once_with_its_output() -> None:
    raw = workflow(
        [
            node("ask", "approval", prompt="?"),
            node("enough", "stop", output={"id": "{{ trigger.output.id }}"}),
        ],
        [edge("trigger", "ask"), edge("trigger", "enough")],
    )
    run = started(raw, {"id": 4})

    completed = run.one(RunCompleted)
    assert completed.output == {"id": 4}
    assert completed.open_tasks == [run.task("ask").task_id]


def test_a_stop_can_fail_the_run_with_a_message() -> None:
    raw = workflow([node("no", "stop", status="Failed", message="No {{ trigger.output.id }}")])

    failed = started(raw, {"id": 4}).one(RunFailed)

    assert (failed.reason, failed.error.code, failed.error.message) == (
        "stopped",
        "stopped",
        "No 4",
    )
