"""A `for_each` whose engines are killed again and again: each item is worked on once, and none is lost."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import Api, api_of, chain, node

seed = int(os.environ.get("FLUSSO_FAULTS_SEED", random.randrange(1_000_000)))
items = 600
heal_seconds_max = 60.0
ENDED = frozenset({"Completed", "Failed", "Cancelled"})


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack to break, with two replicas of the engine."""
    running = Stack(tmp_path, replicas={"engine": 2})
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def _run(api: Api, run_id: str) -> JsonObject:
    found: JsonObject = (await api.http.get(f"/api/v1/runs/{run_id}")).json()
    return found


async def _ended(api: Api, run_id: str) -> JsonObject:
    async with asyncio.timeout(heal_seconds_max):
        while True:
            found = await _run(api, run_id)
            if found.get("status") in ENDED:
                return found
            await asyncio.sleep(0.2)


@pytest.mark.timeout(180)
async def test_engines_are_killed_in_the_middle_of_a_long_list(own_stack: Stack) -> None:
    chance = random.Random(seed)
    double = node("twice", "transform", n={"cel": "trigger.output.item * 2"})
    each = node(
        "all", "for_each", items="{{ trigger.output.items }}", workflow="Double", concurrency=5
    )
    async with api_of(own_stack) as api:
        await api.workflow(chain(double), "Double")
        run_id = await api.start(await api.workflow(chain(each)), {"items": list(range(items))})
        for name in ("engine", "engine-2", "engine"):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            await asyncio.to_thread(own_stack.kill, name)
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            await asyncio.to_thread(own_stack.restart, name)

        ended = await _ended(api, run_id)

    results = [{"n": 2 * item} for item in range(items)]
    assert ended["output"]["results"] == results, f"seed {seed}"
    connection = await asyncpg.connect(own_stack.database_url)
    try:
        starts = "SELECT count(*) FROM engine.log WHERE type = 'flusso.run.started'"
        assert await connection.fetchval(starts) == items + 1
        left = "SELECT count(*) FROM engine.run_orders"
        async with asyncio.timeout(heal_seconds_max):  # what a killed engine had claimed comes back
            while await connection.fetchval(left):  # noqa: ASYNC110 - it lies in another system
                await asyncio.sleep(0.1)
    finally:
        await connection.close()
