"""A crowd at work on a stack while a test breaks it; afterwards nothing may be lost, doubled or left over."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of
from tests.support.journal import Crowd, accounts, pause_seconds, started_runs

seed = int(os.environ.get("FLUSSO_FAULTS_SEED", random.randrange(1_000_000)))
heal_seconds_max = 90.0


@asynccontextmanager
async def crowded(
    stack: Stack, starts_a_second: float = 25.0, look_seconds: float = pause_seconds
) -> AsyncIterator[Crowd]:
    """People and scripts at work while the block breaks things; they finish what they began."""
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        crowd = Crowd(api, workflow, starts_a_second, seed, look_seconds)
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


async def _no_task_is_left(api: Api, crowd: Crowd) -> None:
    assert crowd.journal.surprises == []
    assert (await api.get("/tasks/count")) == {"pending": 0}
    assert len(crowd.journal.decided) >= len(crowd.journal.accepted) > 0
