"""Clients that never give up and remember what they were told; afterwards the database must agree with them."""

import asyncio
import random
from dataclasses import dataclass, field

import asyncpg
import httpx

from tests.support.api import Api

pause_seconds = 0.05
answer_seconds_max = 10.0


@dataclass(slots=True)
class Journal:
    """What clients sent and were told."""

    accepted: set[str] = field(default_factory=set)
    decided: dict[str, str] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    unavailable: int = 0


class Crowd:
    """Starts runs at a steady rate and approves every task that it can see."""

    def __init__(
        self,
        api: Api,
        workflow: str,
        starts_a_second: float,
        seed: int,
        look_seconds: float = pause_seconds,
    ) -> None:
        self.journal = Journal()
        self._look_seconds = look_seconds
        self._api = api
        self._workflow = workflow
        self._pause = 1.0 / starts_a_second
        self._random = random.Random(seed)
        self._deciding: set[str] = set()

    async def start_for(self, stop: asyncio.Event) -> None:
        """Start runs until told to stop; each is asked for until it is accepted."""
        async with asyncio.TaskGroup() as group:
            number = 0
            while not stop.is_set():
                number += 1
                group.create_task(self._start(f"start-{self._workflow}-{number}"))
                await asyncio.sleep(self._pause * self._random.uniform(0.5, 1.5))

    async def _start(self, key: str) -> None:
        path = f"/workflows/{self._workflow}/runs"
        answer = await self._insist(path, {"input": {"text": key}}, key)
        if answer.status_code in {201, 202}:
            self.journal.accepted.add(str(answer.json()["id"]))
        else:
            self.journal.surprises.append(f"start: {answer.status_code} {answer.text[:200]}")

    async def decide_for(self, stop: asyncio.Event) -> None:
        """Approve what is pending until told to stop."""
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                for task in await self._visible():
                    if task["id"] not in self._deciding:
                        self._deciding.add(task["id"])
                        group.create_task(self._approve(task["id"]))
                await asyncio.sleep(self._look_seconds)

    async def _visible(self) -> list[dict[str, str]]:
        try:
            answer = await self._api.http.get(
                "/api/v1/tasks", params={"limit": 200}, timeout=answer_seconds_max
            )
        except httpx.HTTPError:
            return []
        return list(answer.json()["items"]) if answer.status_code == 200 else []

    async def _approve(self, task: str) -> None:
        answer = await self._insist(f"/tasks/{task}/approve", {}, f"approve-{task}")
        if answer.status_code == 200:
            self.journal.decided[task] = answer.json()["decision"]["outcome"]
        else:
            self.journal.surprises.append(f"approve: {answer.status_code} {answer.text[:200]}")

    async def _insist(self, path: str, body: dict[str, object], key: str) -> httpx.Response:
        """Ask with the same idempotency key until there is an answer that is not 'come back later'."""
        while True:
            try:
                answer = await self._api.http.post(
                    f"/api/v1{path}",
                    json=body,
                    headers={"idempotency-key": key},
                    timeout=answer_seconds_max,
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code not in {429, 500, 502, 503, 504}:
                return answer
            self.journal.unavailable += 1
            await asyncio.sleep(pause_seconds * self._random.uniform(2, 6))


RUNS_NOT_COMPLETED = "SELECT count(*) FROM engine.runs WHERE status <> 'Completed'"
WITHOUT_ONE_END = """
    SELECT count(*) FROM (
        SELECT stream_id FROM engine.log GROUP BY stream_id HAVING count(*) FILTER (
            WHERE type IN ('flusso.run.completed', 'flusso.run.failed', 'flusso.run.cancelled')
        ) <> 1
    ) AS odd
"""
AFTER_THE_END = """
    SELECT count(*) FROM engine.log AS later JOIN engine.log AS ended USING (stream_id)
    WHERE ended.type IN ('flusso.run.completed', 'flusso.run.failed', 'flusso.run.cancelled')
        AND later.version > ended.version
"""


async def accounts(database_url: str) -> dict[str, object]:
    """Return what the tables say, as figures that are zero when all is well."""
    connection = await asyncpg.connect(database_url)
    try:
        return {
            "waits left": await connection.fetchval("SELECT count(*) FROM engine.waits"),
            "runs not completed": await connection.fetchval(RUNS_NOT_COMPLETED),
            "runs without exactly one end": await connection.fetchval(WITHOUT_ONE_END),
            "events after the end": await connection.fetchval(AFTER_THE_END),
            "gaps in versions": await connection.fetchval(
                "SELECT count(*) FROM (SELECT stream_id FROM engine.log GROUP BY stream_id"
                " HAVING max(version) <> count(*) UNION ALL"
                " SELECT stream_id FROM tasks.log GROUP BY stream_id"
                " HAVING max(version) <> count(*)) AS odd"
            ),
            "runs resumed twice": await connection.fetchval(
                "SELECT count(*) FROM (SELECT stream_id FROM engine.log"
                " WHERE type = 'flusso.run.resumed' GROUP BY stream_id HAVING count(*) > 1) AS odd"
            ),
            "tasks decided twice": await connection.fetchval(
                "SELECT count(*) FROM (SELECT stream_id FROM tasks.log"
                " WHERE type = 'flusso.task.resolved' GROUP BY stream_id HAVING count(*) > 1) AS odd"
            ),
            "dead letters": await connection.fetchval(
                "SELECT (SELECT count(*) FROM engine.dead_letters)"
                " + (SELECT count(*) FROM tasks.dead_letters)"
            ),
            "intake left": await connection.fetchval(
                "SELECT count(*) FROM gateway.intake WHERE refused_at IS NULL"
            ),
        }
    finally:
        await connection.close()


async def started_runs(database_url: str, workflow: str) -> set[str]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT id::text FROM engine.runs WHERE workflow_id = $1::uuid", workflow
        )
    finally:
        await connection.close()
    return {row["id"] for row in rows}
