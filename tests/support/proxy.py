"""A TCP proxy in front of several replicas: each connection goes to the next one, as with a plain load balancer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


class RoundRobin:
    """Passes bytes on. A backend that takes no connection is passed over; without any, connections are closed."""

    def __init__(self, backends: Sequence[int]) -> None:
        self.backends = list(backends)
        self.connections: Counter[int] = Counter()
        self.lost_answers = 0
        self._losing: bytes | None = None
        self._turn = 0
        self._port = 0
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @contextmanager
    def losing_the_answer_to(self, request: bytes) -> Iterator[None]:
        """Requests with these bytes reach their backend; the connection breaks when it answers the first of them."""
        self._losing = request
        yield
        self._losing = None

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, HOST, 0)
        self._port = server.sockets[0].getsockname()[1]
        return server

    async def hang_up(self) -> None:
        """Break every connection."""
        for task in tuple(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend = await self._connect()
        if backend is None:
            writer.transport.abort()
            return
        answers, requests = backend
        doomed = asyncio.Event()
        ways = (self._up(reader, requests, doomed), self._down(answers, writer, doomed))
        both = [asyncio.ensure_future(way) for way in ways]
        try:
            # A side that has closed has nothing more to say, and neither of ours goes on without the other.
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in both:
                way.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (requests, writer):
                end.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(len(self.backends)):
            port = self.backends[self._turn % len(self.backends)]
            self._turn += 1
            with suppress(OSError):
                opened = await asyncio.open_connection(HOST, port)
                self.connections[port] += 1
                return opened
        return None

    async def _up(
        self, reader: asyncio.StreamReader, requests: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            if self._losing is not None and self._losing in chunk:
                self._losing = None
                doomed.set()
            requests.write(chunk)
            await requests.drain()

    async def _down(
        self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while chunk := await answers.read(CHUNK_BYTES):
            if doomed.is_set():
                self.lost_answers += 1
                return
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def round_robin(*backends: int) -> AsyncIterator[RoundRobin]:
    """A proxy that serves beside the block, on a port of its own."""
    proxy = RoundRobin(backends)
    server = await proxy.serve()
    try:
        yield proxy
    finally:
        server.close()
        await proxy.hang_up()
        await server.wait_closed()
