from collections.abc import Sequence

import pytest

from contracts.base import Json, JsonObject
from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    NodeSkipped,
    RetrySet,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunResumed,
)
from services.chassis.errors import Refused
from services.engine.domain.run_state import Ended, status_of
from tests.support.runs import (
    BOB,
    NOW,
    RUN_ID,
    Run,
    answered,
    approve,
    broken,
    cancel,
    edge,
    fired,
    graph_of,
    node,
    reject,
    start,
    started,
    submit,
    workflow,
)


def kinds(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def newsletter() -> JsonObject:
    return workflow(
        [
            node("fetch_user", "transform", email="{{ trigger.output.email }}"),
            node(
                "review",
                "approval",
                prompt="Approve sending this email to {{ fetch_user.output.email }}?",
            ),
            node("sent", "transform", by="{{ review.output.decided_by }}"),
        ]
    )


def two_branches() -> JsonObject:
    return workflow(
        [
            node("left", "approval", prompt="Left?"),
            node("right", "approval", prompt="Right?"),
            node("join", "transform", done="yes"),
        ],
        [
            edge("trigger", "left"),
            edge("trigger", "right"),
            edge("left", "join"),
            edge("right", "join"),
        ],
    )


def decision_tree() -> JsonObject:
    return workflow(
        [
            node("large", "condition", expression="trigger.output.amount > 1000"),
            node("ask", "approval", prompt="Large. Fine?"),
            node("note", "transform", text="large"),
            node("pay", "transform", amount="{{ trigger.output.amount }}"),
        ],
        [
            edge("trigger", "large"),
            edge("large", "ask", "true"),
            edge("ask", "note"),
            edge("note", "pay"),
            edge("large", "pay", "false"),
        ],
    )


def request(**config: Json) -> JsonObject:
    return node("call", "http_request", url="https://example.com/{{ trigger.output.id }}", **config)


# -- from the trigger to a person and on -------------------------------------------------------------------------------


def test_a_run_goes_from_its_trigger_to_its_first_pause_at_once() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    assert kinds(run.events) == ["RunStarted", "NodeCompleted", "RunPaused"]
    assert status_of(run.state) == "Waiting"


def test_a_pause_freezes_what_people_will_see() -> None:
    task = started(newsletter(), {"email": "ada@example.com"}).task("review")

    assert task.prompt == "Approve sending this email to ada@example.com?"
    assert (task.title, task.step_name, task.kind) == ("Review", "Review", "approval")
    assert (task.workflow_name, task.workflow_version) == ("Newsletter", 3)


def test_approval_resumes_the_run_at_the_step_after_it() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    events = run.does(approve(run.task("review"), by=BOB, comment="Nice"))

    assert kinds(events) == ["RunResumed", "NodeCompleted", "RunCompleted"]
    assert run.one(RunResumed).output == {
        "approved": True,
        "decision": "approved",
        "decided_by": "Bob",
        "decided_at": "2026-11-24T08:00:00.000000Z",
        "comment": "Nice",
    }
    assert run.one(RunCompleted).output == {"by": "Bob"}
    assert status_of(run.state) == "Completed"


def test_rejection_fails_the_waiting_run() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    task = run.task("review")

    run.does(reject(task, by=BOB, comment="Typo"))

    failed = run.one(RunFailed)
    assert (failed.reason, failed.error.code, failed.error.message) == (
        "rejected",
        "rejected",
        "Rejected by Bob",
    )
    assert (failed.by, failed.task_id, failed.comment) == (BOB, task.task_id, "Typo")
    assert status_of(run.state) == "Failed"


def test_submitted_values_are_the_output_of_the_input_node() -> None:
    field = {"name": "budget", "type": "number", "required": True}
    run = started(
        workflow(
            [
                node("ask", "manual_input", prompt="How much?", fields=[field]),
                node("keep", "transform", euros="{{ ask.output.budget }}"),
            ]
        )
    )

    run.does(submit(run.task("ask"), {"budget": 250}))

    assert run.one(RunCompleted).output == {"euros": 250}


def test_a_decision_that_comes_again_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    decision = approve(run.task("review"))
    run.does(decision)

    assert run.does(decision) == []
    assert run.does(reject(run.task("review"))) == []


def test_a_decision_on_a_task_of_another_run_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})
    task = run.task("review").model_copy(update={"task_id": RUN_ID})

    assert run.does(approve(task)) == []
    assert status_of(run.state) == "Waiting"


def test_a_decision_of_the_wrong_kind_is_refused() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    refused = run.tries(submit(run.task("review"), {}))

    assert isinstance(refused, Refused)
    assert refused.code == "wrong-kind"


# -- starting twice ----------------------------------------------------------------------------------------------------


def test_a_repeated_start_changes_nothing() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    assert run.does(start({"email": "ada@example.com"})) == []


def test_a_start_with_the_same_id_and_another_body_is_refused() -> None:
    run = started(newsletter(), {"email": "ada@example.com"})

    refused = run.tries(start({"email": "bob@example.com"}, digest="d2"))

    assert isinstance(refused, Refused)
    assert refused.code == "idempotency-key-reused"


def test_a_start_is_told_apart_also_after_the_end() -> None:
    run = started(workflow([node("only", "transform", a=1)]))

    assert run.does(start()) == []
    assert isinstance(run.tries(start(digest="d2")), Refused)


def test_the_input_of_a_run_is_an_object() -> None:
    refused = Run(graph_of(newsletter())).tries(start([1]))

    assert isinstance(refused, Refused)
    assert refused.code == "invalid-input"


