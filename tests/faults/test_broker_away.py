"""Two minutes without the broker: what was accepted meanwhile happens, and what cannot be decided says when to ask."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.support.api import api_of
from tests.support.crowd import crowded

away_seconds = 120.0


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack to break, with two replicas of engine and tasks."""
    running = Stack(tmp_path, replicas={"engine": 2, "tasks": 2})
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.mark.timeout(400)
async def test_two_minutes_without_the_broker_lose_nothing(own_stack: Stack) -> None:
    async with crowded(own_stack, starts_a_second=3.0, look_seconds=0.5), api_of(own_stack) as api:
        await asyncio.sleep(2.0)
        await asyncio.to_thread(own_stack.kill, "nats")
        await asyncio.sleep(away_seconds)
        decision = await api.decide(str(uuid4()))
        assert decision.status_code == 503
        assert int(decision.headers["retry-after"]) > 0
        await asyncio.to_thread(own_stack.restart, "nats")
        await asyncio.sleep(2.0)
