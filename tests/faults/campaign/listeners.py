"""Clients that follow live events on one gateway, come back after every break, and note all that they are told."""

import asyncio
from dataclasses import dataclass, field

import httpx
import orjson

from tests.faults.campaign.journal import Journal

silence_seconds_max = 30.0
back_seconds = 0.5


@dataclass(slots=True)
class Follower:
    """One who listens to everything, in the manner of a browser."""

    http: httpx.AsyncClient
    url: str
    journal: Journal
    last_id: str = ""
    """Of the last event that was taken whole."""
    newest: dict[str, int] = field(default_factory=dict)
    """By run or task: the last version that was told since the last reset."""

    async def follow(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except (httpx.HTTPError, TimeoutError):
                self.journal.note("hung up", gateway=self.url)
            await asyncio.sleep(back_seconds)

    async def _listen(self) -> None:
        headers = {"last-event-id": self.last_id} if self.last_id else {}
        timeout = httpx.Timeout(5.0, read=silence_seconds_max)
        url = f"{self.url}/api/v1/events?topics=tasks,runs"
        async with self.http.stream("GET", url, headers=headers, timeout=timeout) as response:
            if response.status_code != 200:
                return
            self.journal.note("listens", gateway=self.url, after=self.last_id)
            fields: dict[str, str] = {}
            async for line in response.aiter_lines():
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                else:
                    self._take(fields)
                    fields = {}

    def _take(self, fields: dict[str, str]) -> None:
        name = fields.get("event", "message")
        self.last_id = fields.get("id", self.last_id)
        if name == "reset":
            self.newest.clear()
            self.journal.note("reset", gateway=self.url)
        elif name == "message" and "data" in fields:
            event = orjson.loads(fields["data"])
            self.newest[event["subject"]] = event["sequence"]
            self.journal.note(
                "told",
                gateway=self.url,
                type=event["type"],
                subject=event["subject"],
                sequence=event["sequence"],
            )
