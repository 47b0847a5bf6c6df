"""A proxy between a client and a server that can do to their connection what networks do.

Each end is a TCP address or the path of a Unix socket. What it can do: pass bytes on, late, or not at all; cut every
connection; break off in the middle of what is being sent; let nobody in.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

chunk_bytes = 64 * 1024
Address = tuple[str, int] | Path


@dataclass(eq=False, slots=True)
class Connection:
    """One client and its connection to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter

    def abort(self) -> None:
        for writer in (self.client, self.server):
            writer.transport.abort()


class TcpProxy:
    """Listens at one address for another. Its methods may be called at any time, in any order."""

    def __init__(self, listen: Address, upstream: Address) -> None:
        self._listen = listen
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()
        self._refuses = False
        self._halves = 0
        self.delay_seconds = 0.0
        self.bytes_passed = 0
        self.bytes_held = 0
        """How many bytes have arrived while nothing was passed on."""
        self.connections_cut = 0
        self.connections_refused = 0
        self.chunks_halved = 0
        self.chunks_delayed = 0

    async def start(self) -> None:
        if isinstance(self._listen, Path):
            self._server = await asyncio.start_unix_server(self._serve, self._listen)
        else:
            self._server = await asyncio.start_server(self._serve, *self._listen)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if isinstance(self._listen, Path):
            self._listen.unlink(missing_ok=True)

    # -- what networks do ----------------------------------------------------------------------------------------------

    def cut(self) -> int:
        """Reset every connection; return how many there were."""
        cut = list(self._connections)
        for connection in cut:
            connection.abort()
        self.connections_cut += len(cut)
        return len(cut)

    def hold(self) -> None:
        """From now on bytes are taken and not passed on: nobody notices, as in a black hole."""
        self._open.clear()

    def refuse(self) -> None:
        """From now on nobody gets in; those who are in stay."""
        self._refuses = True

    def halve(self) -> None:
        """Of the next chunk pass the first half on, then reset its connection."""
        self._halves += 1

    def heal(self) -> None:
        """Pass everything on again, at once, also what was held back."""
        self.delay_seconds = 0.0
        self._refuses = False
        self._halves = 0
        self._open.set()

    # -- internal ------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the server is away, or the proxy is being closed: the client sees a closed connection
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            self.connections_refused += 1
            return
        if isinstance(self._upstream, Path):
            answers, server = await asyncio.open_unix_connection(self._upstream)
        else:
            answers, server = await asyncio.open_connection(*self._upstream)
        connection = Connection(writer, server)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, server, connection))
                group.create_task(self._pump(answers, writer, connection))
        except* OSError:
            pass
        finally:
            self._connections.discard(connection)
            connection.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: Connection
    ) -> None:
        """Pass bytes on in one direction until either side ends; then both do."""
        try:
            while chunk := await reader.read(chunk_bytes):
                if not self._open.is_set():
                    self.bytes_held += len(chunk)
                    await self._open.wait()
                if self.delay_seconds:
                    self.chunks_delayed += 1
                    await asyncio.sleep(self.delay_seconds)
                if self._halves and len(chunk) > 1:
                    self._halves -= 1
                    self.chunks_halved += 1
                    writer.write(chunk[: len(chunk) // 2])
                    with suppress(OSError):
                        await writer.drain()
                    break
                writer.write(chunk)
                self.bytes_passed += len(chunk)
                await writer.drain()
        finally:
            connection.abort()
