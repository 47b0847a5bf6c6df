"""The lane and its limit on simulated time: bounded waits, no collapse, quick recovery, turns for everybody."""

from services.gateway.domain.adaptive_limit import AdaptiveLimit, samples_min
from services.gateway.domain.lane import burst_seconds, burst_wait_seconds
from services.gateway.domain.verdict import Verdict
from tests.support.overload import TARGET, Simulated, Told, lane_of, verdicts, waits


def _after(told: list[Told], at: float) -> list[Told]:
    return [one for one in told if one.at >= at]


def test_at_half_load_nobody_is_turned_away_and_nobody_waits() -> None:
    told = Simulated(lane_of(), 1_000).run(10, {"a": 500})
    assert verdicts(told) == {Verdict.IN: 5_000}
    assert waits(told)[-1] < 0.01


def test_at_twice_the_load_as_many_are_let_in_as_it_takes_and_their_waits_are_bounded() -> None:
    for capacity in (200, 1_500):
        simulated = Simulated(lane_of(), capacity)
        told = simulated.run(12, {"a": capacity * 2})
        settled = _after(told, 5)
        assert 0.95 < len(waits(settled)) / (7 * capacity) < 1.05
        assert waits(settled)[-1] < 2 * TARGET + 0.05
        assert waits(told)[-1] < burst_wait_seconds + 3 * TARGET + 0.4


def test_who_is_turned_away_is_told_at_once_or_after_a_moment() -> None:
    told = Simulated(lane_of(), 1_000).run(10, {"a": 2_000})
    refused = [one for one in _after(told, 5) if one.verdict is Verdict.FULL]
    assert len(refused) > 4_000
    assert max(one.seconds for one in refused) <= 0.06
    assert sum(one.seconds == 0 for one in refused) > len(refused) / 2


def test_the_limit_neither_collapses_nor_swings_under_a_constant_overload() -> None:
    simulated = Simulated(lane_of(), 1_000)
    simulated.run(10, {"a": 2_000})
    limits: list[int] = []
    for _ in range(40):
        simulated.run(0.25, {"a": 2_000})
        limits.append(simulated.lane.limit.places)
    assert min(limits) > 0.6 * TARGET * 1_000
    assert max(limits) < 1.5 * TARGET * 1_000


def test_it_takes_all_again_once_the_flood_is_over() -> None:
    simulated = Simulated(lane_of(), 1_000)
    simulated.run(10, {"a": 4_000})
    simulated.run(1, {"a": 1})
    told = simulated.run(5, {"a": 900})
    assert verdicts(told) == {Verdict.IN: 4_500}


def test_it_finds_its_way_when_what_is_behind_it_becomes_faster() -> None:
    simulated = Simulated(lane_of(), 100)
    simulated.run(10, {"a": 1_000})
    slow = simulated.lane.limit.places
    simulated.a_second = 2_000
    told = simulated.run(10, {"a": 1_500})
    assert slow <= simulated.lane.limit.lowest + 16
    assert verdicts(_after(told, simulated.now - 5)) == {Verdict.IN: 7_500}


def test_a_cold_start_lets_a_burst_through() -> None:
    lane = lane_of()
    simulated = Simulated(lane, 1_000)
    told = simulated.run(0.1, {"a": 3_500})
    assert verdicts(told) == {Verdict.IN: len(told)}
    assert waits(told)[-1] < burst_wait_seconds


def test_lone_slow_requests_do_not_shut_it() -> None:
    limit = AdaptiveLimit(TARGET, 32, 512, 128)
    for number in range(200):
        began = number * 1.0
        limit.note(began, began + (30.0 if number % 10 == 0 else 0.01), 1)
    assert limit.places == 128


def test_few_samples_move_nothing() -> None:
    limit = AdaptiveLimit(TARGET, 32, 512, 128)
    for number in range(samples_min - 1):
        limit.note(float(number), number + 60.0, 128)
    assert limit.places == 128


def test_what_began_before_the_last_change_says_nothing_about_it() -> None:
    limit = AdaptiveLimit(TARGET, 1, 512, 128)
    for _ in range(1_000):
        limit.note(0.0, 5.0, 128)
    assert limit.places == 64


def test_a_limit_that_nobody_reaches_does_not_grow() -> None:
    limit = AdaptiveLimit(TARGET, 32, 512, 128)
    for number in range(1_000):
        limit.note(number / 10, number / 10 + 0.001, 3)
    assert limit.places == 128


def test_a_flood_costs_the_others_a_turn_and_no_more() -> None:
    simulated = Simulated(lane_of(), 1_000)
    simulated.run(5, {"flood": 4_000})
    told = simulated.run(8, {"flood": 4_000, "person": 10, "program": 100})
    for sender in ("person", "program"):
        own = [one for one in told if one.sender == sender]
        assert len(waits(own)) >= 0.99 * len(own)
        assert waits(own)[-1] < 2 * TARGET + 0.05
    flood = verdicts([one for one in told if one.sender == "flood"])
    assert flood[Verdict.TOO_MANY] > flood[Verdict.FULL]


def test_two_floods_get_the_same() -> None:
    told = Simulated(lane_of(), 1_000).run(8, {"a": 1_500, "b": 6_000})
    a, b = (len(waits([one for one in told if one.sender == sender])) for sender in "ab")
    assert 0.7 < a / b < 1.4


def test_a_standing_queue_is_short_and_turns_to_the_newest() -> None:
    lane = lane_of(places=8)
    for _ in range(8):
        lane.judge(0.0, "a")
        lane.enter("a")
    assert lane.judge(0.0, "a") is Verdict.WAIT
    lane.join(0.0, "a", 1)
    lane.join(0.0, "a", 2)
    assert lane.patience(0.0, "a") == burst_wait_seconds
    assert lane.judge(0.2, "a") is Verdict.WAIT

    later = burst_seconds + 0.1
    assert lane.judge(later, "a") is Verdict.WAIT
    assert lane.patience(later, "a") < burst_wait_seconds
    lane.leave(later, "a", 0.0)
    assert lane.next_in(later) == 2


def test_a_burst_is_served_in_its_order() -> None:
    lane = lane_of(places=1)
    lane.enter("a")
    assert lane.judge(0.0, "a") is Verdict.WAIT
    lane.join(0.0, "a", 1)
    lane.join(0.0, "a", 2)
    lane.leave(0.1, "a", 0.0)
    assert lane.next_in(0.1) == 1


def test_who_gives_up_is_counted_no_more() -> None:
    lane = lane_of(places=1)
    lane.enter("a")
    lane.join(0.0, "b", 1)
    lane.give_up("b", 1)
    lane.give_up("b", 1)
    lane.leave(0.1, "a", 0.0)
    assert (lane.inside, lane.waiting, lane.next_in(0.1)) == (0, 0, None)
