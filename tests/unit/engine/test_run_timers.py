"""Delays, timeouts of people, and the limits whose clocks stand still while people think."""

from datetime import timedelta

import pytest

from contracts.actor import TIMEOUT
from contracts.base import JsonObject
from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    RetrySet,
    RunCompleted,
    RunFact,
    RunFailed,
    TimerKind,
    TimerSet,
    TimerStopped,
)
from services.engine.domain.run_commands import FireTimer, Resolve
from services.engine.domain.run_state import Live, status_of
from tests.support.run_workflows import kinds, request
from tests.support.runs import (
    NOW,
    Run,
    answered,
    approve,
    broken,
    cancel,
    edge,
    fired,
    node,
    reject,
    started,
    workflow,
)

CLOCKS = (TimerSet, TimerStopped)


def due(key: str = "", kind: TimerKind = "node_limit", visit: int = 1) -> FireTimer:
    return FireTimer(kind=kind, node=key, visit=visit)


def after(run: Run, **length: float) -> Run:
    run.now += timedelta(**length)
    return run


def limited(raw: JsonObject, time_limit: str) -> JsonObject:
    """The workflow with a limit of its own."""
    return {**raw, "settings": {"time_limit": time_limit}}


def clock_events(events: list[RunFact]) -> list[str]:
    return [type(event).__name__ for event in events if isinstance(event, CLOCKS)]


# -- delays ----------------------------------------------------------------------------------------


def test_a_delay_sleeps_and_wakes_with_its_time() -> None:
    run = started(workflow([node("nap", "delay", duration="1h30m"), node("up", "transform", a=1)]))
    assert run.one(TimerSet).due_at == NOW + timedelta(minutes=90)
    assert status_of(run.state) == "Running"

    after(run, minutes=90).does(due("nap", "delay"))

    assert run.all(NodeCompleted)[0].output == {"resumed_at": "2026-11-24T09:30:00.000000Z"}
    assert status_of(run.state) == "Completed"


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("2026-11-24T09:00:00+01:00", 0),
        ("2026-11-24T10:00:00+01:00", 3_600),
        ("2020-01-01T00:00:00Z", 0),
        ("{{ trigger.output.days }}d", 2 * 86_400),
    ],
)
def test_a_delay_until_an_instant_is_due_then_and_never_in_the_past(
    until: str, seconds: int
) -> None:
    run = started(workflow([node("nap", "delay", until=until)]), {"days": 2})

    assert run.one(TimerSet).due_at == NOW + timedelta(seconds=seconds)


def test_a_delay_that_is_no_time_takes_its_error_port() -> None:
    raw = workflow(
        [
            node("nap", "delay", duration="{{ trigger.output.wait }}"),
            node("odd", "transform", why="{{ nap.error.message }}"),
        ],
        [edge("trigger", "nap"), edge("nap", "odd", "error")],
    )
    run = started(raw, {"wait": "soon"})

    error = run.one(NodeFailed).error
    assert (error.code, error.node) == ("invalid-time", "nap")
    assert "write 90s, 15m" in run.one(RunCompleted).output["why"]


@pytest.mark.parametrize("late", [due("nap", "delay", 2), due("other", "delay"), due("nap")])
def test_a_timer_of_something_else_wakes_nothing(late: FireTimer) -> None:
    run = started(workflow([node("nap", "delay", duration="1h")]))

    assert run.does(late) == []


def test_a_delay_wakes_once_and_not_after_the_end_of_its_run() -> None:
    run = started(
        workflow([node("nap", "delay", duration="1h"), node("ask", "approval", prompt="?")])
    )
    run.does(due("nap", "delay"))
    assert run.does(due("nap", "delay")) == []

    run.does(cancel())
    assert run.does(due("nap", "delay")) == []


# -- people who do not answer ----------------------------------------------------------------------


def timed_out(run: Run, key: str) -> Resolve:
    return Resolve(run.task(key).task_id, "timed_out", None, TIMEOUT, run.now)


