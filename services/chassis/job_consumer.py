"""Takes one job a message and performs many at once; a job is acknowledged when its result is committed elsewhere.

A slow job holds up no other, and tells the broker that it is still being worked on. No more jobs are fetched than there
are free hands.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from contracts.envelope import BATCH, CloudEvent
from services.chassis.errors import Refused, Transient
from services.chassis.provisioner import ConsumerSpec, ack_wait_seconds
from services.chassis.pull import Pull

jobs_at_once_max = 64
put_off_seconds = 0.5
put_off_seconds_max = 30.0
"""A job that is put off again and again is offered more and more rarely."""
broken_seconds = 30.0
"""Until a job is offered again that broke what performs it: by then another release may be there."""
broken_deliveries_max = 5
"""So often a job is offered that breaks what performs it; then whoever waits for it is told that nobody can."""
logger = logging.getLogger(__name__)


class JobConsumer:
    """One durable consumer of jobs in this process."""

    def __init__(
        self,
        connection: Client,
        spec: ConsumerSpec,
        perform: Callable[[CloudEvent], Awaitable[None]],
        give_up: Callable[[CloudEvent, Exception], Awaitable[None]],
        jobs_max: int = jobs_at_once_max,
    ) -> None:
        """`give_up` tells whoever waits for a job that it broke what performs it, again and again."""
        self._pull = Pull(connection, spec, jobs_max)
        self._perform = perform
        self._give_up = give_up
        self._jobs_max = jobs_max
        # When many are busy, hands that become free are not filled one by one.
        self._room_min = max(1, jobs_max // 8)
        self._in_hand: dict[int, Msg] = {}
        """By a number of ours: a consumer that is made anew offers a job in hand again, under the same subject."""
        self._numbers = count()
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Fetch no more than there are free hands, until cancelled; then give back what is not done."""
        await self._pull.open()
        async with asyncio.TaskGroup() as jobs:
            beat = jobs.create_task(self._beat())
            try:
                while True:
                    for message in await self._pull.next(await self._room()):
                        number = next(self._numbers)
                        self._in_hand[number] = message
                        jobs.create_task(self._work(number, message))
            finally:
                beat.cancel()
                # Before jobs are given back: the broker would hand them to this fetch again, which nobody reads.
                with suppress(nats.errors.Error):
                    await self._pull.close()

    async def _room(self) -> int:
        """Return how many hands are free, after waiting until it is worth asking for jobs."""
        while not self._pull.is_asking:
            room = self._jobs_max - len(self._in_hand)
            if room >= self._room_min:
                return room
            self._freed.clear()
            await self._freed.wait()
        return max(1, self._jobs_max - len(self._in_hand))

    async def _work(self, number: int, message: Msg) -> None:
        try:
            await self._attempt(message)
        finally:
            del self._in_hand[number]
            self._freed.set()

    async def _beat(self) -> None:
        """Tell the broker of every job that has been in hand for a while that it is still being worked on."""
        while True:
            before = frozenset(self._in_hand)
            await asyncio.sleep(ack_wait_seconds / 3)
            for number in before & self._in_hand.keys():
                message = self._in_hand.get(number)
                if message is not None:
                    await self._tell(message.in_progress())

    async def _attempt(self, message: Msg) -> None:
        try:
            for event in BATCH.validate_json(message.data):
                await self._perform(event)
        except asyncio.CancelledError:
            await self._tell(message.nak())
            raise
        except Transient as error:
            attempts = min(message.metadata.num_delivered, 10)
            delay = min(put_off_seconds * 2 ** (attempts - 1), put_off_seconds_max)
            logger.debug("job put off", extra={"reason": str(error), "seconds": delay})
            await self._tell(message.nak(delay=delay))
        except (ValidationError, Refused) as error:
            logger.exception("job dropped", extra={"reason": str(error)})
            await self._tell(message.term())
        except (
            Exception
        ) as error:  # a job that breaks its performer must not take its neighbours down
            logger.exception("job broke")
            await self._broke(message, error)
        else:
            await self._tell(message.ack())

    async def _broke(self, message: Msg, error: Exception) -> None:
        if message.metadata.num_delivered >= broken_deliveries_max:
            try:
                for event in BATCH.validate_json(message.data):
                    await self._give_up(event, error)
            except Exception:  # it stays with the broker until it can be given up
                logger.exception("job not given up")
            else:
                await self._tell(message.ack())
                return
        await self._tell(message.nak(delay=broken_seconds))

    async def _tell(self, message: Awaitable[None]) -> None:
        try:
            await message
        except nats.errors.Error as error:
            # The job will be offered again, under the same idempotency key.
            logger.debug("not told", extra={"reason": str(error)})
