"""Makes the inbox, its history and its counters anew from the log while everything works.

All of it is a fold of the log, so tables beside those in use are filled task by task, then brought up to date with what
has happened meanwhile, and at last, while nobody writes for a moment, put into their places. Every page is one
transaction that also notes how far it is: whichever replica goes on misses nothing and does nothing twice.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from contracts.operations import GetRebuild, Rebuild, RebuildInbox
from services.chassis.errors import Broken, Transient

claim_seconds = 30.0
look_seconds = 5.0
away_seconds = 1.0
swap_pause_seconds = 2.0
swaps_tried_max = 60
"""For two minutes; whoever reads for longer than that at once keeps the tables from being swapped."""
logger = logging.getLogger(__name__)


class RebuildStore(Protocol):
    """The tables beside those in use. Every method raises Transient or Broken."""

    async def start(self, started_by: str, now: datetime) -> None:
        """Begin with empty tables, unless one is under way."""
        ...

    async def state(self) -> Rebuild: ...

    async def claim(self, now: datetime, until: datetime) -> bool:
        """Tell whether one is under way that is now ours to drive."""
        ...

    async def fill(self, until: datetime) -> bool:
        """Write the next page; false when nothing is left to write but what has just happened."""
        ...

    async def swap(self, now: datetime) -> bool:
        """Write what has just happened and swap; false if there is too much of it, or others hold the tables."""
        ...

    async def finish(self, now: datetime, message: str) -> None:
        """Give up, and say why."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class InboxRebuild:
    """Begins, drives and tells of rebuilds."""

    def __init__(self, store: RebuildStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock
        self._woken = asyncio.Event()

    async def begin(self, order: RebuildInbox) -> Rebuild:
        """Begin, or join the one that is under way. Raises Transient, Broken."""
        await self._store.start(order.actor.name, self._clock())
        self._woken.set()
        return await self._store.state()

    async def state(self, _: GetRebuild) -> Rebuild:
        """Tell how far the last one is. Raises Transient."""
        return await self._store.state()

    async def run(self) -> None:
        """Drive what is under way until cancelled."""
        while True:
            self._woken.clear()
            try:
                if await self._store.claim(self._clock(), self._lease()):
                    await self._drive()
                    continue
            except Transient as error:
                logger.debug("rebuilding put off", extra={"reason": str(error)})
            except Broken as error:
                logger.exception("the inbox could not be rebuilt")
                await self._give_up(str(error))
            try:
                async with asyncio.timeout(look_seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _lease(self) -> datetime:
        return self._clock() + timedelta(seconds=claim_seconds)

    async def _give_up(self, message: str) -> None:
        try:
            await self._store.finish(self._clock(), message)
        except (Transient, Broken) as error:
            logger.warning("its end was not noted", extra={"reason": str(error)})

    async def _drive(self) -> None:
        """Fill and swap. Raises Transient, Broken."""
        for _ in range(swaps_tried_max):
            while True:
                started = time.monotonic()
                if not await self._store.fill(self._lease()):
                    break
                # Half of the time is left to others.
                await asyncio.sleep(time.monotonic() - started)
            if await self._store.swap(self._clock()):
                logger.info("the inbox was rebuilt")
                return
            await asyncio.sleep(swap_pause_seconds)
        await self._give_up("The tables were in use for too long at a time; try again later.")
