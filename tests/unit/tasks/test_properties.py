"""Whatever is heard of a task, in any order and any number of times."""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.run import FormField
from contracts.task import (
    TASK_FACTS_BY_TYPE,
    TaskClosed,
    TaskFact,
    TaskOpened,
    TaskOvertaken,
    TaskResolved,
)
from services.chassis.errors import Refused
from services.tasks.app.aggregate import TaskAggregate, decode_state, encode_state
from services.tasks.domain.task import decide, evolve
from services.tasks.domain.task_commands import Close, Decide, Discard, TaskCommand, TimeOut
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
    decision,
    opening,
    paused,
    timed,
)

AGGREGATE = TaskAggregate()
FORM = [AMOUNT, FormField(name="note", label="Notiz: ünïcode 🎈", type="text", default={"a": [1]})]
_opens = st.sampled_from(
    [
        opening(),
        opening(paused(assignees=["Ada"])),
        opening(paused(kind="manual_input", fields=FORM)),
        opening(timed(paused(), due_at=CREATED_AT, timeout_at=CREATED_AT)),
    ]
)
_closes = st.sampled_from([Close(RUN_ID, "Cancelled"), Close(RUN_ID, "Failed")])
_decisions = st.builds(
    decision,
    st.sampled_from(["approve", "reject", "submit"]),
    actor=st.sampled_from([ADA, BOB, ROOT]),
    values=st.sampled_from([None, {"amount": 3}, {"amount": "three"}, {}]),
    comment=st.none() | st.text(max_size=20),
    key=st.sampled_from([None, "k1", "k2"]),
    request_digest=st.sampled_from([None, "d1", "d2"]),
).map(Decide)
_discards = st.just(Discard(RUN_ID, "Completed"))
_timeouts = st.just(TimeOut())
Answer = Decide | TimeOut
"""What people and the clock do; all else is heard of runs, and may be heard of again."""
_heard = st.lists(_opens | _closes | _decisions | _discards | _timeouts, max_size=12)
_facts_of_runs = st.lists(_opens | _closes, max_size=6)


def play(commands: Sequence[TaskCommand], state: TaskState | None = None) -> list[TaskFact]:
    """Return the events of these commands; refused ones leave none."""
    log: list[TaskFact] = []
    current = state or Unknown()
    for place, command in enumerate(commands):
        try:
            events = decide(current, command, CREATED_AT + timedelta(seconds=place))
        except Refused:
            continue
        log.extend(events)
        current = reduce(evolve, events, current)
    return log


def fold(events: Sequence[TaskFact]) -> TaskState:
    nothing: TaskState = Unknown()
    return reduce(evolve, events, nothing)


@given(_heard)
def test_at_most_one_decision_and_one_ending_whatever_is_heard(commands: list[TaskCommand]) -> None:
    log = play(commands)
    assert tuple(map(type, log)) in {
        (),
        (TaskOpened,),
        (TaskOpened, TaskResolved),
        (TaskOpened, TaskResolved, TaskOvertaken),
        (TaskOpened, TaskClosed),
        (TaskClosed,),
    }


@given(_heard)
def test_what_took_effect_never_takes_effect_again(commands: list[TaskCommand]) -> None:
    log = play(commands)
    runs = [command for command in commands if not isinstance(command, Answer)]
    assert play(runs, fold(log)) == []
    if isinstance(fold(log), Resolved | Overtaken | Closed | ClosedUnseen):
        assert play(commands, fold(log)) == []


@given(_heard, st.data())
def test_hearing_everything_twice_changes_nothing(
    commands: list[TaskCommand], data: st.DataObject
) -> None:
    """Each fact of a run is repeated at some later moment, as at-least-once delivery does."""
    heard = list(commands)
    for command in commands:
        if not isinstance(command, Answer):
            place = data.draw(st.integers(heard.index(command) + 1, len(heard)))
            heard.insert(place, command)
    endings = {type(fold(play(commands))), type(fold(play(heard)))}
    # A repeat can come before the first decision only where its first telling came before it too.
    assert len(endings) == 1


@given(
    st.permutations([opening(), Close(RUN_ID, "Cancelled"), opening(), Close(RUN_ID, "Cancelled")])
)
def test_pause_and_end_leave_no_open_task_in_any_order(commands: list[TaskCommand]) -> None:
    assert isinstance(fold(play(commands)), Closed | ClosedUnseen)


@given(
    st.permutations(
        [
            opening(),
            opening(),
            Decide(decision()),
            Close(RUN_ID, "Cancelled"),
            Close(RUN_ID, "Failed"),
        ]
    )
)
def test_a_run_that_ended_without_the_decision_leaves_no_task_that_looks_taken(
    commands: list[TaskCommand],
) -> None:
    assert not isinstance(fold(play(commands)), Unknown | Pending | Resolved)


@given(_heard)
def test_what_is_only_discarded_is_never_overtaken(commands: list[TaskCommand]) -> None:
    without_ends = [command for command in commands if not isinstance(command, Close)]
    assert not isinstance(fold(play(without_ends)), Overtaken)


@given(_heard)
def test_any_history_replays_to_the_same_state(commands: list[TaskCommand]) -> None:
    log = play(commands)
    stored = [AGGREGATE.encode_event(event) for event in log]
    read = [TASK_FACTS_BY_TYPE[event.type].model_validate_json(event.data) for event in stored]
    assert read == log
    assert fold(read) == fold(log)


@given(_heard)
def test_a_snapshot_is_read_back_as_it_was(commands: list[TaskCommand]) -> None:
    state = fold(play(commands))
    assert decode_state(encode_state(state)) == state
