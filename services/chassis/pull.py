"""A standing pull request on a durable consumer: messages come as they are stored, without a request for each batch.

The request asks for as many messages as are worked on at once and is renewed when it is used up, has expired, or when
neither a message nor a heartbeat has come for a while: the broker, or its memory of us, is gone then.
"""

import asyncio
from collections import deque

import nats.errors
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from services.chassis.provisioner import ConsumerSpec

expires_seconds = 30.0
heartbeat_seconds = 1.0
silence_seconds_max = 2.5
retry_seconds = 0.5
_NANOSECONDS = 1_000_000_000
_HEARTBEAT = "100"
STATUS = "Status"


class Pull:
    """The messages of one durable consumer for this process."""

    def __init__(self, connection: Client, spec: ConsumerSpec, messages_max: int) -> None:
        self._connection = connection
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{spec.stream}.{spec.durable}"
        self._messages_max = messages_max
        self._arrived: deque[Msg] = deque()
        self._wake = asyncio.Event()
        self._wanted = 0
        self._heard_at = 0.0
        self._failed = False
        self._inbox = ""
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        """Begin to receive."""
        self._inbox = self._connection.new_inbox()
        self._subscription = await self._connection.subscribe(self._inbox, cb=self._on_message)

    async def close(self) -> None:
        """Receive no more, and give back what nobody has taken."""
        if self._subscription is not None:
            await self._subscription.unsubscribe()
        while self._arrived:
            await self._arrived.popleft().nak()

    async def _on_message(self, message: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        status = message.headers.get(STATUS) if message.headers else None
        if status is None:
            self._wanted -= 1
            self._arrived.append(message)
        elif status != _HEARTBEAT:
            # Expired, or refused because the consumer is not there (yet): ask again.
            self._wanted = 0
            self._failed = status not in {"404", "408"}
        else:
            return
        self._wake.set()

    @property
    def is_asking(self) -> bool:
        """Tell whether messages may still come because of what was asked for."""
        return self._wanted > 0 or bool(self._arrived)

    async def next(self, room: int | None = None) -> list[Msg]:
        """Wait for messages and return all that have arrived, at most as many as are worked on at once.

        `room` is for how many there is room just now, should it be necessary to ask for more.
        """
        while not self._arrived:
            await self._renew(self._messages_max if room is None else room)
            self._wake.clear()
            try:
                async with asyncio.timeout(silence_seconds_max):
                    await self._wake.wait()
            except TimeoutError:
                silent = asyncio.get_running_loop().time() - self._heard_at
                if silent >= silence_seconds_max:
                    self._wanted = 0
        count = min(len(self._arrived), self._messages_max)
        return [self._arrived.popleft() for _ in range(count)]

    async def _renew(self, count: int) -> None:
        if self._wanted > 0:
            return
        if self._failed:
            self._failed = False
            await asyncio.sleep(retry_seconds)
        request = {
            "batch": count,
            "expires": int(expires_seconds * _NANOSECONDS),
            "idle_heartbeat": int(heartbeat_seconds * _NANOSECONDS),
        }
        try:
            await self._connection.publish(self._subject, orjson.dumps(request), reply=self._inbox)
        except nats.errors.Error:
            await asyncio.sleep(retry_seconds)
            return
        self._wanted = count
        self._heard_at = asyncio.get_running_loop().time()
