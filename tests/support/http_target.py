"""A server that a workflow may call: it remembers what it was asked and answers as it was told to."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled
from services.engine.adapters.checked_http import CheckedClient
from services.engine.app.perform_http import perform_http


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Target:
    """Answers from the front of `answers`; the last one for ever. None: no answer at all. `reply` wins over them."""

    url: str
    answers: deque[bytes | None] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    reply: Callable[[Asked], bytes] | None = None
    connections: int = 0
    """How many there have been."""

    def will_answer(self, *answers: bytes | None) -> None:
        self.answers = deque(answers)

    def keys(self) -> list[str]:
        return [one.headers["idempotency-key"] for one in self.asked]


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """An HTTP answer; names of headers are written with underscores."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def json_answer(body: bytes, status: int = 200) -> bytes:
    return answer(body, status, content_type="application/json")


@asynccontextmanager
async def http_target(
    host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> AsyncIterator[Target]:
    target = Target("")
    connections: set[asyncio.Task[None]] = set()
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        connections.add(connection)
        target.connections += 1
        try:
            while True:
                asked = await _read(reader)
                target.asked.append(asked)
                target.arrived.set()
                if target.reply is not None:
                    writer.write(target.reply(asked))
                    await writer.drain()
                    continue
                found = target.answers[0]
                if len(target.answers) > 1:
                    target.answers.popleft()
                if found is None:
                    await gone.wait()
                    return
                writer.write(found)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            return  # the end of the target is the end of its connections, and no error
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, host, port, ssl=context)
    scheme = "http" if context is None else "https"
    target.url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield target
    finally:
        gone.set()
        server.close()
        await server.wait_closed()
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(head[0], headers, body)


def job(url: str, **request: Json) -> NodeScheduled:
    asked: JsonObject = {
        "method": "GET",
        "url": url,
        "timeout_seconds": 5,
        "error_statuses": [[400, 599]],
    }
    return NodeScheduled(
        node="call",
        visit=1,
        attempt=1,
        type="http_request",
        request=asked | request,
        idempotency_key="run/call/1/1",
    )


async def code_of(client: CheckedClient, url: str, **request: Json) -> str:
    found = await perform_http(client, job(url, **request))
    code: str = found["error"].code
    return code
