"""The one connection of a process to NATS: never gives up, notices a dead peer, and ends the process if it must."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import nats.errors
from faststream.nats import NatsBroker

from services.chassis.settings import Settings

reconnect_seconds = 1
ping_seconds = 10
pings_outstanding_max = 2
connect_seconds_max = 3
drain_seconds_max = 2.0
EXIT_CLOSED = 71
_CUT_OFF = (nats.errors.Error, TimeoutError, RuntimeError)
"""RuntimeError is what uvloop says of a transport that is closed already."""
logger = logging.getLogger(__name__)


class FlussoBroker(NatsBroker):
    """A NatsBroker that knows whether its end was asked for."""

    stopping = False

    async def stop(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        """Drain and close; while NATS is away there is nothing to drain into, and nothing to wait for."""
        self.stopping = True
        connection = self._connection
        try:
            async with asyncio.timeout(drain_seconds_max):
                await super().stop(exc_type, exc_val, exc_tb)
        except _CUT_OFF as error:
            logger.warning("broker connection was cut off", extra={"reason": repr(error)})
            if connection is not None:
                with suppress(*_CUT_OFF):
                    async with asyncio.timeout(drain_seconds_max):
                        await connection.close()


def make_broker(settings: Settings, on_reconnected: Callable[[], None]) -> FlussoBroker:
    """Return an unconnected broker; `connect` waits for as long as NATS is away."""

    async def reconnected() -> None:
        logger.info("broker is back")
        on_reconnected()

    async def disconnected() -> None:
        if not broker.stopping:
            logger.warning("broker is away")

    async def closed() -> None:
        if not broker.stopping:
            logger.critical("broker connection closed for good, ending the process")
            os._exit(EXIT_CLOSED)

    async def failed(error: Exception) -> None:
        logger.debug("broker error", extra={"reason": repr(error)})

    broker = FlussoBroker(
        settings.nats_url,
        name=f"flusso-{settings.service}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=reconnect_seconds,
        connect_timeout=connect_seconds_max,
        ping_interval=ping_seconds,
        max_outstanding_pings=pings_outstanding_max,
        reconnected_cb=reconnected,
        disconnected_cb=disconnected,
        closed_cb=closed,
        error_cb=failed,
        logger=None,
    )
    return broker
