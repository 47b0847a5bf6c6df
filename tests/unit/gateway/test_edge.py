"""The outermost ring: what whoever asks is told when the gateway stops before it has an answer."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import orjson
from starlette.types import Message, Receive, Scope, Send

from services.gateway.adapters.credentials import StoredCredentials
from services.gateway.app.authenticate import Doorman
from services.gateway.entry.doorway import Doorway
from services.gateway.entry.edge import Edge
from services.gateway.entry.gate import Gate
from services.gateway.entry.web import WebApp


def _doorway() -> Doorway:
    """One that has nobody to ask: the health routes need none."""
    credentials = StoredCredentials(asyncpg.create_pool("postgresql://nowhere"))
    doorman = Doorman(credentials, None, lambda: datetime.now(UTC), time.monotonic)
    return Doorway(doorman, time.monotonic)


async def test_who_is_cut_off_by_a_stop_is_told_to_come_back(tmp_path: Path) -> None:
    arrived = asyncio.Event()
    sent: list[Message] = []

    async def slow(_: Scope, __: Receive, ___: Send) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    edge = Edge(slow, WebApp(tmp_path), [], _doorway(), time.monotonic, Gate(time.monotonic))
    scope: Scope = {"type": "http", "method": "GET", "path": "/healthz", "headers": []}
    asking = asyncio.create_task(edge(scope, receive, send))
    await arrived.wait()
    asking.cancel()
    await asyncio.wait([asking])

    head, body = sent
    assert head["status"] == 503
    assert (b"retry-after", b"2") in head["headers"]
    assert orjson.loads(body["body"])["code"] == "unavailable"
