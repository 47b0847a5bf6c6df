"""Whose turn it is to call a host: few connections to each, and no slow host keeps the worker from calling others.

Requests to one host take turns in the order in which they came. A host may have as many requests at the worker as there
are hands left for others; a job beyond that is put off, to be offered again a little later.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.chassis.errors import Transient

hands_max = 256
"""Jobs of a worker at once; most of them wait for somebody."""
per_host_max = 10
"""Connections to one host at once, as browsers and other polite clients do."""
connections_max = 200
"""Connections at once, of all hosts: each may hold an answer in memory."""
share_seconds_max = 0.25
"""So long a job waits for its host to have room: enough for one that answers, and others lose little meanwhile."""
turn_seconds_max = 30.0
"""So long a request waits for a connection: with the longest request, below the reconciler's limit for a job."""


@dataclass(slots=True)
class _Host:
    connections: asyncio.Semaphore
    held: int = 0
    """Requests that wait or are under way."""
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    """Those for which there is no room yet."""

    @property
    def is_forgotten(self) -> bool:
        return self.held == 0 and not self.waiting


class HostTurns:
    """One per worker; `hands` is how many jobs it has at once."""

    def __init__(
        self, hands: int = hands_max, per_host: int = per_host_max, total: int = connections_max
    ) -> None:
        self._hands = hands
        self._per_host = per_host
        self._total = asyncio.Semaphore(total)
        self._held = 0
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Hold one of the connections to a host. Raises Transient when it is not this request's turn in time."""
        line = self._hosts.setdefault(host, _Host(asyncio.Semaphore(self._per_host)))
        try:
            await self._enter(line, host)
            try:
                await self._connection(line, host)
                try:
                    yield
                finally:
                    line.connections.release()
                    self._total.release()
            finally:
                self._leave(line)
        finally:
            if line.is_forgotten:
                self._hosts.pop(host, None)

    def _has_room(self, line: _Host) -> bool:
        return line.held < max(self._per_host, self._hands - self._held)

    async def _enter(self, line: _Host, host: str) -> None:
        if line.waiting or not self._has_room(line):
            await self._wait_for_room(line, host)
        line.held += 1
        self._held += 1

    async def _wait_for_room(self, line: _Host, host: str) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(waiter)
        try:
            async with asyncio.timeout(share_seconds_max):
                await waiter
        except TimeoutError:
            raise Transient(f"{host} has enough requests under way; others go first") from None
        finally:
            if waiter in line.waiting:
                line.waiting.remove(waiter)

    async def _connection(self, line: _Host, host: str) -> None:
        """Take one of the host's connections, then one of all: so few wait for these that hosts take turns."""
        try:
            async with asyncio.timeout(turn_seconds_max):
                await line.connections.acquire()
                try:
                    await self._total.acquire()
                except BaseException:
                    line.connections.release()
                    raise
        except TimeoutError:
            text = f"{host} was busy with other requests for {turn_seconds_max:g} s"
            raise Transient(text) from None

    def _leave(self, line: _Host) -> None:
        line.held -= 1
        self._held -= 1
        while line.waiting:
            waiter = line.waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
