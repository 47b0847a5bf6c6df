"""The HTTP server around the application: impatient with half requests, and quick to refuse and to stop."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.responses import Response
from starlette.types import Scope
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from services.chassis.http_server import Server as ChassisServer
from services.gateway.entry.edge import Edge

head_seconds_max = 15.0
head_bytes_max = 65_536
keep_alive_seconds = 75
stop_seconds_max = 3
accepted_at_once = 64
"""libuv takes one connection of a listener each time that it looks, and under load it looks seldom: measured, 2,000 new
connections waited for a second, some for 3. So each listener is there several times; with 8 the wait still grew."""


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
        assert isinstance(config.app, Edge)
        self._edge = config.app
        self._is_refusing = False
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

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Answer at once whom the gate turns away: a task, and all that it goes through, would cost too much."""
        if not self._is_refusing and self._can_answer_at_once(cycle):
            response = self._edge.turned_away(cast("Scope", cycle.scope))
            if response is not None:
                self._refuse(cycle, response)
                return
        super()._start_asgi_task(cycle, app)

    def _can_answer_at_once(self, cycle: RequestResponseCycle) -> bool:
        """Leave out what needs thought: half-closed, unread, and asking whether it should go on."""
        is_plain = cycle.keep_alive and not cycle.waiting_for_100_continue
        return is_plain and not self.flow.write_paused and cycle.scope["method"] != "HEAD"

    def _refuse(self, cycle: RequestResponseCycle, response: Response) -> None:
        head = [STATUS_LINE[response.status_code]]
        for name, value in (*self.server_state.default_headers, *response.raw_headers):
            head += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*head, b"\r\n", response.body)))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        self._is_refusing = (
            True  # what is pipelined behind it goes the long way, else it would be on this stack
        )
        try:
            self.on_response_complete()
        finally:
            self._is_refusing = False


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

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; see `accepted_at_once`."""
        await super().startup(sockets)
        listeners = [listener for server in self.servers for listener in server.sockets]
        for listener in listeners * (accepted_at_once - 1):
            same = socket.fromfd(listener.fileno(), listener.family, listener.type)
            self.servers.append(
                await asyncio.get_running_loop().create_server(
                    self._protocol, sock=same, backlog=self.config.backlog
                )
            )

    def _protocol(self) -> ImpatientProtocol:
        return ImpatientProtocol(self.config, self.server_state, self.lifespan.state)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)
