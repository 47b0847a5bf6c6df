"""Whatever is killed, wiped or away: every accepted run ends as it should, once, and nothing is left over."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of
from tests.support.journal import Crowd, accounts, started_runs

seed = int(os.environ.get("FLUSSO_FAULTS_SEED", random.randrange(1_000_000)))
heal_seconds_max = 60.0
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


@asynccontextmanager
async def crowded(stack: Stack, starts_a_second: float = 25.0) -> AsyncIterator[Crowd]:
    """People and scripts at work while the block breaks things; they finish what they began."""
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        crowd = Crowd(api, workflow, starts_a_second, seed)
        stop_starting, stop_deciding = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            starting = group.create_task(crowd.start_for(stop_starting))
            group.create_task(crowd.decide_for(stop_deciding))
            yield crowd
            stop_starting.set()
            await starting
            await _healed(stack, crowd, workflow)
            stop_deciding.set()
        await _no_task_is_left(api, crowd)


async def _healed(stack: Stack, crowd: Crowd, workflow: str) -> None:
    """Wait until every accepted run has completed; then nothing may be odd."""
    figures: dict[str, object] = {}
    runs: set[str] = set()
    try:
        async with asyncio.timeout(heal_seconds_max):
            while True:
                figures = await accounts(stack.database_url)
                runs = await started_runs(stack.database_url, workflow)
                if not any(figures.values()) and runs == crowd.journal.accepted:
                    return
                await asyncio.sleep(0.5)
    except TimeoutError:
        missing = crowd.journal.accepted - runs
        pytest.fail(
            f"seed {seed}: not healed: { {k: v for k, v in figures.items() if v} },"
            f" accepted but missing {len(missing)}, not accepted {len(runs - crowd.journal.accepted)}"
        )


async def _kill(stack: Stack, names: Sequence[str], chance: random.Random) -> None:
    for name in names:
        await asyncio.sleep(chance.uniform(1.0, 3.0))
        await asyncio.to_thread(stack.kill, name)
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await asyncio.to_thread(stack.restart, name)
    await asyncio.sleep(2.0)


async def _no_task_is_left(api: Api, crowd: Crowd) -> None:
    assert crowd.journal.surprises == []
    assert (await api.get("/tasks/count")) == {"pending": 0}
    assert len(crowd.journal.decided) >= len(crowd.journal.accepted) > 0


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


@pytest.mark.timeout(400)
async def test_two_minutes_without_the_broker_lose_nothing(own_stack: Stack) -> None:
    async with crowded(own_stack, starts_a_second=8.0), api_of(own_stack) as api:
        await asyncio.sleep(2.0)
        await asyncio.to_thread(own_stack.kill, "nats")
        await asyncio.sleep(away_seconds)
        decision = await api.decide(str(uuid4()))
        assert decision.status_code == 503
        assert int(decision.headers["retry-after"]) > 0
        await asyncio.to_thread(own_stack.restart, "nats")
        await asyncio.sleep(2.0)
