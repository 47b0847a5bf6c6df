from contracts.run import NodeFailed, NodeScheduled, NodeSkipped, RetrySet, RunCompleted
from services.engine.domain.run_state import status_of
from tests.support.run_workflows import kinds, request
from tests.support.runs import NOW, answered, broken, edge, fired, node, started, workflow


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
