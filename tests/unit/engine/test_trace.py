from datetime import timedelta

import pytest

from contracts.base import Json, JsonObject
from contracts.run import RetrySet, RunPaused
from contracts.run_view import TimeLimit, TraceStep
from services.chassis.errors import Broken
from services.engine.domain.run_commands import FireTimer
from services.engine.domain.trace import Traced, fold_run, fold_trace
from tests.support.runs import (
    BOB,
    NOW,
    Run,
    answered,
    approve,
    broken,
    cancel,
    definition_of,
    edge,
    envelopes,
    fired,
    node,
    reject,
    started,
    submit,
    workflow,
)


def trace_of(run: Run, raw: JsonObject) -> tuple[dict[str, TraceStep], Json]:
    """The trace of a run whose events came a second apart."""
    steps, output = fold_trace(envelopes(run.events), definition_of(raw))
    return {step.node: step for step in steps}, output


APPROVAL = workflow(
    [
        node("fetch", "transform", email="{{ trigger.output.email }}"),
        node("review", "approval", prompt="Send to {{ fetch.output.email }}?"),
        node("sent", "transform", by="{{ review.output.decided_by }}"),
    ]
)
REQUEST = workflow(
    [
        node("call", "http_request", url="https://example.com", retries=1),
        node("told", "transform", why="{{ call.error.code }}"),
        node("went", "transform", a=1),
    ],
    [edge("trigger", "call"), edge("call", "told", "error"), edge("call", "went")],
)


def test_each_step_shows_what_it_read_what_it_gave_and_when() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})
    run.does(approve(run.task("review"), by=BOB, comment="Fine"))

    steps, output = trace_of(run, APPROVAL)

    assert list(steps) == ["trigger", "fetch", "review", "sent"]
    assert steps["trigger"].output == {"email": "ada@example.com"}
    fetch, review = steps["fetch"], steps["review"]
    assert (fetch.name, fetch.type, fetch.status) == ("Fetch", "transform", "Completed")
    assert fetch.input == {"trigger.output.email": "ada@example.com"}
    assert fetch.output == {"email": "ada@example.com"}
    assert review.input == {"title": "Review", "prompt": "Send to ada@example.com?"}
    assert review.finished_at == NOW + timedelta(seconds=3)
    assert review.started_at == NOW + timedelta(seconds=2)
    assert review.decision is not None
    assert (review.decision.outcome, review.decision.by) == ("approved", "Bob")
    assert review.decision.comment == "Fine"
    assert output == {"by": "Bob"}


def test_a_waiting_step_names_its_task() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})

    steps, output = trace_of(run, APPROVAL)

    assert steps["review"].status == "Waiting"
    assert steps["review"].task_id == run.task("review").task_id
    assert steps["review"].finished_at is None
    assert output is None


def test_a_rejection_is_told_at_the_step_that_asked() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})
    run.does(reject(run.task("review"), by=BOB, comment="Typo"))

    review = trace_of(run, APPROVAL)[0]["review"]

    assert review.status == "Failed"
    assert review.error is not None
    assert review.error.message == "Rejected by Bob"
    assert review.decision is not None
    assert (review.decision.outcome, review.decision.comment) == ("rejected", "Typo")


def test_submitted_values_are_in_the_trace() -> None:
    field = {"name": "budget", "type": "number"}
    raw = workflow([node("ask", "manual_input", prompt="?", fields=[field])])
    run = started(raw)
    run.does(submit(run.task("ask"), {"budget": 5}))

    decision = trace_of(run, raw)[0]["ask"].decision

    assert decision is not None
    assert decision.values == {"budget": 5}


def test_attempts_and_the_last_error_are_in_the_trace() -> None:
    run = started(REQUEST)
    run.does(broken("call", retryable=True))
    retrying = trace_of(run, REQUEST)[0]["call"]
    run.does(fired("call"))
    run.does(broken("call", attempt=2, output={"status": 500}))
    failed, told = (trace_of(run, REQUEST)[0][key] for key in ("call", "told"))

    assert (retrying.status, retrying.attempt) == ("Retrying", 1)
    assert (failed.status, failed.attempt, failed.output) == ("Failed", 2, {"status": 500})
    assert failed.error is not None
    assert told.status == "Completed"
    assert trace_of(run, REQUEST)[0]["went"].status == "Skipped"


def test_an_error_that_was_overcome_is_gone() -> None:
    run = started(REQUEST)
    run.does(broken("call", retryable=True))
    run.does(fired("call"))
    run.does(answered("call", {"status": 200}, attempt=2))

    call = trace_of(run, REQUEST)[0]["call"]

    assert (call.status, call.error, call.attempt) == ("Completed", None, 2)
    assert call.input["url"] == "https://example.com"


