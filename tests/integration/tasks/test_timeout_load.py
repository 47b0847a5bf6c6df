"""Thousands of timeouts due within a minute, two replicas, people deciding beside them: each at most a second late.

`FLUSSO_TIMEOUTS=10000 FLUSSO_TIMEOUTS_SECONDS=60` asks for the promise itself; by default a shorter piece runs,
at twice its rate. `-s` shows how late they were.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import nats.errors
import nats.js.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.subjects import DECIDE_TASK, RUN_EVENTS, TASK_FACTS, TASKS_ON_RUN_EVENTS
from services.chassis.database import Pool
from services.chassis.ids import derived_id
from tests.support.chassis import connected, until
from tests.support.depth import sized
from tests.support.pace import measured_pace
from tests.support.processes import running_service
from tests.support.tasks import decision, pause_event, paused, timed
from tests.support.tasks_service import ask, task_pool, tell
from tests.support.timeouts import an_id, decisions

TIMEOUTS = int(os.environ.get("FLUSSO_TIMEOUTS", sized(500, 10_000)))
SECONDS = float(os.environ.get("FLUSSO_TIMEOUTS_SECONDS", sized(3, 60)))
LATE_SECONDS_MAX = 1.0
PEOPLE = 4
OTHERS_A_SECOND = 100
"""Tasks without a timeout that people decide meanwhile."""
TOLD_AT_ONCE = 200
IDS = {an_id(number) for number in range(TIMEOUTS)}


@dataclass(slots=True)
class Arrivals:
    """When somebody who listens to the broker heard of each decision."""

    at: dict[UUID, float] = field(default_factory=dict)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, message: Msg) -> None:
        arrived = time.time()
        for event in orjson.loads(message.data):
            if event["type"] == "flusso.task.resolved":
                self.at.setdefault(UUID(event["subject"]), arrived)
        self.more.set()


async def decide_until(
    client: Client, task_ids: Sequence[UUID], begin: datetime, done: asyncio.Event
) -> list[float]:
    """Answer one task after the other at a steady pace; return how long each answer took."""
    took: list[float] = []
    for place, task_id in enumerate(task_ids):
        due = begin + timedelta(seconds=place * PEOPLE / OTHERS_A_SECOND)
        with suppress(TimeoutError):
            async with asyncio.timeout((due - datetime.now(UTC)).total_seconds()):
                await done.wait()
        if done.is_set():
            break
        began = time.perf_counter()
        reply = await ask(client, DECIDE_TASK, decision(task_id=task_id))
        took.append(time.perf_counter() - began)
        assert reply.refused is None
    return took


async def open_tasks(client: Client, timeouts: Sequence[datetime], others: Sequence[UUID]) -> None:
    pauses = [paused(task_id=task_id) for task_id in others]
    pauses += [
        timed(paused(task_id=an_id(number)), timeout_at=timeout_at)
        for number, timeout_at in enumerate(timeouts)
    ]
    for place in range(0, len(pauses), TOLD_AT_ONCE):
        await tell(client, *map(pause_event, pauses[place : place + TOLD_AT_ONCE]))


@asynccontextmanager
async def two_replicas(database_url: str, nats_url: str) -> AsyncIterator[tuple[Pool, Client]]:
    async with (
        task_pool(database_url) as pool,
        running_service("tasks", database_url, nats_url),
        running_service("tasks", database_url, nats_url),
        connected(nats_url) as client,
    ):

        async def is_listening() -> bool:
            with suppress(nats.errors.Error, nats.js.errors.Error):
                return bool(await client.jetstream().consumer_info(RUN_EVENTS, TASKS_ON_RUN_EVENTS))
            return False

        await until(is_listening)
        yield pool, client


async def all_are_open(pool: Pool, tasks: int) -> None:
    async def they_are() -> bool:
        return bool(await pool.fetchval("SELECT count(*) = $1 FROM pending_tasks", tasks))

    await until(they_are)


async def all_were_heard_of(arrivals: Arrivals) -> None:
    async with asyncio.timeout(SECONDS + 30):
        while len(arrivals.at.keys() & IDS) < TIMEOUTS:
            await arrivals.more.wait()
            arrivals.more.clear()


def tell_figures(name: str, values: Sequence[float]) -> None:
    p50, p99 = (sorted(values)[int(len(values) * share)] for share in (0.5, 0.99))
    print(f"{name}: {len(values)}, p50 {p50:.3f} s, p99 {p99:.3f} s, max {max(values):.3f} s")  # noqa: T201


async def test_thousands_of_timeouts_fire_within_a_second_while_people_decide(
    database_url: str, nats_url: str
) -> None:
    others = [derived_id("beside", str(number)) for number in range(int(SECONDS * OTHERS_A_SECOND))]
    arrivals, done = Arrivals(), asyncio.Event()
    async with (
        two_replicas(database_url, nats_url) as (pool, client),
        measured_pace(database_url) as pace,
    ):
        await client.subscribe(TASK_FACTS, cb=arrivals.hear)
        begin = datetime.now(UTC) + timedelta(seconds=2 + TIMEOUTS / 1000)
        timeouts = [begin + timedelta(seconds=SECONDS) * n / TIMEOUTS for n in range(TIMEOUTS)]
        await open_tasks(client, timeouts, others)
        await all_are_open(pool, TIMEOUTS + len(others))
        opened_at = datetime.now(UTC)
        people = [decide_until(client, others[n::PEOPLE], begin, done) for n in range(PEOPLE)]
        deciding = asyncio.gather(*people)
        await all_were_heard_of(arrivals)
        done.set()
        took = [seconds for of_person in await deciding for seconds in of_person]
        decided = {each["task_id"]: each for each in await decisions(pool)}
    late = [
        (decided[an_id(n)]["at"] - max(at, opened_at)).total_seconds()
        for n, at in enumerate(timeouts)
    ]
    heard = [arrivals.at[an_id(n)] - at.timestamp() for n, at in enumerate(timeouts)]
    tell_figures("decided late", late)
    tell_figures("heard of late", heard)
    tell_figures("people waited", took)
    assert {decided[task_id]["outcome"] for task_id in IDS} == {"timed_out"}
    assert all(decided[an_id(n)]["at"] >= at for n, at in enumerate(timeouts))
    assert max(late) <= pace.allows(LATE_SECONDS_MAX)
