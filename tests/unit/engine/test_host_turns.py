"""Turns of hosts, without any network."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.chassis.errors import Transient
from services.engine.adapters import host_turns
from services.engine.adapters.host_turns import HostTurns


async def test_a_host_has_no_more_than_its_connections_at_once() -> None:
    turns = HostTurns(hands=100, per_host=3, total=100)
    running = most = 0

    async def call() -> None:
        nonlocal running, most
        async with turns.turn("a"):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(call() for _ in range(30)))

    assert most == 3


async def test_all_hosts_together_have_a_limit_too() -> None:
    turns = HostTurns(hands=100, per_host=3, total=4)
    running = most = 0

    async def call(host: str) -> None:
        nonlocal running, most
        async with turns.turn(host):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(call(host) for host in "abc" * 10))

    assert most == 4


async def test_requests_to_a_host_take_turns_in_their_order() -> None:
    turns = HostTurns(hands=100, per_host=1, total=10)
    order: list[int] = []

    async def call(number: int) -> None:
        async with turns.turn("a"):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(call(number) for number in range(20)))

    assert order == list(range(20))


async def test_a_host_that_hangs_leaves_hands_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_turns, "share_seconds_max", 0.01)
    turns = HostTurns(hands=40, per_host=2, total=100)
    stuck = asyncio.Event()

    async def hang() -> None:
        async with turns.turn("slow"):
            await stuck.wait()

    calls = [asyncio.create_task(hang()) for _ in range(40)]
    done, _ = await asyncio.wait(calls, timeout=0.2)
    assert len(done) == 20
    assert all(isinstance(each.exception(), Transient) for each in done)

    async with asyncio.timeout(1), AsyncExitStack() as stack:
        for host in ("fast", "other"):
            await stack.enter_async_context(turns.turn(host))

    stuck.set()
    await asyncio.wait(calls)


async def test_a_host_that_answers_gets_everything_done_although_it_has_more_than_its_share() -> (
    None
):
    turns = HostTurns(hands=20, per_host=2, total=100)

    async def call() -> None:
        async with turns.turn("quick"):
            await asyncio.sleep(0)

    await asyncio.gather(*(call() for _ in range(200)))


async def test_a_request_waits_for_a_connection_no_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host_turns, "turn_seconds_max", 0.01)
    turns = HostTurns(hands=40, per_host=1, total=100)

    async with turns.turn("slow"):
        with pytest.raises(Transient, match="busy"):
            async with turns.turn("slow"):
                pass


@pytest.mark.parametrize("cancelled", [0, 1, 2, 3])
async def test_who_gives_up_leaves_nothing_held(cancelled: int) -> None:
    turns = HostTurns(hands=2, per_host=1, total=1)
    stuck = asyncio.Event()

    async def hang() -> None:
        async with turns.turn("a"):
            await stuck.wait()

    calls = [asyncio.create_task(hang()) for _ in range(4)]
    await asyncio.sleep(0)
    calls[cancelled].cancel()
    await asyncio.sleep(0)
    stuck.set()
    await asyncio.gather(*calls, return_exceptions=True)

    async with asyncio.timeout(1), turns.turn("a"):
        pass
    async with asyncio.timeout(1), turns.turn("b"):
        pass
