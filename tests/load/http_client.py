"""A lean HTTP/1.1 client for the load generator: it must cost less than what it measures."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import cast

import orjson

from contracts.base import JsonObject

head_bytes_max = 64 * 1024
answer_seconds_max = 30.0


class HttpConnection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiter: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its ways only

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        end = head_end + 4 + length
        if len(self._buffer) < end:
            return
        status, body = int(self._buffer[9:12]), self._buffer[head_end + 4 : end]
        self._buffer = self._buffer[end:]
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(exc or ConnectionResetError())

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body."""
        assert self._transport is not None
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(answer_seconds_max):
            return await self._waiter

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class HttpPool:
    """Connections that wait for work."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port = host, port
        self._head = f" HTTP/1.1\r\nhost: {host}:{port}\r\nauthorization: Bearer {token}\r\n"
        self._free: deque[HttpConnection] = deque()

    def request(self, method: str, path: str, body: JsonObject | None = None) -> bytes:
        """Return the bytes of a request."""
        content = b"" if body is None else orjson.dumps(body)
        kind = f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        return f"{method} {path}{self._head}{kind}".encode() + content

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send on a free connection, opening one if there is none."""
        connection = self._free.pop() if self._free else await self._open()
        answer = await connection.send(request)
        self._free.append(connection)
        return answer

    async def _open(self) -> HttpConnection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(HttpConnection, self._host, self._port)
        return connection

    async def events(self, query: str) -> AsyncIterator[JsonObject]:
        """Yield the CloudEvents of the event stream; the first item is empty and says that it is open."""
        reader, writer = await asyncio.open_connection(
            self._host, self._port, limit=16 * 1024 * 1024
        )
        try:
            writer.write(f"GET /api/v1/events?{query}{self._head}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:32], head
            yield {}
            async for line in reader:
                if line.startswith(b"data: {"):
                    event = orjson.loads(line[6:])
                    if "specversion" in event:
                        yield event
        finally:
            writer.close()

    def close(self) -> None:
        for connection in self._free:
            connection.close()
