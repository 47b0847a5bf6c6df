"""How all of Flusso is, asked of every replica at once and within a second; who gives no answer is named."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, Field

from contracts.base import Fact
from contracts.operations import OPERATIONS, GetServiceHealth, ServiceHealth, ServiceName
from services.chassis.errors import Broken, Transient
from services.chassis.health import replica_name
from services.chassis.version import own_version
from services.gateway.app.verify import Verification, Verify

answer_seconds_max = 1.0
SERVICES: tuple[ServiceName, ...] = ("engine", "tasks")


class AskingAll(Protocol):
    """The way to every replica of a service."""

    async def ask_all(
        self, subject: str, command: BaseModel, *, timeout_seconds: float
    ) -> list[bytes]:
        """Return the answers of all who give one in time. Raises Transient."""
        ...


class SystemHealth(Fact):
    """All replicas that answered, and the services of which none did."""

    services: list[ServiceHealth]
    missing: list[str] = Field(default_factory=list)
    intake_waiting: int = 0


class AskHealth:
    """Asks, and adds this gateway."""

    def __init__(
        self,
        asking: AskingAll,
        checks: Callable[[], Awaitable[Mapping[str, bool]]],
        numbers: Callable[[], Mapping[str, int]],
        verify: Verify,
        started_at: datetime,
    ) -> None:
        self._asking = asking
        self._checks = checks
        self._numbers = numbers
        self._verify = verify
        self._started_at = started_at

    async def ask(self) -> SystemHealth:
        """Return how everything is. Never raises: what is away is what people want to know."""
        heard = await asyncio.gather(*(self._of(service) for service in SERVICES))
        numbers = dict(self._numbers())
        here = ServiceHealth(
            service="gateway",
            replica=replica_name(),
            version=own_version(),
            started_at=self._started_at,
            ready=dict(await self._checks()),
            counts=numbers,
        )
        return SystemHealth(
            services=[*(replica for replicas in heard for replica in replicas), here],
            missing=[
                service for service, replicas in zip(SERVICES, heard, strict=True) if not replicas
            ],
            intake_waiting=numbers.get("intake", 0),
        )

    async def last_verification(self) -> Verification | None:
        """Return the last look at everything, if there was one and the database answers."""
        try:
            found = await self._verify.last(1)
        except (Transient, Broken):
            return None
        return found[0] if found else None

    async def _of(self, service: ServiceName) -> list[ServiceHealth]:
        subject = OPERATIONS[service][GetServiceHealth]
        try:
            answers = await self._asking.ask_all(
                subject, GetServiceHealth(), timeout_seconds=answer_seconds_max
            )
        except Transient:
            return []
        replicas = [ServiceHealth.model_validate_json(answer) for answer in answers]
        return sorted(replicas, key=lambda replica: replica.replica)