def test_what_was_open_when_the_run_was_cancelled_is_cancelled() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})
    run.does(cancel())

    review = trace_of(run, APPROVAL)[0]["review"]

    assert (review.status, review.finished_at) == ("Cancelled", NOW + timedelta(seconds=3))


def test_a_cancelled_run_says_who_cancelled_it_when_and_why() -> None:
    run = started(APPROVAL, {"email": "a"})
    run.does(cancel("Ordered twice"))

    before, after = at(run, APPROVAL, len(run.events) - 1), at(run, APPROVAL, len(run.events))

    assert before.cancelled is None
    assert after.cancelled is not None
    assert after.cancelled.at == after.ended_at
    assert (after.cancelled.by, after.cancelled.reason) == (BOB.name, "Ordered twice")


def at(run: Run, raw: JsonObject, sequence: int) -> Traced:
    """The run as it was after one of its events."""
    return fold_run(envelopes(run.events)[:sequence], definition_of(raw))


def test_a_run_can_be_seen_as_it_was_after_any_event() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})
    run.does(approve(run.task("review"), by=BOB))
    asked = next(n for n, event in enumerate(run.events, 1) if isinstance(event, RunPaused))

    begun, waiting, done = (at(run, APPROVAL, n) for n in (1, asked, len(run.events)))

    assert (begun.status, [step.node for step in begun.steps]) == ("Running", ["trigger"])
    assert (waiting.status, waiting.output, waiting.ended_at) == ("Waiting", None, None)
    assert waiting.steps[-1].decision is None
    assert (done.status, done.output) == ("Completed", {"by": "Bob"})
    assert done.ended_at == NOW + timedelta(seconds=len(run.events) - 1)


def test_why_a_run_failed_is_told_from_the_event_on_that_says_so() -> None:
    run = started(APPROVAL, {"email": "ada@example.com"})
    run.does(reject(run.task("review"), by=BOB))

    before, after = (at(run, APPROVAL, len(run.events) - n) for n in (1, 0))

    assert (before.status, before.error) == ("Waiting", None)
    assert after.status == "Failed"
    assert after.error is not None
    assert after.error.code == "rejected"


def test_each_attempt_has_its_times_and_its_error() -> None:
    run = started(REQUEST)
    run.does(broken("call", retryable=True))
    due_at = run.one(RetrySet).due_at
    first = trace_of(run, REQUEST)[0]["call"].attempts
    run.does(fired("call"))
    run.does(answered("call", {"status": 200}, attempt=2))
    attempts = trace_of(run, REQUEST)[0]["call"].attempts

    assert [(one.attempt, one.next_at) for one in first] == [(1, due_at)]
    assert [one.attempt for one in attempts] == [1, 2]
    failed, went = attempts
    assert failed.error is not None
    assert (failed.error.code, went.error) == ("request-failed", None)
    assert failed.finished_at is not None
    assert failed.started_at < failed.finished_at < went.started_at
    assert went.finished_at == trace_of(run, REQUEST)[0]["call"].finished_at


def test_a_single_attempt_is_not_listed() -> None:
    run = started(REQUEST)
    run.does(answered("call", {"status": 200}))

    assert trace_of(run, REQUEST)[0]["call"].attempts == []


def test_a_sleeping_step_says_until_when_and_a_limited_one_what_is_left() -> None:
    raw = workflow(
        [
            node("nap", "delay", duration="40s"),
            node("call", "http_request", url="https://example.com"),
        ]
    )
    raw["nodes"][1]["time_limit"] = "30s"
    raw["settings"] = {"time_limit": "90s"}
    run = started(raw)
    asleep = at(run, raw, len(run.events))
    run.now += timedelta(seconds=40)
    run.does(FireTimer("delay", "nap", 1))
    calling = at(run, raw, len(run.events))
    run.does(answered("call", {}))
    done = at(run, raw, len(run.events))

    assert asleep.steps[-1].sleeps_until == NOW + timedelta(seconds=40)
    assert asleep.limit == TimeLimit(due_at=NOW + timedelta(seconds=90))
    assert calling.steps[-1].limit == TimeLimit(due_at=run.now + timedelta(seconds=30))
    assert done.steps[-1].limit is None
    assert done.limit is None


def test_an_unknown_event_is_broken() -> None:
    run = started(APPROVAL, {"email": "a"})
    strange = envelopes(run.events)[0].model_copy(update={"type": "flusso.run.evaporated"})

    with pytest.raises(Broken):
        fold_trace([strange], definition_of(APPROVAL))
