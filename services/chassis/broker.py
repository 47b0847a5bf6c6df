"""The one connection of a process to NATS: never gives up, notices a dead peer, and ends the process if it must."""

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

import nats.errors
from faststream.nats import NatsBroker
from faststream.nats.subscriber.usecases import CoreSubscriber

from services.chassis.finishing import Drainable
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
        """Answer what has arrived and close; while NATS is away there is nobody to answer.

        Not by the connection's own `drain`: it also waits for what nobody reads any more, and when it is cut short it
        leaves an exception that nobody hears of.
        """
        self.stopping = True
        connection = self._connection
        if connection is None:
            return
        try:
            async with asyncio.timeout(drain_seconds_max):
                if connection.is_connected:
                    await self._answer_what_arrived()
                # NatsBroker's own would drain the connection.
                await super(NatsBroker, self).stop(exc_type, exc_val, exc_tb)
                if connection.is_connected:
                    await connection.flush()
        except (*_CUT_OFF, ExceptionGroup) as error:
            logger.warning("broker connection was cut off", extra={"reason": repr(error)})
        with suppress(*_CUT_OFF):
            async with asyncio.timeout(drain_seconds_max):
                await connection.close()
        self._connection = None
        self.config.disconnect()

    async def _answer_what_arrived(self) -> None:
        answering = [each for each in self.subscribers if isinstance(each, CoreSubscriber)]
        subscriptions: list[Drainable] = [
            each.subscription for each in answering if each.subscription is not None
        ]
        drains = (subscription.drain() for subscription in subscriptions)
        await asyncio.gather(*drains, return_exceptions=True)
        for subscriber in answering:
            subscriber.subscription = None


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
        # Where a server knows each service, it lets each hear only the replies to its own questions.
        inbox_prefix=f"_INBOX.{settings.service}",
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
        # Each handler takes its message whole and reads it with a model of ours.
        apply_types=False,
        serializer=None,
    )
    return broker
