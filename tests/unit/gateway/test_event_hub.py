import time

import pytest

from services.chassis.errors import Transient
from services.gateway.app import event_hub
from services.gateway.app.event_hub import Hub, Listening
from services.gateway.app.subscription import Subscription, Wish, queued_bytes_max
from services.gateway.domain.position import Stream, parse_position
from tests.support.live_messages import message, run_event, task_event

EVERYTHING = Wish(tasks=True, runs=True, run_ids=frozenset())
TASKS = Wish(tasks=True, runs=False, run_ids=frozenset())
RUN_A = Wish(tasks=False, runs=False, run_ids=frozenset({"a"}))
STREAMS: tuple[Stream, ...] = ("runs", "tasks")


def fresh_hub() -> Hub:
    hub = Hub(time.monotonic)
    for stream in STREAMS:
        hub.attach(stream, "monday", first=1, last=0, history=100)
        hub.caught_up(stream)
    return hub


async def told(subscription: Subscription) -> bytes:
    return await subscription.take(0) or b""


def ids_of(frames: bytes) -> list[str]:
    return [line[4:].decode() for line in frames.split(b"\n") if line.startswith(b"id: ")]


def notes_of(frames: bytes) -> int:
    return frames.count(b"data: {")


async def test_listeners_get_what_they_asked_for() -> None:
    hub = fresh_hub()
    wishes = (EVERYTHING, TASKS, RUN_A)
    everything, tasks, run_a = [(await hub.listen(wish, None)).subscription for wish in wishes]
    hub.hear("runs", 1, message(run_event("a", 1), run_event("b", 1)))
    hub.hear("tasks", 1, message(task_event("t", 1, run="a"), task_event("u", 1, run="b")))
    assert notes_of(await told(everything)) == 4
    assert notes_of(await told(tasks)) == 2
    assert notes_of(await told(run_a)) == 2


async def test_an_event_that_one_listener_wants_twice_comes_once() -> None:
    hub = fresh_hub()
    listening = await hub.listen(Wish(tasks=True, runs=True, run_ids=frozenset({"a"})), None)
    hub.hear("runs", 1, message(run_event("a", 1)))
    hub.hear("tasks", 1, message(task_event("t", 1, run="a")))
    assert notes_of(await told(listening.subscription)) == 2


async def test_repeated_events_are_told_once_and_versions_never_go_back() -> None:
    hub = fresh_hub()
    listening = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 1, message(run_event("a", 1), run_event("a", 2)))
    hub.hear("runs", 2, message(run_event("a", 1), run_event("a", 2), run_event("a", 3)))
    assert notes_of(await told(listening.subscription)) == 3


async def test_who_comes_back_is_not_told_again_what_was_told_before() -> None:
    """A relay that was killed tells the end of its log again, while its listeners are away."""
    hub = fresh_hub()
    first = await hub.listen(EVERYTHING, None)
    told_first = message(run_event("a", 1), run_event("a", 2))
    hub.hear("runs", 1, told_first)
    last_id = ids_of(await told(first.subscription))[-1]
    hub.leave(first.subscription)
    hub.hear("runs", 2, told_first)
    hub.hear("runs", 3, message(run_event("a", 3)))

    second = await hub.listen(EVERYTHING, last_id)

    assert second.missed.count(b'"sequence":3') == notes_of(second.missed) == 1


async def test_a_fresh_replica_knows_from_the_history_what_was_told_before() -> None:
    elsewhere, fresh = fresh_hub(), fresh_hub()
    first = await elsewhere.listen(EVERYTHING, None)
    told_first = message(run_event("a", 1), run_event("a", 2))
    elsewhere.hear("runs", 1, told_first)
    last_id = ids_of(await told(first.subscription))[-1]
    fresh.hear("runs", 1, told_first)
    fresh.hear("runs", 2, told_first)

    second = await fresh.listen(EVERYTHING, last_id)
    fresh.hear("runs", 3, told_first)
    fresh.hear("runs", 4, message(run_event("a", 3)))

    assert notes_of(second.missed) == 0
    assert notes_of(await told(second.subscription)) == 1


async def test_a_fresh_replica_passes_over_what_was_told_before_its_history_begins() -> None:
    hub = Hub(time.monotonic)
    assert hub.attach("runs", "monday", first=1, last=20, history=3) == 18
    hub.hear("runs", 18, message(run_event("b", 7)))
    for stream in STREAMS:
        hub.caught_up(stream)
    listening = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 21, message(run_event("a", 2), run_event("b", 8)))
    assert notes_of(await told(listening.subscription)) == 1


async def test_in_a_stream_made_anew_the_log_may_go_back_once() -> None:
    """The relay tells what is new, finds the stream empty, and begins with what nobody has heard yet."""
    hub = fresh_hub()
    listening = await hub.listen(EVERYTHING, None)
    hub.attach("runs", "tuesday", first=1, last=0, history=100)
    await told(listening.subscription)
    hub.hear("runs", 1, message(run_event("b", 9)))
    hub.hear("runs", 2, message(run_event("a", 3), run_event("b", 9)))
    assert notes_of(await told(listening.subscription)) == 2


async def test_what_came_while_nobody_listened_is_not_told_to_the_next() -> None:
    hub = fresh_hub()
    hub.hear("runs", 1, message(run_event("a", 1)))
    listening = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 2, message(run_event("a", 2)))
    assert notes_of(await told(listening.subscription)) == 1


