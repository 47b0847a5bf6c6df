"""Reads `/api/v1/events` as a client does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import orjson

from contracts.base import JsonObject

wait_seconds_max = 30.0


@dataclass(frozen=True, slots=True)
class Told:
    """One server-sent event."""

    name: str
    id: str
    data: JsonObject

    @property
    def version(self) -> tuple[str, int]:
        """What a CloudEvent is known by."""
        return self.data["subject"], self.data["sequence"]


class Listener:
    """An open event stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, name: str | None = None) -> Told:
        """Return the next event, of that name if one is given."""
        async with asyncio.timeout(wait_seconds_max):
            while True:
                told = await self._next()
                if name is None or told.name == name:
                    return told

    async def _next(self) -> Told:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line == "" and "data" in fields:
                data = orjson.loads(fields["data"])
                return Told(fields.get("event", "message"), fields.get("id", ""), data)
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
        raise EOFError

    async def ends(self) -> bool:
        """Tell whether the server closes the stream."""
        try:
            async with asyncio.timeout(wait_seconds_max):
                while True:
                    await self._next()
        except (EOFError, httpx.RemoteProtocolError):
            return True
        except TimeoutError:
            return False


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, query: str = "", last_event_id: str | None = None
) -> AsyncIterator[Listener]:
    """Open the event stream; from the block's begin on nothing is missed."""
    headers = {} if last_event_id is None else {"last-event-id": last_event_id}
    url = f"/api/v1/events?{query}"
    async with client.stream("GET", url, headers=headers, timeout=None) as response:
        assert response.status_code == 200, await response.aread()
        yield Listener(response)
