"""Tells listeners how many tasks are pending: when it has changed, and at most a few times a second."""

import asyncio

import orjson

from contracts import subjects
from contracts.actor import SYSTEM
from contracts.task import CountTasks
from services.chassis.errors import Refused, Transient
from services.gateway.app.event_hub import Hub
from services.gateway.app.ports import Asking

pause_seconds = 0.25
idle_seconds = 5.0


class CountTeller:
    """Asks for the number when a task event has passed and somebody listens."""

    def __init__(self, hub: Hub, asking: Asking) -> None:
        self._hub = hub
        self._asking = asking
        self._told: int | None = None

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._wait()
            moved = self._hub.tasks_moved.is_set()
            self._hub.tasks_moved.clear()
            if moved and self._hub.listeners:
                await self._tell()
            await asyncio.sleep(pause_seconds)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(idle_seconds):
                await self._hub.tasks_moved.wait()
        except TimeoutError:
            self._hub.expire()

    async def _tell(self) -> None:
        pending = await self._pending()
        if pending is None:
            self._hub.tasks_moved.set()
        elif pending != self._told:
            self._told = pending
            frame = b"event: counts\ndata: " + orjson.dumps({"pending": pending}) + b"\n\n"
            self._hub.tell_all(frame)

    async def greet(self) -> int | None:
        """Return the number for a new listener; if the others were told another one, everybody is told anew."""
        pending = await self._pending()
        if self._hub.listeners == 1:
            self._told = pending
        elif pending != self._told:
            self._told = None
            self._hub.tasks_moved.set()
        return pending

    async def _pending(self) -> int | None:
        """Return the exact number, None while nobody answers."""
        try:
            answer = await self._asking.ask(subjects.COUNT_TASKS, CountTasks(actor=SYSTEM))
        except (Transient, Refused):
            return None
        pending: int = orjson.loads(answer)["pending"]
        return pending
