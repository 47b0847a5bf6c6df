"""One listener's end of the event stream: what it wants, and what waits to be written to it."""

import asyncio
from dataclasses import dataclass

from services.gateway.domain.live_event import LiveEvent

queued_bytes_max = 2 * 1024 * 1024
"""A listener that is further behind than this is sent away; it comes back and resumes, or starts anew."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a listener wants: every task event, every run event, and all events of single runs."""

    tasks: bool
    runs: bool
    run_ids: frozenset[str]

    def wants(self, event: LiveEvent) -> bool:
        """Tell whether the event is for this listener."""
        everything = self.tasks if event.stream == "tasks" else self.runs
        return everything or event.run_id in self.run_ids


class Subscription:
    """A bounded queue of bytes between the hub and one connection."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.ended = False
        self._queue: list[bytes] = []
        self._queued_bytes = 0
        self._arrived = asyncio.Event()

    def push(self, chunk: bytes) -> bool:
        """Queue bytes; False if the listener is too far behind and has been given up."""
        if self.ended:
            return False
        self._queued_bytes += len(chunk)
        if self._queued_bytes > queued_bytes_max:
            self.end()
            return False
        self._queue.append(chunk)
        self._arrived.set()
        return True

    def end(self) -> None:
        """Let the connection finish what is queued and close."""
        self.ended = True
        self._arrived.set()

    async def take(self, timeout_seconds: float) -> bytes | None:
        """Return all that is queued, b"" if nothing came in time, None after the end."""
        if not self._queue and not self.ended:
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return b""
        self._arrived.clear()
        if not self._queue:
            return None
        chunks, self._queue, self._queued_bytes = self._queue, [], 0
        return b"".join(chunks)
