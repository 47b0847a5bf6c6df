"""Takes one job a message and performs many at once; a job is acknowledged when its result is committed elsewhere.

A slow job holds up no other, and tells the broker that it is still being worked on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.envelope import BATCH, CloudEvent
from services.chassis.errors import Refused, Transient
from services.chassis.provisioner import ConsumerSpec, ack_wait_seconds

jobs_at_once_max = 64
fetch_seconds = 2.0
nak_seconds = 2.0
broken_seconds = 30.0
"""Until a job is offered again that broke what performs it: by then another release may be there."""
logger = logging.getLogger(__name__)


class JobConsumer:
    """One durable consumer of jobs in this process."""

    def __init__(
        self,
        connection: Client,
        spec: ConsumerSpec,
        perform: Callable[[CloudEvent], Awaitable[None]],
        jobs_max: int = jobs_at_once_max,
    ) -> None:
        self._connection = connection
        self._spec = spec
        self._perform = perform
        self._slots = asyncio.Semaphore(jobs_max)

    async def run(self) -> None:
        """Fetch no more than there are free hands, until cancelled; then give back what is not done."""
        subscription = await self._connection.jetstream().pull_subscribe_bind(
            durable=self._spec.durable, stream=self._spec.stream
        )
        async with asyncio.TaskGroup() as jobs:
            try:
                while True:
                    await self._slots.acquire()
                    try:
                        (message,) = await subscription.fetch(1, timeout=fetch_seconds)
                    except (TimeoutError, nats.errors.Error) as error:
                        self._slots.release()
                        if not isinstance(error, TimeoutError):
                            await asyncio.sleep(0.5)
                        continue
                    except BaseException:
                        self._slots.release()
                        raise
                    jobs.create_task(self._work(message))
            finally:
                # Before jobs are given back: the broker would hand them to this fetch again, which nobody reads.
                with suppress(nats.errors.Error):
                    await subscription.unsubscribe()

    async def _work(self, message: Msg) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                beat = group.create_task(self._beat(message))
                try:
                    await self._attempt(message)
                finally:
                    beat.cancel()
        finally:
            self._slots.release()

    async def _beat(self, message: Msg) -> None:
        while True:
            await asyncio.sleep(ack_wait_seconds / 3)
            await self._tell(message.in_progress())

    async def _attempt(self, message: Msg) -> None:
        try:
            for event in BATCH.validate_json(message.data):
                await self._perform(event)
        except asyncio.CancelledError:
            await self._tell(message.nak())
            raise
        except Transient as error:
            logger.warning("job put off", extra={"reason": str(error)})
            await self._tell(message.nak(delay=nak_seconds))
        except (ValidationError, Refused) as error:
            logger.exception("job dropped", extra={"reason": str(error)})
            await self._tell(message.term())
        except Exception:  # a job that breaks its performer must not take its neighbours down
            logger.exception("job broke")
            await self._tell(message.nak(delay=broken_seconds))
        else:
            await self._tell(message.ack())

    async def _tell(self, message: Awaitable[None]) -> None:
        try:
            await message
        except nats.errors.Error as error:
            # The job will be offered again, under the same idempotency key.
            logger.debug("not told", extra={"reason": str(error)})
