"""Whatever order reports come in, and however often: the parent ends the same."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from contracts.base import JsonObject
from contracts.run import ChildReport, RunCompleted, RunFact, RunStatus
from services.engine.domain.run_codec import decode_state, encode_state
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import NotStarted, RunState
from tests.support.called_runs import calling, calls, for_each, report, told
from tests.support.runs import Run

ITEMS = 8
COMPLETES: tuple[RunStatus, ...] = ("Waiting", "Running", "Completed")
FAILS: tuple[RunStatus, ...] = ("Waiting", "Failed")
CANCELLED: tuple[RunStatus, ...] = ("Cancelled",)

Lives = st.lists(st.sampled_from([COMPLETES, FAILS, CANCELLED]), min_size=ITEMS, max_size=ITEMS)
"""What each child goes through."""
Batches = st.lists(st.lists(st.integers(0, 10_000), min_size=1, max_size=6), max_size=30)
"""Which of the reports that are due come together."""


def reports_due(run: Run, lives: Sequence[Sequence[RunStatus]]) -> list[ChildReport]:
    """All that the children called so far have to say, in order."""
    return [
        report(run, call.index, status, output=call.index * 2, sequence=sequence)
        for call in calls(run)
        for sequence, status in enumerate(lives[call.index], start=2)
    ]


def ended(run: Run) -> JsonObject:
    output: JsonObject = run.one(RunCompleted).output
    return output


def in_order(lives: Sequence[Sequence[RunStatus]]) -> JsonObject:
    """How it ends when everything comes once, in order."""
    run = calling(for_each(list(range(ITEMS)), concurrency=3, on_error="continue"))
    while not run.all(RunCompleted):
        for each in reports_due(run, lives):
            told(run, each)
    return ended(run)


def finish(run: Run, lives: Sequence[Sequence[RunStatus]]) -> None:
    """Say all that there is to say, the newest first."""
    while not run.all(RunCompleted):
        told(run, *reversed(reports_due(run, lives)))


def chosen(
    run: Run, lives: Sequence[Sequence[RunStatus]], batch: Sequence[int]
) -> list[ChildReport]:
    due = reports_due(run, lives)
    return [due[number % len(due)] for number in batch]


@given(lives=Lives, batches=Batches)
def test_any_order_and_repetition_ends_the_same(
    lives: list[tuple[RunStatus, ...]], batches: list[list[int]]
) -> None:
    run = calling(for_each(list(range(ITEMS)), concurrency=3, on_error="continue"))
    for batch in batches:
        told(run, *chosen(run, lives, batch))
    finish(run, lives)

    assert ended(run) == in_order(lives)


@given(lives=Lives, batches=Batches)
def test_every_state_on_the_way_is_kept_whole(
    lives: list[tuple[RunStatus, ...]], batches: list[list[int]]
) -> None:
    run = calling(for_each(list(range(ITEMS)), concurrency=3, on_error="continue"))
    for batch in batches:
        told(run, *chosen(run, lives, batch))
        assert decode_state(encode_state(run.state)) == run.state

    assert folded(run.events) == run.state


def folded(events: Sequence[RunFact]) -> RunState:
    state: RunState = NotStarted()
    for event in events:
        state = evolve(state, event)
    return state