async def test_who_comes_back_gets_exactly_what_was_missed() -> None:
    hub = fresh_hub()
    first = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 1, message(run_event("a", 1), run_event("a", 2)))
    last_id = ids_of(await told(first.subscription))[0]
    hub.leave(first.subscription)
    hub.hear("tasks", 1, message(task_event("t", 1, run="a")))
    second = await hub.listen(EVERYTHING, last_id)
    assert notes_of(second.missed) == 2
    assert b"reset" not in second.missed


async def test_the_greeting_names_a_position_to_resume_from() -> None:
    hub = fresh_hub()
    greeted = await hub.listen(EVERYTHING, None)
    hub.leave(greeted.subscription)
    hub.hear("runs", 1, message(run_event("a", 1)))
    again = await hub.listen(EVERYTHING, ids_of(greeted.id_line)[0])
    assert notes_of(again.missed) == 1


async def test_every_id_of_a_resumed_stream_can_be_resumed_from() -> None:
    hub = fresh_hub()
    start = ids_of((await hub.listen(EVERYTHING, None)).id_line)[0]
    hub.hear("runs", 1, message(*(run_event("a", version) for version in range(1, 6))))
    hub.hear("tasks", 1, message(task_event("t", 1, run="a")))
    missed = (await hub.listen(EVERYTHING, start)).missed
    for behind, position in enumerate(reversed(ids_of(missed))):
        assert notes_of((await hub.listen(EVERYTHING, position)).missed) == behind


@pytest.mark.parametrize("last_event_id", ["", "nonsense", "1.0-1.0-ffffffff"])
async def test_who_cannot_resume_is_told_to_start_over(last_event_id: str) -> None:
    hub = fresh_hub()
    listening = await hub.listen(EVERYTHING, last_event_id)
    assert listening.missed.startswith(b"event: reset\n")
    (position,) = ids_of(listening.missed)
    assert (await hub.listen(EVERYTHING, position)).missed == b""


async def test_a_stream_made_anew_makes_listeners_start_over() -> None:
    hub = fresh_hub()
    listening = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 1, message(run_event("a", 1)))
    before = ids_of(await told(listening.subscription))[0]
    assert hub.attach("runs", "tuesday", first=1, last=7, history=3) == 1
    frames = await told(listening.subscription)
    assert b"event: reset\n" in frames
    assert (await hub.listen(EVERYTHING, before)).missed.startswith(b"event: reset\n")
    after = parse_position(ids_of(frames)[0])
    assert after is not None
    assert after.runs == (1, 0)


async def test_a_stream_that_is_still_the_same_goes_on_where_it_was() -> None:
    hub = fresh_hub()
    listening = await hub.listen(EVERYTHING, None)
    hub.hear("runs", 1, message(run_event("a", 1)))
    await told(listening.subscription)
    assert hub.attach("runs", "monday", first=1, last=1, history=3) == 2
    assert await told(listening.subscription) == b""


async def test_a_stream_that_became_shorter_is_another_one() -> None:
    hub = fresh_hub()
    for sequence in range(1, 5):
        hub.hear("runs", sequence, message(run_event("a", sequence)))
    listening = await hub.listen(EVERYTHING, None)
    assert hub.attach("runs", "monday", first=1, last=1, history=3) == 1
    assert b"event: reset\n" in await told(listening.subscription)


def test_a_fresh_replica_reads_only_the_latest_history() -> None:
    hub = Hub(time.monotonic)
    assert hub.attach("runs", "monday", first=1, last=1_000, history=100) == 901
    assert hub.attach("tasks", "monday", first=950, last=1_000, history=100) == 950


async def test_a_listener_that_reads_too_slowly_is_sent_away() -> None:
    hub = fresh_hub()
    slow = (await hub.listen(EVERYTHING, None)).subscription
    quick = (await hub.listen(TASKS, None)).subscription
    large = message(run_event("a" * (queued_bytes_max // 4), 1))
    for sequence in range(1, 6):
        hub.hear("runs", sequence, large.replace(b'"sequence":1', b'"sequence":%d' % sequence))
    assert slow.ended
    assert not quick.ended


async def test_before_the_streams_were_heard_nobody_can_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_hub, "ready_seconds_max", 0.02)
    with pytest.raises(Transient):
        await Hub(time.monotonic).listen(EVERYTHING, None)


async def test_listeners_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_hub, "listeners_max", 1)
    hub = fresh_hub()
    await hub.listen(EVERYTHING, None)
    with pytest.raises(Transient):
        await hub.listen(EVERYTHING, None)


async def test_closing_sends_everybody_away_after_what_is_queued() -> None:
    hub = fresh_hub()
    listenings: list[Listening] = [await hub.listen(EVERYTHING, None) for _ in range(3)]
    hub.hear("runs", 1, message(run_event("a", 1)))
    hub.close()
    assert not hub.listeners
    for listening in listenings:
        assert notes_of(await told(listening.subscription)) == 1
        assert await listening.subscription.take(0) is None


async def test_who_knows_more_than_this_replica_waits_for_it_to_catch_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_hub, "catch_up_seconds_max", 0.02)
    hub = fresh_hub()
    ahead = f"9.0-1.0-{hub.position.incarnation}"
    listening = await hub.listen(EVERYTHING, ahead)
    assert listening.missed.startswith(b"event: reset\n")
