"""A task that the clock decides: never early, once, and only if nobody was before it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.actor import TIMEOUT
from contracts.run import RunPaused
from contracts.task import TaskFact, TaskOpened, TaskResolved, TaskView
from services.chassis.errors import Refused
from services.tasks.app.view import list_item_of, view_of
from services.tasks.domain.digest import digest_of
from services.tasks.domain.task import decide, evolve
from services.tasks.domain.task_commands import Close, Decide, Discard, TaskCommand, TimeOut
from services.tasks.domain.task_state import Overtaken, Pending, Resolved, TaskState, Unknown
from tests.support.tasks import (
    ADA,
    AMOUNT,
    BOB,
    CREATED_AT,
    RUN_ID,
    TASK_ID,
    decision,
    opening,
    paused,
    timed,
)

DUE_AT = CREATED_AT + timedelta(hours=2)
TIMEOUT_AT = CREATED_AT + timedelta(hours=4)
LATE = TIMEOUT_AT + timedelta(days=3)
TICK = timedelta(microseconds=1)
A_TIMED_TASK = timed(paused(), due_at=DUE_AT, timeout_at=TIMEOUT_AT)


def after(*commands: TaskCommand, at: datetime = CREATED_AT) -> TaskState:
    state: TaskState = Unknown()
    for command in commands:
        for event in decide(state, command, at):
            state = evolve(state, event)
    return state


def timed_out(*, at: datetime = TIMEOUT_AT) -> TaskState:
    return after(opening(A_TIMED_TASK), TimeOut(), at=at)


# -- when the clock decides ------------------------------------------------------------------------


def test_the_clock_decides_at_the_instant_and_says_that_it_was_the_clock() -> None:
    (event,) = decide(after(opening(A_TIMED_TASK)), TimeOut(), TIMEOUT_AT)
    assert event == TaskResolved(
        run_id=RUN_ID,
        node="review",
        outcome="timed_out",
        by=TIMEOUT,
        decided_at=TIMEOUT_AT,
        digest=digest_of(A_TIMED_TASK),
    )


def test_the_clock_never_decides_a_microsecond_early() -> None:
    assert decide(after(opening(A_TIMED_TASK)), TimeOut(), TIMEOUT_AT - TICK) == []


def test_a_timeout_that_comes_late_says_when_it_took_effect() -> None:
    state = timed_out(at=LATE)
    assert isinstance(state, Resolved)
    assert (state.opened.timeout_at, state.resolved.decided_at) == (TIMEOUT_AT, LATE)


def test_a_timeout_means_the_same_instant_in_any_zone() -> None:
    zone = timezone(timedelta(hours=9))
    elsewhere = timed(paused(), timeout_at=TIMEOUT_AT.astimezone(zone))
    state = after(opening(elsewhere))
    assert decide(state, TimeOut(), TIMEOUT_AT - TICK) == []
    assert len(decide(state, TimeOut(), TIMEOUT_AT.astimezone(UTC))) == 1


@pytest.mark.parametrize("pause", [paused(), timed(paused(), due_at=DUE_AT)], ids=["bare", "due"])
def test_a_task_without_a_timeout_waits_for_ever(pause: RunPaused) -> None:
    assert decide(after(opening(pause)), TimeOut(), datetime.max.replace(tzinfo=UTC)) == []


def test_people_can_answer_after_the_due_date_and_until_the_clock_has() -> None:
    for moment in (DUE_AT + TICK, TIMEOUT_AT - TICK, LATE):
        (event,) = decide(after(opening(A_TIMED_TASK)), Decide(decision()), moment)
        assert isinstance(event, TaskResolved)
        assert event.outcome == "approved"


def test_the_clock_also_decides_what_only_some_may_decide_and_what_asks_for_values() -> None:
    form = timed(paused(kind="manual_input", fields=[AMOUNT], assignees=["Ada"]), timeout_at=LATE)
    (event,) = decide(after(opening(form)), TimeOut(), LATE)
    assert isinstance(event, TaskResolved)
    assert (event.outcome, event.values, event.comment) == ("timed_out", None, None)


# -- who was first ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", [Decide(decision()), Close(RUN_ID, "Cancelled"), Discard(RUN_ID, "Failed"), TimeOut()]
)
def test_a_clock_that_comes_second_changes_nothing_and_is_told_nothing(before: TaskCommand) -> None:
    state = after(opening(A_TIMED_TASK), before, at=TIMEOUT_AT)
    assert not isinstance(state, Pending)
    assert decide(state, TimeOut(), LATE) == []


def test_the_clock_knows_nothing_of_tasks_that_never_opened() -> None:
    for state in (Unknown(), after(Close(RUN_ID, "Failed"))):
        assert decide(state, TimeOut(), LATE) == []


def test_a_person_who_comes_second_is_told_that_it_was_the_clock() -> None:
    with pytest.raises(Refused) as caught:
        decide(timed_out(), Decide(decision(actor=BOB, key="k")), LATE)
    assert caught.value.code == "already-decided"
    assert "clock" in caught.value.message
    assert caught.value.details == {
        "decided_by": "Timeout",
        "decided_at": "2026-11-24T12:00:00.000000Z",
        "outcome": "timed_out",
    }


def test_somebody_called_as_the_clock_is_not_the_clock() -> None:
    user = ADA.model_copy(update={"id": TIMEOUT.id, "name": TIMEOUT.name})
    with pytest.raises(Refused, match="clock"):
        decide(timed_out(), Decide(decision(actor=user)), LATE)


def test_a_run_that_ended_before_it_took_the_timeout_overtakes_it() -> None:
    (event,) = decide(timed_out(), Close(RUN_ID, "Cancelled"), LATE)
    assert isinstance(evolve(timed_out(), event), Overtaken)


def test_a_pause_heard_of_again_does_not_open_what_timed_out() -> None:
    assert decide(timed_out(), opening(A_TIMED_TASK), LATE) == []


_moments = st.datetimes(
    min_value=datetime(2026, 11, 24, 7, 59),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2026, 11, 24, 12, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    timezones=st.just(UTC),
)
_commands = st.sampled_from(
    [
        opening(A_TIMED_TASK),
        opening(timed(paused(), timeout_at=TIMEOUT_AT - TICK)),
        opening(),
        Decide(decision()),
        Decide(decision("reject", actor=BOB)),
        Close(RUN_ID, "Cancelled"),
        TimeOut(),
        TimeOut(),
    ]
)


def play(heard: Sequence[tuple[TaskCommand, datetime]]) -> list[TaskFact]:
    log: list[TaskFact] = []
    state: TaskState = Unknown()
    for command, moment in heard:
        try:
            events = decide(state, command, moment)
        except Refused:
            continue
        log.extend(events)
        for event in events:
            state = evolve(state, event)
    return log


@given(st.lists(st.tuples(_commands, _moments), max_size=12))
def test_whatever_is_heard_and_whenever_there_is_one_decision_and_none_is_early(
    heard: list[tuple[TaskCommand, datetime]],
) -> None:
    log = play(heard)
    opened = [event for event in log if isinstance(event, TaskOpened)]
    decisions = [event for event in log if isinstance(event, TaskResolved)]
    assert len(decisions) <= 1
    for event in decisions:
        if event.outcome == "timed_out":
            assert opened[0].timeout_at is not None
            assert opened[0].timeout_at <= event.decided_at


# -- what people are shown -------------------------------------------------------------------------


def test_a_task_opens_with_the_times_of_its_pause_and_shows_them() -> None:
    state = after(opening(A_TIMED_TASK))
    assert isinstance(state, Pending)
    assert (state.opened.due_at, state.opened.timeout_at) == (DUE_AT, TIMEOUT_AT)
    for text in (view_of(TASK_ID, state), list_item_of(TASK_ID, state)):
        view = TaskView.model_validate_json(text)
        assert (view.due_at, view.timeout_at) == (DUE_AT, TIMEOUT_AT)


def test_a_task_that_timed_out_shows_the_clock_as_who_decided() -> None:
    state = timed_out()
    assert isinstance(state, Resolved)
    view = TaskView.model_validate_json(view_of(TASK_ID, state))
    assert view.decision is not None
    assert (view.status, view.decision.outcome, view.decision.by, view.decision.at) == (
        "resolved",
        "timed_out",
        "Timeout",
        TIMEOUT_AT,
    )


def test_the_digest_covers_the_times_that_are_shown() -> None:
    digests = {
        digest_of(pause)
        for pause in (
            paused(),
            timed(paused(), due_at=DUE_AT),
            timed(paused(), timeout_at=DUE_AT),
            timed(paused(), due_at=DUE_AT, timeout_at=DUE_AT),
            A_TIMED_TASK,
        )
    }
    assert len(digests) == 5


def test_the_digest_names_an_instant_and_not_how_it_was_written() -> None:
    elsewhere = A_TIMED_TASK.model_copy(
        update={"due_at": DUE_AT.astimezone(timezone(timedelta(hours=-5)))}
    )
    assert digest_of(elsewhere) == digest_of(A_TIMED_TASK)
