"""A client that never gives up: it asks with the same idempotency key until it is told yes or no, and notes both."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from contracts.base import Json, JsonObject
from tests.faults.campaign.journal import Journal

answer_seconds_max = 8.0
pause_seconds_min, pause_seconds_max = 0.1, 0.6
insist_seconds_max = 240.0
LATER = frozenset({429, 500, 502, 503, 504})
"""What a client comes back after; a 500 is a bug all the same, and the checker counts it."""


@dataclass(slots=True)
class Client:
    """A person or a script at one or the other gateway."""

    http: httpx.AsyncClient
    gateways: list[str]
    journal: Journal
    chance: random.Random

    def somewhere(self) -> str:
        return self.chance.choice(self.gateways)

    async def read(self, path: str, **query: Json) -> JsonObject | None:
        """Ask once; None if there is no good answer."""
        try:
            answer = await self.http.get(
                f"{self.somewhere()}{path}", params=query, timeout=answer_seconds_max
            )
        except httpx.HTTPError:
            return None
        if answer.status_code != 200:
            if answer.status_code != 409:  # what is not ready is no fault
                self._note_fault(path, answer)
            return None
        return dict(answer.json())

    async def insist(
        self,
        what: str,
        path: str,
        body: Json,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        gateway: str | None = None,
        **about: Json,
    ) -> httpx.Response | None:
        """Ask until there is an answer that is not 'come back later'; None when the time is up."""
        given = {**(headers or {}), **({"idempotency-key": key} if key else {})}
        self.journal.note("asks", kind=what, path=path, key=key, body=body, **about)
        deadline = asyncio.get_running_loop().time() + insist_seconds_max
        attempts = 0
        while asyncio.get_running_loop().time() < deadline:
            attempts += 1
            answer = await self._ask(f"{gateway or self.somewhere()}{path}", body, given)
            if answer is not None and answer.status_code not in LATER:
                told = answer.json() if answer.content else None
                self.journal.note(
                    what,
                    path=path,
                    key=key,
                    sent=body,
                    status=answer.status_code,
                    told=told,
                    attempts=attempts,
                    **about,
                )
                return answer
            if answer is not None:
                self._note_fault(path, answer)
            gateway = None
            await asyncio.sleep(self.chance.uniform(pause_seconds_min, pause_seconds_max))
        self.journal.note("gave up", kind=what, path=path, key=key)
        return None

    def _note_fault(self, path: str, answer: httpx.Response) -> None:
        retry_after = answer.headers.get("retry-after")
        text = answer.text[:300] if answer.status_code == 500 else ""
        self.journal.note(
            "later", path=path, status=answer.status_code, retry_after=retry_after, text=text
        )

    async def _ask(self, url: str, body: Json, headers: dict[str, str]) -> httpx.Response | None:
        try:
            return await self.http.post(url, json=body, headers=headers, timeout=answer_seconds_max)
        except httpx.HTTPError:
            return None


@asynccontextmanager
async def client_of(
    gateways: list[str], token: str, journal: Journal, seed: int
) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(
        headers={"authorization": f"Bearer {token}"},
        limits=httpx.Limits(max_connections=300, max_keepalive_connections=100),
        trust_env=False,
    ) as http:
        yield Client(http, gateways, journal, random.Random(seed))