def test_a_timeout_takes_its_port() -> None:
    raw = workflow(
        [
            node("ask", "approval", prompt="?", timeout="3d"),
            node("yes", "transform", said="yes"),
            node("late", "transform", why="{{ ask.error.code }}"),
        ],
        [edge("trigger", "ask"), edge("ask", "yes"), edge("ask", "late", "timeout")],
    )
    run = started(raw)
    assert run.task("ask").timeout_at == NOW + timedelta(days=3)

    after(run, days=3).does(timed_out(run, "ask"))

    assert run.one(NodeFailed).port == "timeout"
    assert run.one(RunCompleted).output == {"why": "timed-out"}


def test_a_timeout_without_its_port_fails_the_run() -> None:
    fields = [{"name": "a", "type": "text"}]
    run = started(workflow([node("ask", "manual_input", fields=fields, timeout="90s")]))

    run.does(timed_out(run, "ask"))

    failed = run.one(RunFailed)
    assert (failed.reason, failed.error.code) == ("node-failed", "timed-out")
    assert failed.error.details["decided_by"] == "Timeout"


def test_whoever_decides_first_wins_over_the_timeout_and_the_other_way_round() -> None:
    raw = workflow(
        [node("ask", "approval", prompt="?", timeout="1h"), node("b", "approval", prompt="?")]
    )
    run = started(raw)
    late = timed_out(run, "ask")
    run.does(approve(run.task("ask")))
    assert run.does(late) == []

    other = started(raw)
    other.does(timed_out(other, "ask"))
    assert other.does(approve(other.task("ask"))) == []


# -- the limit of a node ---------------------------------------------------------------------------


def slow_call(**more: str) -> JsonObject:
    return {**request(retries=5, retry_delay=60), "time_limit": "2m", **more}


def test_a_node_that_takes_too_long_fails_and_its_late_result_counts_no_more() -> None:
    raw = workflow(
        [slow_call(), node("late", "transform", why="{{ call.error.message }}")],
        [edge("trigger", "call"), edge("call", "late", "error")],
    )
    run = started(raw, {"id": 1})
    assert run.one(TimerSet).due_at == NOW + timedelta(minutes=2)

    after(run, minutes=2).does(due("call"))

    assert run.one(NodeFailed).error.code == "time-limit"
    assert run.one(RunCompleted).output == {"why": "`Call` took longer than 2m."}
    assert run.does(answered("call")) == []


def test_the_limit_of_a_node_covers_its_retries() -> None:
    run = started(workflow([slow_call()]), {"id": 1})
    after(run, seconds=60).does(broken("call", retryable=True))
    assert len(run.all(TimerSet)) == 1

    after(run, seconds=60).does(due("call"))

    assert run.one(NodeFailed).attempt == 1
    assert run.one(RunFailed).reason == "node-failed"
    assert run.does(fired("call")) == []


def test_a_node_in_time_is_done_with_its_limit() -> None:
    raw = workflow([slow_call(), node("ask", "approval", prompt="?")])
    run = started(raw, {"id": 1})
    run.does(answered("call"))

    assert isinstance(run.state, Live)
    assert run.state.clocks == {}
    assert after(run, hours=1).does(due("call")) == []


def test_a_limit_that_fires_before_its_time_does_nothing() -> None:
    run = started(workflow([slow_call()]), {"id": 1})

    assert after(run, seconds=119).does(due("call")) == []


# -- the limit of a run ----------------------------------------------------------------------------


def test_a_run_that_takes_too_long_fails_and_closes_its_tasks() -> None:
    raw = workflow(
        [request(), node("ask", "approval", prompt="?")],
        [edge("trigger", "call"), edge("trigger", "ask")],
    )
    run = started(limited(raw, "2h"), {"id": 1})

    after(run, hours=2).does(due(kind="run_limit"))

    failed = run.one(RunFailed)
    assert (failed.reason, failed.error.code, failed.error.node) == (
        "time-limit",
        "time-limit",
        None,
    )
    assert failed.error.message.startswith("The run took longer than 2h")
    assert failed.open_tasks == [run.task("ask").task_id]


