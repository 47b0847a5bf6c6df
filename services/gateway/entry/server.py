"""The HTTP server around the application: impatient with half requests, and quick to stop."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from services.chassis.http_server import Server as ChassisServer
from services.gateway.entry.edge import Edge

head_seconds_max = 15.0
head_bytes_max = 65_536
keep_alive_seconds = 75
stop_seconds_max = 3


class ImpatientProtocol(HttpToolsProtocol):
    """Hangs up on a request whose head does not arrive in time, or does not end.

    uvicorn has no limit of its own here, so that a few thousand half requests would take all connections, and one
    endless header all memory.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._head_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._expect_head()

    def _expect_head(self) -> None:
        self._head_arrived()
        self._head_bytes = 0
        self._deadline = self.loop.call_later(head_seconds_max, self._hang_up)

    def _head_arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._head_bytes > head_bytes_max:
            self.send_400_response("The head of the request is too large.")
            return
        super().data_received(data)
        if self._deadline is not None:
            self._head_bytes += len(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_arrived()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        super().connection_lost(exc)


class Server(ChassisServer):
    """Ends the event streams before it waits for requests, since they would never end by themselves."""

    def __init__(
        self, application: Edge, host: str, port: int, end_streams: Callable[[], None]
    ) -> None:
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            http=ImpatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=keep_alive_seconds,
            timeout_graceful_shutdown=stop_seconds_max,
        )
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)
