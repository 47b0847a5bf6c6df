"""What a definition would do, before it is activated."""

from datetime import timedelta

import pytest

from contracts.base import JsonObject
from services.chassis.errors import Refused
from services.testkit.simulation import Choice, simulate
from tests.support.runs import edge, node, workflow

REVIEW = node("review", "approval", prompt="Pay {{ trigger.output.amount }}?", timeout="2d")
DETAILS = node(
    "details",
    "manual_input",
    fields=[
        {"name": "reason", "type": "text", "required": True, "min_length": 5},
        {"name": "amount", "type": "number", "required": True, "min": 10},
        {"name": "day", "type": "date", "required": True},
        {"name": "note", "type": "textarea"},
    ],
)
PAY = workflow(
    [
        node("large", "condition", expression="trigger.output.amount > 100"),
        REVIEW,
        node("late", "transform", paid="'no'"),
        node("small", "transform", paid="at once"),
    ],
    [
        edge("trigger", "large"),
        edge("large", "review", "true"),
        edge("review", "late", "timeout"),
        edge("large", "small", "false"),
    ],
)


def test_it_shows_the_tasks_an_input_would_create() -> None:
    large, small = simulate(PAY, {"amount": 500}), simulate(PAY, {"amount": 5})

    assert [(asked.opened.node, asked.answer) for asked in large.tasks] == [("review", "approved")]
    assert large.tasks[0].opened.prompt == "Pay 500?"
    assert small.tasks == ()
    assert (large.status, small.status) == ("Completed", "Completed")


@pytest.mark.parametrize(
    ("answer", "status", "took"),
    [("reject", "Failed", timedelta()), ("timeout", "Completed", timedelta(days=2))],
)
def test_answers_can_be_chosen(answer: Choice, status: str, took: timedelta) -> None:
    found = simulate(PAY, {"amount": 500}, answers={"review": answer})

    assert (found.status, found.took) == (status, took)


def test_forms_are_submitted_with_values_that_they_take() -> None:
    found = simulate(workflow([DETAILS]))

    assert found.status == "Completed"
    assert found.output == {"reason": "xxxxx", "amount": 10, "day": "2026-01-05", "note": None}


def test_an_answer_that_would_be_refused_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        simulate(workflow([DETAILS]), answers={"details": {"amount": 1}})

    assert refused.value.code == "invalid-values"


def test_waiting_for_a_timeout_that_never_comes_is_told() -> None:
    with pytest.raises(Refused, match="`details` has no timeout"):
        simulate(workflow([DETAILS]), answers={"details": "timeout"})


def test_what_was_assumed_and_what_was_not_used_is_told() -> None:
    fetch: JsonObject = node("fetch", "http_request", url="https://api.example/u")

    assumed = simulate(workflow([fetch]), answers={"nobody": "approve"})
    given = simulate(workflow([fetch]), outputs={"fetch": {"status": 200}})

    assert (assumed.assumed, assumed.unused) == (("fetch",), ("nobody",))
    assert (given.assumed, given.output) == ((), {"status": 200})


def test_without_an_input_the_sample_of_the_trigger_is_taken() -> None:
    sampled = {
        **PAY,
        "trigger": {"type": "manual_trigger", "config": {"sample_input": {"amount": 700}}},
    }

    found = simulate(sampled)

    assert found.tasks[0].opened.prompt == "Pay 700?"
