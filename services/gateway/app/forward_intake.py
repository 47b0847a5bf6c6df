"""Drains the intake into the engine once it is back, oldest first, each under the id that its sender was told.

Any replica may drain; a claim is a lease, so a replica that dies holds nothing up for longer than that. One order is
tried first: while it gets no answer the others are given back untried, so that waiting costs next to nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import orjson
from pydantic import ValidationError

from contracts import subjects
from contracts.run import ReceiveDelivery, StartRun
from services.chassis import telemetry
from services.chassis.crash_points import pass_crash_point
from services.chassis.errors import Broken, Refused, Transient
from services.gateway.app.ports import Asking, Claimed, Clock, Intake

claimed_max = 256
lease_seconds = 30.0
waiting_max = 100_000
"""More arrivals than this are not kept: a gateway must not fill the disk while the engine is away."""
idle_seconds = 2.0
retry_seconds_min = 0.5
retry_seconds_max = 5.0
count_every_seconds = 5.0
refused_kept_days = 30
logger = logging.getLogger(__name__)


class Forwarder:
    """The loop that empties the intake."""

    def __init__(self, asking: Asking, intake: Intake, clock: Clock) -> None:
        self._asking = asking
        self._intake = intake
        self._clock = clock
        self._woken = asyncio.Event()
        self.waiting = 0

    @property
    def is_full(self) -> bool:
        return self.waiting >= waiting_max

    def wake(self) -> None:
        """Something was kept by this replica."""
        self.waiting += 1
        self._woken.set()

    async def run(self) -> None:
        """Forward until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_count())
            group.create_task(self._forward_for_ever())

    async def _forward_for_ever(self) -> None:
        pause = retry_seconds_min
        while True:
            self._woken.clear()
            try:
                forwarded = await self.forward_once()
            except Transient:
                await asyncio.sleep(pause)
                pause = min(pause * 2, retry_seconds_max)
                continue
            pause = retry_seconds_min
            if forwarded == 0:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(idle_seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _keep_count(self) -> None:
        while True:
            try:
                self.waiting = await self._intake.count()
                await self._intake.prune(self._clock() - timedelta(days=refused_kept_days))
            except (Transient, Broken) as error:
                logger.debug("intake not counted", extra={"reason": str(error)})
            await asyncio.sleep(count_every_seconds)

    async def forward_once(self) -> int:
        """Forward what is due, at most `claimed_max`, and return how many were settled.

        Raises Transient while the engine or the database is away.
        """
        claimed = await self._intake.claim(claimed_max, self._clock(), lease_seconds)
        if not claimed:
            return 0
        first, others = claimed[0], claimed[1:]
        try:
            await self._settle([first.run_id] if await self._forward(first) else [])
        except Transient:
            await self._give_back(first, others)
            raise
        verdicts = await asyncio.gather(
            *(self._forward(one) for one in others), return_exceptions=True
        )
        taken: list[UUID] = []
        failed: list[UUID] = []
        for one, verdict in zip(others, verdicts, strict=True):
            if isinstance(verdict, Transient):
                failed.append(one.run_id)
            elif isinstance(verdict, BaseException):
                raise verdict
            elif verdict:
                taken.append(one.run_id)
        await self._settle(taken)
        await self._intake.retry_at(failed, self._due(1))
        settled = len(claimed) - len(failed)
        self.waiting = max(0, self.waiting - settled)
        return settled

    async def _give_back(self, tried: Claimed, untried: Sequence[Claimed]) -> None:
        await self._intake.retry_at([tried.run_id], self._due(tried.attempts))
        await self._intake.retry_at([one.run_id for one in untried], self._clock())

    def _due(self, attempts: int) -> datetime:
        seconds = min(retry_seconds_min * 2 ** min(attempts, 10), retry_seconds_max)
        return self._clock() + timedelta(seconds=seconds)

    async def _settle(self, run_ids: Sequence[UUID]) -> None:
        if run_ids:
            pass_crash_point("intake-forwarded")
            await self._intake.forwarded(run_ids)

    async def _forward(self, claimed: Claimed) -> bool:
        """Ask the engine once and tell whether it has taken it; a refusal settles it too. Raises Transient."""
        try:
            with telemetry.span("forward intake", traceparent=claimed.traceparent):
                run_id, told = await self._ask(claimed)
        except Refused as refusal:
            await self._refuse(claimed.run_id, refusal.code, refusal.message)
        except ValidationError:
            await self._refuse(claimed.run_id, "invalid-request", "The kept order cannot be read.")
        else:
            if run_id == told:
                return True
            await self._intake.became(claimed.run_id, run_id, self._clock())
        return False

    async def _refuse(self, run_id: UUID, code: str, message: str) -> None:
        logger.warning("kept arrival was refused", extra={"run_id": str(run_id), "code": code})
        await self._intake.refused(run_id, code, message, self._clock())

    async def _ask(self, claimed: Claimed) -> tuple[UUID, UUID]:
        """Return the run that there is now, and the one that the sender was told."""
        order: StartRun | ReceiveDelivery
        match claimed.kind:
            case "start_run":
                order = StartRun.model_validate_json(claimed.command)
                answer = await self._asking.ask(subjects.START_RUN, order)
            case "receive_delivery":
                order = ReceiveDelivery.model_validate_json(claimed.command)
                answer = await self._asking.ask(subjects.RECEIVE_DELIVERY, order)
            case _:
                assert_never(claimed.kind)
        return UUID(orjson.loads(answer)["id"]), order.run_id