def test_an_input_above_the_limit_is_refused_with_both_sizes() -> None:
    refused = Run(graph_of(newsletter())).tries(start({"text": "x" * 300_000}))

    assert isinstance(refused, Refused)
    assert refused.code == "input-too-large"
    assert refused.details == {"size": 300_011, "limit": 262_144}


def test_a_webhook_workflow_run_by_hand_sees_its_input_as_the_payload() -> None:
    raw = workflow(
        [node("keep", "transform", id="{{ trigger.output.payload.id }}")],
        trigger="webhook_trigger",
    )

    assert started(raw, {"id": 7}).one(RunCompleted).output == {"id": 7}


# -- branches and joins ------------------------------------------------------------------------------------------------


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


# -- what goes wrong ---------------------------------------------------------------------------------------------------


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


# -- side effects ------------------------------------------------------------------------------------------------------


def test_a_request_is_scheduled_with_its_values_and_a_key() -> None:
    raw = workflow([request(method="POST", headers={"X-Id": "{{ trigger.output.id }}"}, body={})])
    run = started(raw, {"id": 7})

    scheduled = run.one(NodeScheduled)
    assert scheduled.request["url"] == "https://example.com/7"
    assert scheduled.request["headers"] == {"X-Id": "7"}
    assert scheduled.idempotency_key.endswith("/call/1/1")
    assert status_of(run.state) == "Running"


def test_the_result_of_a_request_is_its_output() -> None:
    run = started(workflow([request()]), {"id": 7})

    run.does(answered("call", {"status": 200}))

    assert run.one(RunCompleted).output == {"status": 200}


def test_a_result_that_comes_again_changes_nothing() -> None:
    run = started(workflow([request(), node("ask", "approval", prompt="?")]), {"id": 7})
    run.does(answered("call", {"status": 200}))

    assert run.does(answered("call", {"status": 500})) == []
    assert run.does(answered("call", {"status": 200}, attempt=2)) == []


def test_a_failed_attempt_is_retried_with_growing_delays_while_retries_are_left() -> None:
    run = started(workflow([request(retries=2, retry_delay=10)]), {"id": 7})

    run.does(broken("call", 1, retryable=True))
    run.does(fired("call", 1))
    run.does(broken("call", 2, retryable=True))
    run.does(fired("call", 2))
    run.does(broken("call", 3, retryable=True))

    delays = [(event.due_at - NOW).total_seconds() for event in run.all(RetrySet)]
    assert 7.5 <= delays[0] <= 12.5
    assert 15 <= delays[1] <= 25
    keys = [event.idempotency_key.rsplit("/", 1)[1] for event in run.all(NodeScheduled)]
    assert keys == ["1", "2", "3"]
    assert run.one(NodeFailed).attempt == 3
    assert status_of(run.state) == "Failed"


def test_a_retrying_run_is_running_not_waiting() -> None:
    raw = workflow(
        [node("ask", "approval", prompt="?"), request(retries=1)],
        [edge("trigger", "ask"), edge("trigger", "call")],
    )
    run = started(raw, {"id": 1})
    assert status_of(run.state) == "Running"

    run.does(broken("call", retryable=True))
    assert status_of(run.state) == "Running"

    run.does(fired("call"))
    run.does(answered("call", {}, attempt=2))
    assert status_of(run.state) == "Waiting"


def test_a_timer_that_fires_twice_schedules_once() -> None:
    run = started(workflow([request(retries=1)]), {"id": 7})
    run.does(broken("call", retryable=True))

    assert kinds(run.does(fired("call"))) == ["NodeScheduled"]
    assert run.does(fired("call")) == []


def test_an_error_that_cannot_be_retried_takes_the_wired_error_port() -> None:
    raw = workflow(
        [
            request(retries=5),
            node("saved", "transform", ok="yes"),
            node("told", "transform", code="{{ call.error.code }}", was="{{ call.output.status }}"),
        ],
        [edge("trigger", "call"), edge("call", "saved"), edge("call", "told", "error")],
    )
    run = started(raw, {"id": 7})

    run.does(broken("call", output={"status": 404}))

    assert [event.node for event in run.all(NodeSkipped)] == ["saved"]
    assert run.one(RunCompleted).output == {"code": "request-failed", "was": 404}


def test_a_request_that_cannot_be_evaluated_takes_the_error_port_too() -> None:
    raw = workflow(
        [request(), node("told", "transform", why="{{ call.error.message }}")],
        [edge("trigger", "call"), edge("call", "told", "error")],
    )

    run = started(raw, {})

    assert run.one(RunCompleted).output == {"why": "`trigger.output.id` is missing."}


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_cancelling_ends_the_run_and_names_its_open_tasks() -> None:
    run = started(two_branches())

    run.does(cancel("Not needed"))

    cancelled = run.one(RunCancelled)
    assert (cancelled.reason, cancelled.by) == ("Not needed", BOB)
    assert cancelled.open_tasks == [run.task("left").task_id, run.task("right").task_id]
    assert isinstance(run.state, Ended)


def test_cancelling_what_has_ended_is_refused_with_its_status() -> None:
    run = started(workflow([node("only", "transform", a=1)]))

    refused = run.tries(cancel())

    assert isinstance(refused, Refused)
    assert (refused.code, refused.details) == ("run-ended", {"run_status": "Completed"})


def test_cancelling_what_never_started_is_refused() -> None:
    refused = Run(graph_of(newsletter())).tries(cancel())

    assert isinstance(refused, Refused)
    assert refused.code == "run-not-found"


def test_a_decision_after_a_cancellation_changes_nothing() -> None:
    run = started(two_branches())
    run.does(cancel())

    assert run.does(approve(run.task("left"))) == []
    assert run.does(reject(run.task("right"))) == []
