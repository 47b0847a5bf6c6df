"""The rules of a task, in events."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from contracts.base import rfc3339
from contracts.run import FormField
from contracts.task import (
    DecideTask,
    TaskClosed,
    TaskFact,
    TaskOpened,
    TaskOvertaken,
    TaskResolved,
)
from services.chassis.errors import Refused
from services.tasks.domain.digest import digest_of
from services.tasks.domain.task import decide, evolve, has_ended
from services.tasks.domain.task_commands import Close, Decide, Discard, TaskCommand
from services.tasks.domain.task_state import (
    Closed,
    ClosedUnseen,
    Overtaken,
    Pending,
    Resolved,
    TaskState,
    Unknown,
)
from tests.support.tasks import (
    ADA,
    AMOUNT,
    BOB,
    CREATED_AT,
    ROOT,
    RUN_ID,
    WORKFLOW_ID,
    decision,
    opening,
    paused,
)

LATER = CREATED_AT + timedelta(minutes=5)
CANCELLED = Close(RUN_ID, "Cancelled")
A_FORM = paused(kind="manual_input", fields=[AMOUNT])


def given(*commands: TaskCommand) -> TaskState:
    state: TaskState = Unknown()
    for command in commands:
        for event in decide(state, command, LATER):
            state = evolve(state, event)
    return state


def when(state: TaskState, order: DecideTask) -> Sequence[TaskFact]:
    return decide(state, Decide(order), LATER)


def refusal(state: TaskState, order: DecideTask) -> Refused:
    with pytest.raises(Refused) as caught:
        when(state, order)
    return caught.value


def test_a_pause_opens_a_task_that_is_as_old_as_the_pause() -> None:
    (event,) = decide(Unknown(), opening(), LATER)
    assert event == TaskOpened(
        run_id=RUN_ID,
        node="review",
        kind="approval",
        workflow_id=WORKFLOW_ID,
        workflow_name="Newsletter",
        workflow_version=1,
        step_name="Review",
        title="Review the letter",
        prompt="Send it to ada@example.com?",
        created_at=CREATED_AT,
        digest=digest_of(paused()),
    )


def test_an_approval_resolves_the_task_with_who_when_and_on_what() -> None:
    state = given(opening())
    (event,) = when(state, decision(comment="fine", key="k", request_digest="d"))
    assert event == TaskResolved(
        run_id=RUN_ID,
        node="review",
        outcome="approved",
        by=ADA,
        decided_at=LATER,
        comment="fine",
        digest=digest_of(paused()),
        idempotency_key="k",
        request_digest="d",
    )


def test_a_submission_carries_the_values_as_they_were_judged() -> None:
    state = given(opening(paused(kind="manual_input", fields=[AMOUNT, note()])))
    (event,) = when(state, decision("submit", values={"amount": 3}))
    assert isinstance(event, TaskResolved)
    assert (event.outcome, event.values) == ("submitted", {"amount": 3, "note": None})


def note() -> FormField:
    return FormField(name="note", label="Note", type="textarea")


@pytest.mark.parametrize("kind", ["approval", "manual_input"])
def test_both_kinds_can_be_rejected(kind: str) -> None:
    state = given(opening(paused() if kind == "approval" else A_FORM))
    (event,) = when(state, decision("reject", comment="no"))
    assert isinstance(event, TaskResolved)
    assert (event.outcome, event.values, event.comment) == ("rejected", None, "no")


def test_the_end_of_the_run_closes_a_pending_task() -> None:
    state = given(opening())
    assert decide(state, CANCELLED, LATER) == [TaskClosed(run_id=RUN_ID, run_status="Cancelled")]


def test_what_is_closed_says_who_ended_the_run_and_when() -> None:
    ended = Close(RUN_ID, "Cancelled", BOB, CREATED_AT)
    (closed,) = decide(given(opening()), ended, LATER)
    assert isinstance(closed, TaskClosed)
    assert (closed.ended_by, closed.ended_at) == (BOB, CREATED_AT)
    (overtaken,) = decide(given(opening(), Decide(decision())), ended, LATER)
    assert isinstance(overtaken, TaskOvertaken)
    assert (overtaken.ended_by, overtaken.ended_at) == (BOB, CREATED_AT)


def test_whoever_is_too_late_for_a_cancelled_run_is_told_who_cancelled_it_and_when() -> None:
    state = given(opening(), Close(RUN_ID, "Cancelled", BOB, CREATED_AT))
    assert refusal(state, decision()).details == {
        "run_status": "Cancelled",
        "ended_by": BOB.name,
        "ended_at": rfc3339(CREATED_AT),
    }


def test_a_pause_heard_of_after_the_end_of_its_run_opens_nothing() -> None:
    state = given(CANCELLED)
    assert isinstance(state, ClosedUnseen)
    assert decide(state, opening(), LATER) == []


def test_a_pause_heard_of_twice_opens_once() -> None:
    assert decide(given(opening()), opening(), LATER) == []


def test_an_end_heard_of_twice_closes_once() -> None:
    assert decide(given(opening(), CANCELLED), Close(RUN_ID, "Failed"), LATER) == []
    assert decide(given(CANCELLED), CANCELLED, LATER) == []


def test_a_run_that_ended_before_it_took_the_decision_overtakes_it_once() -> None:
    state = given(opening(), Decide(decision()))
    overtaken = TaskOvertaken(run_id=RUN_ID, run_status="Cancelled")
    assert decide(state, CANCELLED, LATER) == [overtaken]
    assert isinstance(evolve(state, overtaken), Overtaken)
    assert decide(evolve(state, overtaken), Close(RUN_ID, "Failed"), LATER) == []


def test_an_overtaken_decision_stands_as_what_was_answered() -> None:
    order = decision(key="k", request_digest="d")
    state = given(opening(), Decide(order), CANCELLED)
    assert when(state, order) == []
    assert refusal(state, decision("reject", actor=BOB)).details["decided_by"] == "Ada"
    assert decide(state, opening(), LATER) == []


def test_what_nothing_waits_for_is_closed_but_its_decision_may_have_been_taken() -> None:
    discard = Discard(RUN_ID, "Completed")
    closed = [TaskClosed(run_id=RUN_ID, run_status="Completed")]
    assert decide(given(opening()), discard, LATER) == closed
    for state in (given(opening(), Decide(decision())), given(opening(), CANCELLED)):
        assert decide(state, discard, LATER) == []


def test_a_decided_task_ignores_its_pause() -> None:
    assert decide(given(opening(), Decide(decision())), opening(), LATER) == []


def test_the_loser_is_told_the_winner() -> None:
    refused = refusal(given(opening(), Decide(decision())), decision("reject", actor=BOB))
    assert refused.code == "already-decided"
    assert refused.details == {
        "decided_by": "Ada",
        "decided_at": "2026-11-24T08:05:00.000000Z",
        "outcome": "approved",
    }


def test_a_repeated_request_gets_the_first_answer() -> None:
    order = decision(key="k", request_digest="d")
    assert when(given(opening(), Decide(order)), order) == []


def test_a_key_with_another_request_is_refused() -> None:
    state = given(opening(), Decide(decision(key="k", request_digest="d")))
    refused = refusal(state, decision("reject", key="k", request_digest="other"))
    assert refused.code == "idempotency-key-reused"


def test_the_same_key_of_somebody_else_loses() -> None:
    state = given(opening(), Decide(decision(key="k", request_digest="d")))
    refused = refusal(state, decision(actor=BOB, key="k", request_digest="d"))
    assert refused.code == "already-decided"


def test_a_second_click_without_a_key_is_told_who_decided() -> None:
    assert refusal(given(opening(), Decide(decision())), decision()).code == "already-decided"


def test_a_task_that_nobody_opened_is_not_found() -> None:
    assert refusal(Unknown(), decision()).code == "task-not-found"


@pytest.mark.parametrize("seen", [True, False])
def test_a_decision_after_the_end_of_the_run_is_told_how_it_ended(seen: bool) -> None:  # noqa: FBT001
    state = given(opening(), CANCELLED) if seen else given(CANCELLED)
    refused = refusal(state, decision())
    assert (refused.code, refused.details) == ("run-ended", {"run_status": "Cancelled"})


def test_a_decision_on_something_else_than_what_is_asked_is_refused() -> None:
    state = given(opening())
    assert refusal(state, decision(if_match="0" * 64)).code == "digest-mismatch"
    assert len(when(state, decision(if_match=digest_of(paused())))) == 1


@pytest.mark.parametrize(
    ("pause", "action"), [(A_FORM, "approve"), (paused(), "submit")], ids=["form", "approval"]
)
def test_an_answer_to_another_kind_of_task_is_refused(pause: object, action: str) -> None:
    state = given(opening(A_FORM if pause is A_FORM else None))
    order = decision("approve" if action == "approve" else "submit", values={})
    assert refusal(state, order).code == "wrong-kind"


def test_only_assignees_and_admins_may_decide() -> None:
    by_name, by_id = (
        given(opening(paused(assignees=["Ada"]))),
        given(opening(paused(assignees=["u-ada"]))),
    )
    assert len(when(by_name, decision())) == len(when(by_id, decision())) == 1
    assert len(when(by_name, decision(actor=ROOT))) == 1
    assert refusal(by_name, decision(actor=BOB)).code == "forbidden"


def test_who_may_not_decide_is_not_told_what_is_wrong_with_the_values() -> None:
    state = given(opening(paused(kind="manual_input", fields=[AMOUNT], assignees=["Ada"])))
    assert refusal(state, decision("submit", actor=BOB, values={})).code == "forbidden"


def test_every_wrong_value_is_named_and_the_task_stays_open() -> None:
    state = given(opening(A_FORM))
    refused = refusal(state, decision("submit", values={"amount": "3", "extra": 1}))
    assert refused.code == "invalid-values"
    assert [(fault["name"], fault["code"]) for fault in refused.details["fields"]] == [
        ("extra", "unknown-field"),
        ("amount", "wrong-type"),
    ]
    assert len(when(state, decision("submit", values={"amount": 3}))) == 1


def test_an_approval_takes_no_values() -> None:
    assert refusal(given(opening()), decision(values={"amount": 3})).code == "invalid-values"


def test_a_comment_that_cannot_be_kept_is_refused() -> None:
    refused = refusal(given(opening()), decision(comment="a\0b"))
    assert refused.details["fields"][0]["name"] == "comment"


def test_a_comment_has_one_kind_of_line_ending() -> None:
    (event,) = when(given(opening()), decision(comment="a\r\nb\rc"))
    assert isinstance(event, TaskResolved)
    assert event.comment == "a\nb\nc"


def test_values_beyond_the_limit_are_refused_with_their_size() -> None:
    text = FormField(name="text", label="Text", type="textarea")
    state = given(opening(paused(kind="manual_input", fields=[text])))
    refused = refusal(state, decision("submit", values={"text": "x" * 300_000}))
    (fault,) = refused.details["fields"]
    assert (fault["name"], fault["code"]) == ("text", "too-large")
    assert "300011" in fault["message"]
    assert "262144" in fault["message"]


def test_a_task_has_ended_when_it_is_resolved_or_closed() -> None:
    decided: list[TaskCommand] = [opening(), Decide(decision())]
    endings = [given(*decided), given(*decided, CANCELLED), given(CANCELLED)]
    assert [has_ended(state) for state in endings] == [True, True, True]
    assert [has_ended(state) for state in (Unknown(), given(opening()))] == [False, False]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "Send it to bob@example.com?"},
        {"title": "Another"},
        {"step_name": "Another"},
        {"node": "another"},
        {"workflow_version": 2},
        {"workflow_id": RUN_ID},
        {"kind": "manual_input"},
        {"fields": [AMOUNT]},
    ],
)
def test_the_digest_changes_with_everything_that_is_shown(change: dict[str, object]) -> None:
    assert digest_of(paused().model_copy(update=change)) != digest_of(paused())


@pytest.mark.parametrize("change", [{"assignees": ["Bob"]}, {"workflow_name": "Renamed"}])
def test_the_digest_does_not_change_with_the_people(change: dict[str, object]) -> None:
    assert digest_of(paused().model_copy(update=change)) == digest_of(paused())


def test_the_digest_is_what_it_was_when_it_was_first_published() -> None:
    published = "83940347593a3da55dc7fba99a2541678ed965e7c8e10534ff48096cc110f289"
    assert digest_of(A_FORM) == published


def test_what_follows_an_end_changes_nothing() -> None:
    resolved = given(opening(), Decide(decision()))
    closed = given(opening(), CANCELLED)
    assert isinstance(resolved, Resolved)
    assert isinstance(closed, Closed)
    for state in (resolved, closed):
        for event in (resolved.opened, resolved.resolved, closed.closed):
            assert evolve(state, event) is state


def test_opening_again_in_evolve_keeps_the_first() -> None:
    state = given(opening())
    assert isinstance(state, Pending)
    assert evolve(state, state.opened) is state
