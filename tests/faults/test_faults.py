"""Whatever is killed or wiped: every accepted run ends as it should, once, and nothing is left over."""

import asyncio
import random
from collections.abc import Iterator, Sequence

import pytest

from deploy.local.stack import Stack
from tests.support.crowd import crowded, seed


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack to break, with two replicas of engine and tasks; each test leaves it healed."""
    running = Stack(tmp_path_factory.mktemp("faults"), replicas={"engine": 2, "tasks": 2})
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def _kill(stack: Stack, names: Sequence[str], chance: random.Random) -> None:
    for name in names:
        await asyncio.sleep(chance.uniform(1.0, 3.0))
        await asyncio.to_thread(stack.kill, name)
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await asyncio.to_thread(stack.restart, name)
    await asyncio.sleep(2.0)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("names", [("engine", "tasks", "gateway"), ("nats", "postgres")])
async def test_a_kill_at_a_random_moment_loses_nothing(
    own_stack: Stack, names: tuple[str, ...]
) -> None:
    chance = random.Random(seed)
    async with crowded(own_stack):
        await _kill(own_stack, names, chance)


@pytest.mark.timeout(240)
async def test_a_wiped_broker_heals_from_the_logs(own_stack: Stack) -> None:
    async with crowded(own_stack):
        for _ in range(2):
            await asyncio.sleep(3.0)
            assert own_stack.nats is not None
            await asyncio.to_thread(own_stack.nats.kill9)
            await asyncio.to_thread(own_stack.nats.wipe)
            await asyncio.to_thread(own_stack.restart, "nats")
        await asyncio.sleep(2.0)
