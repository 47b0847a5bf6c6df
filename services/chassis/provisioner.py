"""Keeps the streams and durable consumers in being, whatever happened to the broker's storage.

Nobody else declares them. Every few seconds, and at once after a reconnection, what is missing is made again and what
differs is updated; both are idempotent, so every replica of every service may do it.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StorageType, StreamConfig

from services.chassis.errors import Transient

check_seconds = 5.0
request_seconds_max = 3.0
stream_age_seconds_max = 3 * 24 * 3600.0
stream_bytes_max = 2 * 1024**3
ack_wait_seconds = 10.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream of facts: it holds what consumers may not have seen yet, never the truth.

    One with `schedules` takes messages that the server publishes again at their time.
    """

    name: str
    subjects: tuple[str, ...]
    age_seconds_max: float = stream_age_seconds_max
    schedules: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerSpec:
    """A durable pull consumer, shared by the replicas of a service."""

    stream: str
    durable: str
    filter_subject: str
    ack_pending_max: int = 1_000


class Provisioner:
    """Declares what this process publishes to or consumes from."""

    def __init__(
        self,
        connection: Client,
        streams: Sequence[StreamSpec],
        consumers: Sequence[ConsumerSpec],
        replicas: int = 1,
    ) -> None:
        self._jetstream = connection.jetstream(timeout=request_seconds_max)
        self._streams = streams
        self._consumers = consumers
        self._replicas = replicas
        self._wake = asyncio.Event()
        self.healthy = False

    def check_now(self) -> None:
        """Look at once, for example after a reconnection."""
        self._wake.set()

    async def run(self) -> None:
        """Look every few seconds, for ever."""
        while True:
            self._wake.clear()
            try:
                await self.provision()
                self.healthy = True
            except Transient as error:
                if self.healthy:
                    logger.warning("broker is away", extra={"reason": str(error)})
                self.healthy = False
            try:
                async with asyncio.timeout(check_seconds if self.healthy else 1.0):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def provision(self) -> None:
        """Make or update everything once. Raises Transient."""
        try:
            for stream in self._streams:
                await self._provision_stream(stream)
            for consumer in self._consumers:
                await self._provision_consumer(consumer)
        except (nats.errors.Error, TimeoutError) as error:
            msg = f"JetStream does not answer: {type(error).__name__}: {error}"
            raise Transient(msg) from error

    async def _provision_stream(self, spec: StreamSpec) -> None:
        config = StreamConfig(
            name=spec.name,
            subjects=list(spec.subjects),
            storage=StorageType.FILE,
            max_age=spec.age_seconds_max,
            max_bytes=stream_bytes_max,
            num_replicas=self._replicas,
            duplicate_window=120.0,
            allow_msg_schedules=spec.schedules or None,
        )
        try:
            found = (await self._jetstream.stream_info(spec.name)).config
        except nats.js.errors.NotFoundError:
            await self._jetstream.add_stream(config)
            logger.info("stream made", extra={"stream": spec.name})
            return
        if (found.subjects, found.max_age, found.max_bytes, bool(found.allow_msg_schedules)) != (
            config.subjects,
            config.max_age,
            config.max_bytes,
            spec.schedules,
        ):
            await self._jetstream.update_stream(config)
            logger.info("stream updated", extra={"stream": spec.name})

    async def _provision_consumer(self, spec: ConsumerSpec) -> None:
        config = ConsumerConfig(
            durable_name=spec.durable,
            filter_subject=spec.filter_subject,
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_seconds,
            max_ack_pending=spec.ack_pending_max,
            max_deliver=-1,
        )
        try:
            found = (await self._jetstream.consumer_info(spec.stream, spec.durable)).config
        except nats.js.errors.NotFoundError:
            found = None
        if found is not None and (
            found.filter_subject,
            found.ack_wait,
            found.max_ack_pending,
        ) == (config.filter_subject, config.ack_wait, config.max_ack_pending):
            return
        await self._jetstream.add_consumer(spec.stream, config)
        logger.info("consumer declared", extra={"consumer": spec.durable})
