"""Drives cycles through the public API: one request to start, one to decide, the event stream for both answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.load.cycle import INPUT
from tests.load.http_client import HttpPool
from tests.load.message_load import COMPLETED, OPENED, Throughput

CREATED, OK = 201, 200


@dataclass(slots=True)
class Latencies:
    """Milliseconds."""

    start_to_visible: list[float] = field(default_factory=list)
    approved_to_completed: list[float] = field(default_factory=list)


class HttpLoad:
    """Cycles whose waits are woken by one event stream."""

    def __init__(self, pool: HttpPool, workflow: str) -> None:
        self._pool = pool
        self._start = pool.request("POST", f"/api/v1/workflows/{workflow}/runs", {"input": INPUT})
        self._opened: dict[str, asyncio.Future[tuple[str, float]]] = {}
        self._completed: dict[str, asyncio.Future[float]] = {}
        self._early_tasks: dict[str, tuple[str, float]] = {}
        self._early_ends: dict[str, float] = {}
        self.completed = 0
        self.refused: list[str] = []

    async def listen(self, ready: asyncio.Event) -> None:
        """Hear the facts of all runs."""
        async for event in self._pool.events("topics=tasks,runs"):
            ready.set()
            kind = event.get("type")
            if kind == OPENED:
                self._on_opened(event["data"]["run_id"], event["subject"])
            elif kind == COMPLETED:
                self._on_completed(event["subject"])

    def _on_opened(self, run: str, task: str) -> None:
        now = time.perf_counter()
        waiter = self._opened.pop(run, None)
        if waiter is None:
            self._early_tasks[run] = (task, now)
        else:
            waiter.set_result((task, now))

    def _on_completed(self, run: str) -> None:
        now = time.perf_counter()
        waiter = self._completed.pop(run, None)
        if waiter is None:
            self._early_ends[run] = now
        else:
            waiter.set_result(now)

    async def cycle(self, latencies: Latencies | None = None) -> None:
        """Start, wait for the task, approve, wait for the end."""
        sent = time.perf_counter()
        status, body = await self._pool.send(self._start)
        if status != CREATED:
            self.refused.append(f"start {status} {body[:200]!r}")
            return
        run = body[7:43].decode()
        task, visible = await self._task_of(run)
        approve = self._pool.request("POST", f"/api/v1/tasks/{task}/approve", {})
        status, body = await self._pool.send(approve)
        answered = time.perf_counter()
        if status != OK:
            self.refused.append(f"approve {status} {body[:200]!r}")
            return
        ended = await self._end_of(run)
        self.completed += 1
        if latencies is not None:
            latencies.start_to_visible.append((visible - sent) * 1000)
            latencies.approved_to_completed.append(max(0.0, (ended - answered) * 1000))

    async def _task_of(self, run: str) -> tuple[str, float]:
        early = self._early_tasks.pop(run, None)
        if early is not None:
            return early
        waiter: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()
        self._opened[run] = waiter
        return await waiter

    async def _end_of(self, run: str) -> float:
        early = self._early_ends.pop(run, None)
        if early is not None:
            return early
        waiter: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._completed[run] = waiter
        return await waiter


@asynccontextmanager
async def _loaded(host: str, port: int, token: str, workflow: str) -> AsyncIterator[HttpLoad]:
    pool = HttpPool(host, port, token)
    load = HttpLoad(pool, workflow)
    ready = asyncio.Event()
    listening = asyncio.create_task(load.listen(ready))
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield load
    finally:
        listening.cancel()
        pool.close()


async def measure_http(
    host: str, port: int, token: str, workflow: str, seconds: float, window: int
) -> Throughput:
    """Keep `window` cycles going; count those that complete after a quarter of the time."""
    async with _loaded(host, port, token, workflow) as load:
        began = time.perf_counter() + seconds / 4
        ends = began + seconds

        async def keep_going() -> None:
            while time.perf_counter() < ends:
                await load.cycle()

        async with asyncio.TaskGroup() as group:
            for _ in range(window):
                group.create_task(keep_going())
            await asyncio.sleep(seconds / 4)
            before, at = load.completed, time.perf_counter()
            await asyncio.sleep(seconds)
            after, until = load.completed, time.perf_counter()
        return Throughput(after - before, until - at, tuple(load.refused[:5]))


async def measure_latency(
    host: str, port: int, token: str, workflow: str, seconds: float, rate: float
) -> tuple[Latencies, tuple[str, ...]]:
    """Begin `rate` cycles a second, evenly, for so long; the first second is not counted."""
    latencies = Latencies()
    async with _loaded(host, port, token, workflow) as load, asyncio.TaskGroup() as group:
        begin = time.perf_counter()
        for number in range(int(seconds * rate)):
            pause = begin + number / rate - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            counted = latencies if number >= rate else None
            group.create_task(load.cycle(counted))
    return latencies, tuple(load.refused[:5])