def test_the_clock_of_a_run_stands_still_while_only_people_can_move() -> None:
    raw = workflow(
        [request(), node("ask", "approval", prompt="?"), node("nap", "delay", duration="3h")]
    )
    run = started(limited(raw, "2h"), {"id": 1})

    stopped = after(run, minutes=30).does(answered("call"))
    assert clock_events(stopped) == ["TimerStopped"]
    assert run.one(TimerStopped).remaining_seconds == 90 * 60
    assert after(run, days=30).does(due(kind="run_limit")) == []

    run.does(approve(run.task("ask")))
    assert run.all(TimerSet)[-1].due_at == run.now + timedelta(minutes=90)
    assert after(run, minutes=89).does(due(kind="run_limit")) == []
    assert kinds(after(run, minutes=1).does(due(kind="run_limit"))) == ["RunFailed"]


def test_a_run_that_asks_at_once_has_its_whole_limit_left() -> None:
    run = started(limited(workflow([node("ask", "approval", prompt="?")]), "2h"))

    assert clock_events(run.events) == ["TimerStopped"]
    assert run.one(TimerStopped).remaining_seconds == 7_200


def test_time_that_was_up_when_people_were_asked_does_not_begin_to_wait() -> None:
    run = started(
        limited(workflow([request(), node("ask", "approval", prompt="?")]), "2h"), {"id": 1}
    )
    after(run, hours=3).does(answered("call"))
    assert run.all(TimerStopped) == []

    assert kinds(run.does(due(kind="run_limit"))) == ["RunFailed"]


def test_a_run_without_limits_has_no_clock() -> None:
    raw = workflow([request(), node("ask", "approval", prompt="?")])
    run = started(raw, {"id": 1})
    run.does(answered("call"))
    run.does(approve(run.task("ask")))

    assert clock_events(run.events) == []


def test_a_pure_run_within_its_limit_ends_with_one_timer_event_at_most() -> None:
    run = started(limited(workflow([node("a", "transform", b=1)]), "2h"))

    assert status_of(run.state) == "Completed"
    assert clock_events(run.events) == []


def test_a_rejection_ends_a_limited_run_like_any_other() -> None:
    run = started(limited(workflow([node("ask", "approval", prompt="?")]), "2h"))
    run.does(reject(run.task("ask")))

    assert status_of(run.state) == "Failed"
    assert run.does(due(kind="run_limit")) == []


# -- retries ---------------------------------------------------------------------------------------


def retrying(**retry: object) -> JsonObject:
    return workflow([{**request(), "retry": retry}])


def test_a_retry_policy_says_how_often_and_when() -> None:
    raw = retrying(attempts=3, delay="10s", backoff=3, max_delay="20s", jitter=0)
    run = started(raw, {"id": 1})

    for attempt in (1, 2):
        run.does(broken("call", attempt, retryable=True))
        run.does(fired("call", attempt))
    run.does(broken("call", 3, retryable=True))

    delays = [(event.due_at - NOW).total_seconds() for event in run.all(RetrySet)]
    assert delays == [10, 20]
    assert len(run.all(NodeScheduled)) == 3
    assert run.one(NodeFailed).attempt == 3


@pytest.mark.parametrize(
    ("words", "status", "may_pass", "again"),
    [
        (None, 503, True, True),
        (None, 404, False, False),
        (["any"], 404, False, True),
        (["status-404"], 404, False, True),
        (["status-5xx"], 404, False, False),
        (["status-5xx"], 599, False, True),
        (["timeout", "connection-failed"], None, False, True),
        (["timeout"], None, True, False),
        (["request-failed"], None, False, True),
    ],
)
def test_a_retry_policy_may_name_the_errors(
    words: list[str] | None, status: int | None, *, may_pass: bool, again: bool
) -> None:
    retry: JsonObject = {"attempts": 2} if words is None else {"attempts": 2, "on": words}
    run = started(retrying(**retry), {"id": 1})
    output = None if status is None else {"status": status}

    run.does(broken("call", retryable=may_pass, output=output))

    assert bool(run.all(RetrySet)) == again
