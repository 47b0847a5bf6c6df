"""The gate: so many at once, room for people, nothing for those who only listen."""

import asyncio
from contextlib import ExitStack

import pytest

from services.chassis.errors import Overloaded
from services.gateway.entry.gate import Gate, beat_seconds, late_seconds
from services.gateway.entry.problems import problem_of
from tests.support.chassis import running

START = ("POST", "/api/v1/workflows/1/runs")
DELIVERY = ("POST", "/api/webhooks/1")
DECISION = ("POST", "/api/v1/tasks/1/approve")
LIST = ("GET", "/api/v1/workflows/1/runs")
EVENTS = ("GET", "/api/v1/events")


def test_starts_and_deliveries_leave_room_for_people() -> None:
    gate = Gate(inside_max=4)
    with ExitStack() as inside:
        for asked in (START, DELIVERY, START):
            inside.enter_context(gate.passing(*asked))
        for asked in (START, DELIVERY):
            with pytest.raises(Overloaded), gate.passing(*asked):
                pass
        inside.enter_context(gate.passing(*DECISION))
        for asked in (DECISION, LIST):
            with pytest.raises(Overloaded), gate.passing(*asked):
                pass


def test_fewer_are_let_in_when_the_event_loop_comes_too_late() -> None:
    gate = Gate(inside_max=4, inside_when_late_max=2)
    with gate.passing(*LIST), gate.passing(*LIST):
        gate.late_seconds = 10.0
        with pytest.raises(Overloaded), gate.passing(*LIST):
            pass
        gate.late_seconds = 0.0
        with gate.passing(*LIST):
            pass


async def test_it_feels_how_late_the_loop_is_and_gets_over_it() -> None:
    gate = Gate()
    gate.late_seconds = 10.0
    async with running(gate.run()), asyncio.timeout(60):
        while gate.late_seconds > late_seconds:  # noqa: ASYNC110 - a number, no event
            await asyncio.sleep(beat_seconds)


def test_event_streams_take_no_place() -> None:
    gate = Gate(inside_max=1)
    with gate.passing(*EVENTS), gate.passing(*EVENTS), gate.passing(*LIST):
        pass


def test_who_leaves_makes_room_however_it_ended() -> None:
    gate = Gate(inside_max=1)
    with pytest.raises(ValueError, match="broke"), gate.passing(*LIST):
        raise ValueError("broke")
    with gate.passing(*LIST):
        pass


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    problems = [problem_of(Overloaded("full")) for _ in range(200)]
    assert {problem.status for problem in problems} == {503}
    assert {problem.code for problem in problems} == {"overloaded"}
    assert {problem.retry_after_seconds for problem in problems} == {1, 2, 3, 4}
