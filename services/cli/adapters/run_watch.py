"""Follows a run live: every server-sent event about it is a reason to look at it again.

The events only wake; what is shown is always the run itself. So nothing has to be resumed after the connection broke.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx
from pydantic import BaseModel

from contracts.run_view import RunView
from contracts.task import TaskView
from services.cli.adapters.api import PREFIX, client_options, read_answer, read_json, told_clearly
from services.cli.domain.errors import CliError
from services.cli.domain.run_report import ENDED

LOOK_SECONDS_MIN = 0.1
"""A run that moves fast is shown ten times a second."""
LOOK_SECONDS_MAX = 15.0
"""How long a lost event could keep us from the truth."""
AGAIN_SECONDS = 1.0
FAILURES_MAX = 30
M = TypeVar("M", bound=BaseModel)


class RunWatch:
    """One run of one Flusso."""

    def __init__(self, http: httpx.AsyncClient, run_id: str) -> None:
        self._http = http
        self._run_id = run_id
        self._moved = asyncio.Event()

    async def views(self) -> AsyncIterator[RunView]:
        """Yield the run as it is now and whenever it has moved, the last time when it has ended."""
        patience = 0
        while True:
            self._moved.clear()
            view = await self._ask(RunView, f"/runs/{self._run_id}", patience)
            yield view
            patience = FAILURES_MAX
            if view.status in ENDED:
                return
            await asyncio.sleep(LOOK_SECONDS_MIN)
            await self._wait()

    async def task(self, task_id: str) -> TaskView | None:
        """Return a task of the run; None if it has not opened yet."""
        try:
            return await self._ask(TaskView, f"/tasks/{task_id}")
        except CliError:
            return None

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                await self._moved.wait()
        except TimeoutError:
            return

    async def _ask(self, model: type[M], path: str, patience: int = 0) -> M:
        """Ask again, as often as `patience` allows, while nobody can answer. Raises CliError."""
        for _ in range(patience):
            try:
                answer = await self._http.get(PREFIX + path)
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if not answer.is_server_error:
                return read_answer(model, read_json(answer))
            await asyncio.sleep(AGAIN_SECONDS)
        with told_clearly(self._http.base_url):
            answer = await self._http.get(PREFIX + path)
        return read_answer(model, read_json(answer))

    async def listen(self) -> None:
        """Wake whoever waits at every event, for ever."""
        while True:
            try:
                await self._listen_once()
            except httpx.HTTPError:
                await asyncio.sleep(AGAIN_SECONDS)
            self._moved.set()

    async def _listen_once(self) -> None:
        timeout = httpx.Timeout(10.0, read=60.0)
        query = {"run_id": self._run_id}
        async with self._http.stream(
            "GET", PREFIX + "/events", params=query, timeout=timeout
        ) as answer:
            if not answer.is_success:
                await asyncio.sleep(AGAIN_SECONDS)
                return
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    self._moved.set()


@asynccontextmanager
async def watching(url: str, token: str, run_id: str) -> AsyncIterator[RunWatch]:
    """Follow a run beside the block."""
    async with httpx.AsyncClient(**client_options(url, token)) as http:
        watch = RunWatch(http, run_id)
        listening = asyncio.get_running_loop().create_task(watch.listen())
        try:
            yield watch
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
