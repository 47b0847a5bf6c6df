import orjson
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.live_event import Repeats, read_message, subjects_max
from services.gateway.domain.position import (
    Position,
    format_position,
    incarnation_of,
    parse_position,
)
from services.gateway.domain.ring import Ring, age_seconds_max, bytes_max
from tests.support.live_messages import message, run_event, task_event

places = st.tuples(st.integers(0, 2**62), st.integers(0, 999))
positions = st.builds(Position, places, places, st.text("0123456789abcdef", min_size=8, max_size=8))
START = Position((1, 0), (1, 0), "00000000")


@given(positions)
def test_a_position_survives_as_text(position: Position) -> None:
    assert parse_position(format_position(position)) == position


@given(st.text())
def test_any_other_text_is_no_position(text: str) -> None:
    position = parse_position(text)
    assert position is None or format_position(position) == text


@given(positions, places)
def test_a_position_never_goes_back(position: Position, place: tuple[int, int]) -> None:
    moved = position.moved("runs", place)
    assert moved.runs >= position.runs
    assert moved.tasks == position.tasks
    assert moved.reaches(position)


def test_streams_made_anew_have_another_name() -> None:
    assert incarnation_of("monday", "monday") != incarnation_of("tuesday", "monday")
    assert incarnation_of("monday", "tuesday") != incarnation_of("tuesday", "monday")


def test_a_batch_is_split_in_order_and_ends_at_the_next_message() -> None:
    events = read_message(
        "runs", 7, message(run_event("a", 1), run_event("a", 2), run_event("b", 1))
    )
    assert [event.place for event in events] == [(7, 1), (7, 2), (8, 0)]
    assert [(event.subject, event.sequence) for event in events] == [("a", 1), ("a", 2), ("b", 1)]


def test_the_data_of_an_event_is_the_event_as_published() -> None:
    published = run_event("a", 1)
    (event,) = read_message("runs", 1, message(published))
    assert event.data.startswith(b"data: ")
    assert event.data.endswith(b"\n\n")
    assert orjson.loads(event.data[len(b"data: ") :]) == orjson.loads(published)


def test_a_task_event_belongs_to_its_run() -> None:
    (event,) = read_message("tasks", 1, message(task_event("t", 1, run="r")))
    assert (event.subject, event.run_id) == ("t", "r")


def test_what_is_no_event_is_left_out() -> None:
    assert read_message("runs", 1, b"not json") == []
    assert read_message("runs", 1, b"[1, null, {}]") == []
    assert len(read_message("runs", 1, b"[1," + run_event("a", 1) + b"]")) == 1
    assert len(read_message("runs", 1, run_event("a", 1))) == 1


def test_an_event_told_before_is_a_repeat_and_so_is_an_older_one() -> None:
    repeats = Repeats()
    first, second = read_message("runs", 1, message(run_event("a", 1), run_event("a", 2)))
    assert [repeats.is_repeat(event) for event in (first, second, first, second)] == [
        False,
        False,
        True,
        True,
    ]


def test_repeats_are_known_in_bounded_memory() -> None:
    repeats = Repeats()
    events = [
        read_message("runs", 1, message(run_event(str(number), 1)))[0]
        for number in range(subjects_max + 1)
    ]
    for event in events:
        repeats.is_repeat(event)
    assert not repeats.is_repeat(events[0])
    assert repeats.is_repeat(events[-1])


def test_the_ring_tells_what_came_after_a_position() -> None:
    ring = Ring(START)
    ring.keep("runs", 1, message(run_event("a", 1), run_event("a", 2)), now=0)
    ring.keep("tasks", 1, message(task_event("t", 1, run="a")), now=0)
    ring.keep("runs", 2, message(run_event("a", 3)), now=0)
    since = Position((1, 1), (1, 0), "00000000")
    told = [(event.subject, event.sequence) for event in ring.since(since)]
    assert told == [("a", 2), ("t", 1), ("a", 3)]


def test_another_replica_may_have_mixed_the_streams_differently() -> None:
    ring = Ring(START)
    ring.keep("tasks", 1, message(task_event("t", 1, run="a")), now=0)
    ring.keep("runs", 1, message(run_event("a", 1)), now=0)
    ring.keep("tasks", 2, message(task_event("t", 2, run="a")), now=0)
    heard_tasks_only = Position((1, 0), (2, 0), "00000000")
    told = [(event.subject, event.sequence) for event in ring.since(heard_tasks_only)]
    assert told == [("a", 1), ("t", 2)]


def test_the_ring_lets_go_of_the_oldest_and_knows_what_it_no_longer_has() -> None:
    ring = Ring(START)
    payload = message(run_event("a" * 100_000, 1))
    kept = bytes_max // len(payload) + 2
    for sequence in range(1, kept + 1):
        ring.keep("runs", sequence, payload, now=0)
    assert ring.floor.runs > (1, 0)
    assert ring.floor.tasks == (1, 0)
    (oldest, *_) = ring.since(START)
    assert oldest.place == (ring.floor.runs[0] + 1, 0)


def test_the_ring_lets_go_of_what_is_old() -> None:
    ring = Ring(START)
    ring.keep("runs", 1, message(run_event("a", 1)), now=0)
    ring.expire(age_seconds_max + 1)
    assert ring.floor.runs == (2, 0)
    assert list(ring.since(START)) == []


def test_who_had_everything_when_it_expired_can_still_resume() -> None:
    ring = Ring(START)
    ring.keep("runs", 1, message(run_event("a", 1), run_event("a", 2)), now=0)
    *_, last = ring.since(START)
    ring.expire(age_seconds_max + 1)
    assert START.moved("runs", last.place).reaches(ring.floor)


def test_a_run_and_a_task_of_the_same_name_are_two() -> None:
    repeats = Repeats()
    (run,) = read_message("runs", 1, message(run_event("same", 1)))
    (task,) = read_message("tasks", 1, message(task_event("same", 1, run="r")))
    assert not repeats.is_repeat(run)
    assert not repeats.is_repeat(task)
