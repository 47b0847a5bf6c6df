"""What people are shown of a task."""

from datetime import timedelta

import pytest

from contracts.task import TaskClosed, TaskOpened, TaskOvertaken, TaskView
from services.tasks.app.view import PROMPT_CHARACTERS_LISTED_MAX, list_item_of, view_of
from services.tasks.domain.task import decide, evolve
from services.tasks.domain.task_commands import Close, Decide
from services.tasks.domain.task_state import (
    Closed,
    Overtaken,
    Pending,
    Resolved,
    Shown,
    Unknown,
)
from tests.support.tasks import AMOUNT, BOB, CREATED_AT, RUN_ID, TASK_ID, decision, opening, paused

LATER = CREATED_AT + timedelta(minutes=5)


def pending(prompt: str = 'Send "it"?') -> Pending:
    pause = paused(kind="manual_input", fields=[AMOUNT], prompt=prompt, assignees=["Ada"])
    (opened,) = decide(Unknown(), opening(pause), LATER)
    assert isinstance(opened, TaskOpened)
    return Pending(opened)


def resolved() -> Resolved:
    state = pending()
    order = decision("submit", values={"amount": 3}, comment="ok")
    after = evolve(state, *decide(state, Decide(order), LATER))
    assert isinstance(after, Resolved)
    return after


def closed() -> Closed:
    return Closed(pending().opened, TaskClosed(run_id=RUN_ID, run_status="Failed"))


def overtaken() -> Overtaken:
    state = resolved()
    return Overtaken(
        state.opened, state.resolved, TaskOvertaken(run_id=RUN_ID, run_status="Cancelled")
    )


def test_what_is_opened_is_a_part_of_what_is_shown() -> None:
    assert set(TaskOpened.model_fields) < set(TaskView.model_fields)


@pytest.mark.parametrize("shown", [pending(), resolved(), overtaken(), closed()], ids=type)
def test_the_json_is_that_of_the_contract(shown: Shown) -> None:
    text = view_of(TASK_ID, shown)
    view = TaskView.model_validate_json(text, strict=True)
    assert view.id == TASK_ID
    assert TaskView.model_validate_json(view.model_dump_json()) == view
    for name in TaskOpened.model_fields:
        assert getattr(view, name) == getattr(shown.opened, name)


def test_a_decided_task_shows_its_decision() -> None:
    view = TaskView.model_validate_json(view_of(TASK_ID, resolved()))
    assert (view.status, view.closed_reason) == ("resolved", None)
    assert view.decision is not None
    assert (view.decision.outcome, view.decision.by, view.decision.at) == (
        "submitted",
        "Ada",
        LATER,
    )
    assert (view.decision.values, view.decision.comment) == ({"amount": 3}, "ok")


def test_a_closed_task_shows_how_its_run_ended() -> None:
    view = TaskView.model_validate_json(view_of(TASK_ID, closed()))
    assert (view.status, view.decision, view.closed_reason) == ("closed", None, "Failed")
    assert (view.closed_by, view.closed_at) == (None, None)


@pytest.mark.parametrize("before", [pending(), resolved()], ids=type)
def test_it_shows_who_ended_the_run_and_when(before: Pending | Resolved) -> None:
    odd = BOB.model_copy(update={"name": 'Bob "Ünal"'})
    shown = evolve(before, *decide(before, Close(RUN_ID, "Cancelled", odd, CREATED_AT), LATER))
    assert isinstance(shown, Closed | Overtaken)
    for text in (view_of(TASK_ID, shown), list_item_of(TASK_ID, shown)):
        view = TaskView.model_validate_json(text)
        assert (view.closed_by, view.closed_at) == (odd.name, CREATED_AT)
        assert view.closed_reason == "Cancelled"


def test_an_overtaken_decision_is_shown_with_how_the_run_ended() -> None:
    view = TaskView.model_validate_json(view_of(TASK_ID, overtaken()))
    taken = TaskView.model_validate_json(view_of(TASK_ID, resolved()))
    assert view == taken.model_copy(update={"closed_reason": "Cancelled"})


def test_lists_shorten_a_long_prompt_and_say_so() -> None:
    shown = pending(prompt="ä" * (PROMPT_CHARACTERS_LISTED_MAX + 1))
    item = TaskView.model_validate_json(list_item_of(TASK_ID, shown))
    assert (len(item.prompt), item.prompt_truncated) == (PROMPT_CHARACTERS_LISTED_MAX, True)
    whole = TaskView.model_validate_json(view_of(TASK_ID, shown))
    assert (whole.prompt, whole.prompt_truncated) == (shown.opened.prompt, False)
    assert item.digest == whole.digest


def test_lists_leave_a_short_prompt_alone() -> None:
    shown = pending(prompt="a" * PROMPT_CHARACTERS_LISTED_MAX)
    assert list_item_of(TASK_ID, shown) == view_of(TASK_ID, shown)
