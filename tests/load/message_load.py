"""Drives cycles through the services' own messages, as fast as they go or at a steady rate."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects
from services.chassis.ids import new_id
from tests.load.cycle import INPUT

ACTOR = {"kind": "token", "id": "bench", "name": "bench", "means": "token", "is_admin": True}
OK = b'{"ok":'
UNAVAILABLE = b'{"unavailable":'
OPENED = "flusso.task.opened"
COMPLETED = "flusso.run.completed"


@dataclass(slots=True)
class Tally:
    """What came back."""

    started: int = 0
    opened: int = 0
    completed: int = 0
    refused: list[str] = field(default_factory=list)


class MessageLoad:
    """Keeps a window of cycles going; a cycle that completes makes room for the next one."""

    def __init__(self, client: Client, workflow_id: UUID, *, decide: bool = True) -> None:
        self._client = client
        self._workflow_id = str(workflow_id)
        self._inbox = client.new_inbox()
        self._decide = decide
        self._to_decide: asyncio.Queue[str] = asyncio.Queue()
        self._room: asyncio.Semaphore = asyncio.Semaphore(0)
        self._mine: set[str] = set()
        self.tally = Tally()

    async def listen(self) -> None:
        """Hear replies and facts."""
        await self._client.subscribe(f"{self._inbox}.*", cb=self._on_reply)
        await self._client.subscribe(subjects.TASK_FACTS, cb=self._on_task_facts)
        await self._client.subscribe(subjects.RUN_FACTS, cb=self._on_run_facts)

    async def _on_reply(self, message: Msg) -> None:
        if message.data.startswith(OK):
            return
        run_id = message.subject.rpartition(".")[2]
        if not self._decide and run_id in self._mine and message.data.startswith(UNAVAILABLE):
            # Whoever fills a stack has time: a start that was turned away for now is sent again.
            await asyncio.sleep(0.01)
            await self._send_start(run_id)
            return
        self.tally.refused.append(message.data.decode()[:300])

    async def _on_task_facts(self, message: Msg) -> None:
        for event in orjson.loads(message.data):
            if event["type"] != OPENED:
                continue
            run_id = event["data"]["run_id"]
            if run_id not in self._mine:
                continue
            self.tally.opened += 1
            if self._decide:
                await self._approve(event["subject"])
            else:
                self._mine.discard(run_id)
                self._room.release()

    async def _on_run_facts(self, message: Msg) -> None:
        if COMPLETED.encode() not in message.data:
            return
        for event in orjson.loads(message.data):
            if event["type"] == COMPLETED and event["subject"] in self._mine:
                self._mine.discard(event["subject"])
                self.tally.completed += 1
                self._room.release()

    async def _start(self) -> None:
        run_id = str(new_id())
        self._mine.add(run_id)
        await self._send_start(run_id)
        self.tally.started += 1

    async def _send_start(self, run_id: str) -> None:
        command = {
            "run_id": run_id,
            "workflow_id": self._workflow_id,
            "trigger": "manual",
            "input": INPUT,
            "actor": ACTOR,
        }
        reply = f"{self._inbox}.{run_id}"
        await self._client.publish(subjects.START_RUN, orjson.dumps(command), reply=reply)

    async def _approve(self, task_id: str) -> None:
        command = {"task_id": task_id, "action": "approve", "actor": ACTOR}
        reply = f"{self._inbox}.{task_id}"
        await self._client.publish(subjects.DECIDE_TASK, orjson.dumps(command), reply=reply)

    async def drive(self, window: int, until: Callable[[], bool]) -> None:
        """Start cycles while there is room, until told to stop; then wait for those that are under way."""
        for _ in range(window):
            self._room.release()
        while not until():
            await self._room.acquire()
            await self._start()
        async with asyncio.timeout(60):
            while self._mine:  # noqa: ASYNC110 - it empties as messages arrive
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Throughput:
    """Cycles completed in the measured time, and the processor time of each process meanwhile."""

    cycles: int
    seconds: float
    refused: tuple[str, ...]

    @property
    def per_second(self) -> float:
        """Cycles a second."""
        return self.cycles / self.seconds


async def measure_messages(
    nats_url: str, workflow_id: UUID, seconds: float, window: int
) -> Throughput:
    """Warm up for a quarter of the time, then count completed cycles."""
    client = await nats.connect(nats_url, pending_size=16 * 1024 * 1024)
    try:
        load = MessageLoad(client, workflow_id)
        await load.listen()
        begin = time.perf_counter() + seconds / 4
        marks: list[tuple[float, int]] = []

        def done() -> bool:
            now = time.perf_counter()
            if not marks and now >= begin:
                marks.append((now, load.tally.completed))
            if marks and now >= marks[0][0] + seconds:
                marks.append((now, load.tally.completed))
                return True
            return False

        await load.drive(window, done)
        (began, before), (ended, after) = marks[0], marks[1]
        return Throughput(after - before, ended - began, tuple(load.tally.refused[:5]))
    finally:
        await client.close()


async def fill_with_waiting(nats_url: str, workflow_id: UUID, runs: int, window: int) -> None:
    """Start runs and leave them waiting."""
    client = await nats.connect(nats_url, pending_size=16 * 1024 * 1024)
    try:
        load = MessageLoad(client, workflow_id, decide=False)
        await load.listen()
        await load.drive(window, lambda: load.tally.started >= runs)
    finally:
        await client.close()
