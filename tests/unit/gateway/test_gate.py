"""The gate: a lane for each kind, places only while others work, nothing for those who only listen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
from starlette.types import Message, Scope

from services.chassis.errors import Overloaded, Refused
from services.gateway.entry.gate import KEPT, Gate, Kind, Visit, is_gated, is_of_gate, kind_of
from services.gateway.entry.problems import problem_of
from services.gateway.entry.senders import sender_of

START = ("POST", "/api/v1/workflows/1/runs")
DELIVERY = ("POST", "/api/webhooks/1")
DECISION = ("POST", "/api/v1/tasks/1/approve")
LIST = ("GET", "/api/v1/workflows/1/runs")
BODY = (b"content-length", b"2")


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def scope_of(asked: tuple[str, str], sender: str = "one", *headers: tuple[bytes, bytes]) -> Scope:
    return {
        "type": "http",
        "method": asked[0],
        "path": asked[1],
        "headers": [(b"authorization", sender.encode()), *headers],
        "client": ("192.0.2.1", 1),
        "state": {},
    }


SENDER = sender_of(scope_of(START))


async def waiting_in(gate: Gate, number: int) -> None:
    """Wait until so many wait for a place among the starts."""
    async with asyncio.timeout(60):
        while gate.lanes["start"].waiting < number:  # noqa: ASYNC110 - a number, no event
            await asyncio.sleep(0)


async def body() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


@asynccontextmanager
async def inside(gate: Gate, scope: Scope) -> AsyncIterator[Visit]:
    with gate.passing(scope, body) as visit:
        await visit.begin()
        yield visit


def taken(gate: Gate, kind: Kind) -> int:
    return gate.lanes[kind].inside


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (START, "start"),
        (DELIVERY, "delivery"),
        (DECISION, "decide"),
        (LIST, "look"),
        (("DELETE", "/api/v1/tokens/1"), "decide"),
        (("GET", "/api/webhooks/1"), "look"),
    ],
)
def test_each_request_is_of_a_kind(asked: tuple[str, str], kind: Kind) -> None:
    assert kind_of(*asked) == kind


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/api/v1/events", "/", "/tasks"]
)
def test_health_events_and_files_are_never_turned_away(path: str) -> None:
    assert not is_gated(path)
    assert Gate(Clock(), places=0, most=0).turns_away(scope_of(("GET", path))) is None


async def test_a_flood_of_starts_leaves_all_places_of_those_who_decide_and_look() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(START)):
        for asked in (DECISION, LIST):
            async with inside(gate, scope_of(asked)):
                assert taken(gate, kind_of(*asked)) == 1


async def test_who_waits_gets_the_place_of_who_leaves() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(START)) as first:
        second = asyncio.create_task(gate.enter("start", SENDER))
        await waiting_in(gate, 1)
        first.leave()
        await second
    assert taken(gate, "start") == 1


async def test_who_waits_for_too_long_is_refused_and_leaves_no_trace() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(START)):
        with pytest.raises(Overloaded):
            await gate.enter("start", SENDER)
    lane = gate.lanes["start"]
    assert (lane.inside, lane.waiting) == (0, 0)


async def test_who_hangs_up_while_waiting_leaves_no_trace() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(START)):
        waiting = asyncio.create_task(gate.enter("start", SENDER))
        await waiting_in(gate, 1)
        waiting.cancel()
        await asyncio.wait([waiting])
    lane = gate.lanes["start"]
    assert (lane.inside, lane.waiting) == (0, 0)


async def test_a_place_that_came_as_its_waiter_hung_up_goes_to_the_next() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(START)) as first:
        waiting = [asyncio.create_task(gate.enter("start", SENDER)) for _ in range(2)]
        await waiting_in(gate, 2)
        first.leave()
        waiting[0].cancel()
        await waiting[1]
    assert taken(gate, "start") == 1


async def test_a_body_that_trickles_in_takes_no_place() -> None:
    gate = Gate(Clock(), places=1)
    with gate.passing(scope_of(DECISION, "slow", BODY), body) as slow:
        receive = await slow.begin()
        assert taken(gate, "decide") == 0
        await receive()
        assert taken(gate, "decide") == 1
        await receive()
        assert taken(gate, "decide") == 1
    assert taken(gate, "decide") == 0


async def test_an_answer_that_is_read_slowly_holds_no_place() -> None:
    gate = Gate(Clock(), places=1)
    async with inside(gate, scope_of(LIST)) as visit:
        visit.leave()
        async with inside(gate, scope_of(LIST)):
            pass


async def test_deliveries_without_a_place_are_kept_and_not_refused() -> None:
    gate = Gate(Clock(), places=1)
    second = scope_of(DELIVERY)
    async with inside(gate, scope_of(DELIVERY)), inside(gate, second):
        assert second["state"][KEPT]
        assert gate.turns_away(scope_of(DELIVERY)) is None
        assert taken(gate, "delivery") == 1


def test_memory_is_bounded_also_by_number() -> None:
    gate = Gate(Clock(), most=4)
    with ExitStack() as here:
        for number in range(4):
            here.enter_context(gate.passing(scope_of(DECISION, f"{number}"), body))
        assert isinstance(gate.turns_away(scope_of(DECISION, "5")), Overloaded)
        with pytest.raises(Overloaded), gate.passing(scope_of(DECISION, "5"), body):
            pass


def test_one_sender_never_has_all_of_it() -> None:
    gate = Gate(Clock(), most=4)
    with ExitStack() as here:
        for _ in range(3):
            here.enter_context(gate.passing(scope_of(DECISION), body))
        with pytest.raises(Refused) as greedy, gate.passing(scope_of(DECISION), body):
            pass
        here.enter_context(gate.passing(scope_of(DECISION, "another"), body))
    problem = problem_of(greedy.value)
    assert (problem.status, problem.code) == (429, "too-many-requests")
    assert problem.retry_after_seconds in {1, 2, 3, 4}
    assert is_of_gate(greedy.value)


async def test_a_flood_is_turned_away_at_first_sight_and_another_sender_is_not() -> None:
    clock = Clock()
    gate = Gate(clock, places=8)
    flood = scope_of(START)
    async with inside(gate, scope_of(START, "another")):
        for _ in range(7):
            gate.lanes["start"].enter(SENDER)
        waiting = [asyncio.create_task(gate.enter("start", SENDER)) for _ in range(16)]
        await waiting_in(gate, 16)

        refusal = gate.turns_away(flood)

        assert refusal is not None
        assert problem_of(refusal).status == 429
        assert gate.turns_away(scope_of(START, "a third")) is None
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)


async def test_who_leaves_makes_room_however_it_ended() -> None:
    gate = Gate(Clock(), places=1)
    with pytest.raises(ValueError, match="broke"):
        async with inside(gate, scope_of(LIST)):
            raise ValueError("broke")
    async with inside(gate, scope_of(LIST)):
        pass


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    problems = [problem_of(Overloaded("full")) for _ in range(200)]
    assert {problem.status for problem in problems} == {503}
    assert {problem.code for problem in problems} == {"overloaded"}
    assert {problem.retry_after_seconds for problem in problems} == {1, 2, 3, 4}
