"""Has everything looked at, question by question, with rests; any replica drives, and goes on where another died."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from contracts.operations import OPERATIONS
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import new_id
from services.gateway.app.ports import Asking, Clock
from services.gateway.domain.verification import Progress, Scope, answered, question_of

ask_seconds_max = 30.0
claim_seconds = 60.0
"""Longer than an answer may take: a replica that died loses its claim."""
look_seconds = 5.0
away_seconds = 2.0
rest_factor = 2.0
"""A question that took a second is followed by a rest of two: at most a third of one core is spent on this."""
kept_max = 50
State = Literal["running", "stopped", "done"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verification:
    """One look at everything."""

    id: UUID
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    state: State
    scope: Scope
    progress: Progress


class Verifications(Protocol):
    """Where they are kept. Every method raises Transient while the database is away."""

    async def begin(self, verification: Verification) -> bool:
        """Keep a new one; false if another one runs."""
        ...

    async def last(self, limit: int) -> Sequence[Verification]: ...

    async def get(self, verification_id: UUID) -> Verification | None: ...

    async def claim(self, now: datetime, until: datetime) -> Verification | None:
        """Return the one that runs, if nobody drives it."""
        ...

    async def store(
        self,
        verification_id: UUID,
        progress: Progress,
        until: datetime,
        finished_at: datetime | None,
    ) -> bool:
        """Keep the progress; false if it was stopped meanwhile."""
        ...

    async def stop(self, verification_id: UUID) -> None: ...

    async def resume(self, verification_id: UUID) -> bool: ...

    async def prune(self, keep: int) -> None: ...


class Verify:
    """Begins, drives and tells of verifications."""

    def __init__(self, store: Verifications, asking: Asking, clock: Clock) -> None:
        self._store = store
        self._asking = asking
        self._clock = clock
        self._woken = asyncio.Event()

    async def begin(self, scope: Scope, started_by: str) -> Verification:
        """Begin one. Raises Refused (`verification-running`), Transient."""
        fresh = Verification(
            new_id(), started_by, self._clock(), None, "running", scope, Progress()
        )
        if not await self._store.begin(fresh):
            raise _runs()
        await self._store.prune(kept_max)
        self._woken.set()
        return fresh

    async def last(self, limit: int) -> Sequence[Verification]:
        """Return the last ones, the newest first. Raises Transient."""
        return await self._store.last(limit)

    async def get(self, verification_id: UUID) -> Verification:
        """Return one. Raises Refused (`verification-not-found`), Transient."""
        found = await self._store.get(verification_id)
        if found is None:
            raise Refused("verification-not-found", "There is no such verification.")
        return found

    async def stop(self, verification_id: UUID) -> Verification:
        """Stop one where it is. Raises Refused, Transient."""
        await self._store.stop(verification_id)
        return await self.get(verification_id)

    async def resume(self, verification_id: UUID) -> Verification:
        """Have a stopped one go on. Raises Refused, Transient."""
        found = await self.get(verification_id)
        if found.state == "stopped" and not await self._store.resume(verification_id):
            raise _runs()
        self._woken.set()
        return await self.get(verification_id)

    async def run(self) -> None:
        """Drive what runs until cancelled."""
        while True:
            self._woken.clear()
            try:
                claimed = await self._store.claim(self._clock(), self._lease())
                if claimed is not None:
                    await self._drive(claimed)
                    continue
            except (Transient, Broken) as error:
                logger.debug("verifying put off", extra={"reason": str(error)})
            try:
                async with asyncio.timeout(look_seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _lease(self) -> datetime:
        return self._clock() + timedelta(seconds=claim_seconds)

    async def _drive(self, verification: Verification) -> None:
        progress = verification.progress
        while True:
            started = time.monotonic()
            try:
                progress = await self._step(progress, verification.scope)
            except Transient:
                await asyncio.sleep(away_seconds)
            finished_at = self._clock() if progress.phase == "done" else None
            kept = await self._store.store(verification.id, progress, self._lease(), finished_at)
            if finished_at is not None or not kept:
                logger.info("verified", extra={"found": progress.found, "finished": kept})
                return
            await asyncio.sleep(rest_factor * (time.monotonic() - started))

    async def _step(self, progress: Progress, scope: Scope) -> Progress:
        if progress.not_before is not None:
            wait = (progress.not_before - self._clock()).total_seconds()
            await asyncio.sleep(max(0.0, wait))
        asked = question_of(progress, scope)
        if asked is None:
            return progress
        service, command = asked
        answer = await self._asking.ask(
            OPERATIONS[service][type(command)], command, timeout_seconds=ask_seconds_max
        )
        return answered(progress, scope, answer, self._clock())


def _runs() -> Refused:
    return Refused("verification-running", "A verification runs already: wait for it, or stop it.")
