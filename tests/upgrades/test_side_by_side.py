"""Replicas of the previous version and of this one on one database and one NATS: an upgrade, and the way back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from uuid import uuid4

import httpx
import pytest

from contracts.base import Json
from tests.support.api import APPROVAL, Api
from tests.support.versions import ADMIN_TOKEN, THIS, Fleet, Replicas, Version, previous_version

patience_seconds = 120.0
pause_seconds = 0.05
"""Between two writes: some twenty a second, so that none can hide a migration that holds writes up."""


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return previous_version(tmp_path_factory.mktemp("previous"))


@pytest.fixture
def fleet(database_url: str, nats_url: str, tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(database_url, nats_url, tmp_path)
    yield made
    made.close()


@asynccontextmanager
async def asking(replicas: Replicas) -> AsyncIterator[Api]:
    bearer = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    async with httpx.AsyncClient(
        base_url=replicas.url, headers=bearer, timeout=60, trust_env=False
    ) as http:
        yield Api(http)


async def asked(api: Api, path: str, body: Json) -> httpx.Response:
    """Ask until it is answered: whoever has too much to do says so, and is asked again under the same key."""
    key = str(uuid4())
    async with asyncio.timeout(patience_seconds):
        while True:
            answer = await api.post(path, body, **{"idempotency-key": key})
            if answer.status_code not in {429, 503}:
                return answer
            await asyncio.sleep(pause_seconds)


async def started(api: Api, workflow: str) -> str:
    answer = await asked(api, f"/workflows/{workflow}/runs", {"input": {}})
    assert answer.status_code in {201, 202}, answer.text
    return str(answer.json()["id"])


@dataclass(slots=True)
class Journal:
    """What a writer was told, and for how long it was held up at most."""

    runs: list[str] = field(default_factory=list)
    longest_seconds: float = 0.0

    async def write(self, api: Api, workflow: str) -> None:
        """Start runs until cancelled; a run is in the journal once it was accepted."""
        while True:
            began = monotonic()
            self.runs.append(await started(api, workflow))
            self.longest_seconds = max(self.longest_seconds, monotonic() - began)
            await asyncio.sleep(pause_seconds)

    @asynccontextmanager
    async def kept(self, api: Api, workflow: str) -> AsyncIterator[None]:
        """Write beside the block. What went wrong with a write is raised at its end."""
        writing = asyncio.create_task(self.write(api, workflow))
        try:
            yield
        finally:
            writing.cancel()
            (outcome,) = await asyncio.gather(writing, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError), f"a write failed: {outcome!r}"


async def decide_all(deciding: Api, runs: list[str]) -> None:
    """Approve the task of each of the runs, once, and see each of them end."""
    wanted = set(runs)
    found: dict[str, str] = {}
    async with asyncio.timeout(patience_seconds):
        while wanted - found.keys():
            pending = await deciding.pending()
            found |= {task["run_id"]: task["id"] for task in pending if task["run_id"] in wanted}
    for task in found.values():
        answer = await asked(deciding, f"/tasks/{task}/approve", {})
        assert answer.status_code == 200, answer.text
        again = await asked(deciding, f"/tasks/{task}/approve", {})
        assert again.json()["code"] == "already-decided"
    for run in runs:
        await deciding.run_when(run, "Completed")


@pytest.mark.timeout(600)
async def test_an_upgrade_under_load_and_the_way_back_lose_nothing(
    fleet: Fleet, previous: Version, capsys: pytest.CaptureFixture[str]
) -> None:
    before, now = fleet.of(previous), fleet.of(THIS)
    await before.start()
    async with asking(before) as old:
        workflow = await old.workflow(APPROVAL)
        waiting = [await started(old, workflow) for _ in range(6)]
        journal = Journal()
        # The new version migrates while the previous one is written to.
        async with journal.kept(old, workflow):
            await now.start()
            async with asking(now) as new:
                # Side by side: whichever replica takes an order, both tell the same.
                mixed = [await started(new, workflow), await started(old, workflow)]
                await decide_all(new, waiting[:2])
                await decide_all(old, [*waiting[2:4], mixed[0]])
                await decide_all(new, [mixed[1]])
        assert journal.runs
        # The way back: the previous version goes on alone, with what the new one has written.
        async with asking(now) as new:
            left = await started(new, workflow)
        now.stop()
        await decide_all(old, [waiting[4], left])
    # And forth: the new version alone.
    after = fleet.of(THIS)
    await after.start()
    before.stop()
    async with asking(after) as new:
        await decide_all(new, [waiting[5], *journal.runs[:3], await started(new, workflow)])
        for run in journal.runs[3:]:
            answer = await new.http.get(f"/api/v1/runs/{run}")
            assert answer.status_code == 200, answer.text
    assert after.all_live
    # What the result is worth, and the longest of the writes that the migration may have held up.
    with capsys.disabled():
        held = (
            f"{journal.longest_seconds:.2f} s the longest of {len(journal.runs)} writes beside it"
        )
        print(f"\nupgrade from {previous.label}: {held}")  # noqa: T201
