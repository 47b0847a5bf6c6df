"""How one replica is, told to operators: what works, how far relay and consumers are, what was repaired."""

import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

import nats.errors
from nats.aio.client import Client

from contracts.operations import (
    ConsumerHealth,
    GetServiceHealth,
    RelayHealth,
    ServiceHealth,
    ServiceName,
)
from services.chassis import telemetry
from services.chassis.consumer import statements
from services.chassis.database import Pool, acquire_seconds_max, translated
from services.chassis.dead_letters import DeadLetters
from services.chassis.errors import Transient
from services.chassis.provisioner import ConsumerSpec
from services.chassis.relay import Relay
from services.chassis.version import own_version

info_seconds_max = 1.0
Checks = Callable[[], Awaitable[Mapping[str, bool]]]
Counts = Callable[[], Awaitable[Mapping[str, int]]]


def replica_name() -> str:
    """Return what tells this process from others."""
    return f"{socket.gethostname()}:{os.getpid()}"


def repairs_made() -> dict[str, int]:
    """Return what the reconciler of this process has put right, by kind."""
    samples = (sample for metric in telemetry.REPAIRS.collect() for sample in metric.samples)
    return {
        sample.labels["kind"]: int(sample.value)
        for sample in samples
        if sample.name.endswith("_total")
    }


class Health:
    """Answers GetServiceHealth; what cannot be found out now is left out, and `ready` says why."""

    def __init__(
        self,
        service: ServiceName,
        *,
        pool: Pool,
        connection: Client,
        relay: Relay,
        consumers: Sequence[ConsumerSpec],
        letters: DeadLetters,
        checks: Checks,
        counts: Counts,
    ) -> None:
        self._service = service
        self._pool = pool
        self._jetstream = connection.jetstream(timeout=info_seconds_max)
        self._relay = relay
        self._consumers = consumers
        self._letters = letters
        self._checks = checks
        self._counts = counts
        self._started_at = datetime.now(UTC)

    async def tell(self, _: GetServiceHealth) -> ServiceHealth:
        """Return how this replica is."""
        known = ServiceHealth(
            service=self._service,
            replica=replica_name(),
            version=own_version(),
            started_at=self._started_at,
            ready=dict(await self._checks()),
            consumers=[each for spec in self._consumers for each in await self._progress(spec)],
            repairs=repairs_made(),
        )
        try:
            stored = {
                "relay": await self._of_relay(),
                "dead_letters": await self._letters.count(),
                "counts": dict(await self._counts()),
            }
        except Transient:
            return known  # the database is away, which `ready` says
        return known.model_copy(update=stored)

    async def _of_relay(self) -> RelayHealth:
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                row = await connection.fetchrow(statements["relay_health"])
        assert row is not None, "it counts"
        return RelayHealth(
            leads=self._relay.leads, lag_events=row["events"], oldest_seconds=row["seconds"]
        )

    async def _progress(self, spec: ConsumerSpec) -> Sequence[ConsumerHealth]:
        try:
            info = await self._jetstream.consumer_info(spec.stream, spec.durable)
        except (nats.errors.Error, TimeoutError):
            return []
        return [
            ConsumerHealth(
                name=spec.durable,
                waiting=info.num_pending or 0,
                in_hand=info.num_ack_pending or 0,
                redelivered=info.num_redelivered or 0,
            )
        ]
