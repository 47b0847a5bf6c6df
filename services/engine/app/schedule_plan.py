"""Keeps the instants of the near future set as alarms: what PostgreSQL has and JetStream lacks is set again."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.chassis.errors import Broken, Transient
from services.engine.app.schedule_ports import Alarms, ScheduleStore

near_seconds = 600.0
"""JetStream holds no more than this of the future: so little is to be set again after it has lost everything."""
poll_seconds = 5.0
instants_max = 1_000
logger = logging.getLogger(__name__)


class SchedulePlan:
    """Every replica plans: an alarm that is set twice rings once."""

    def __init__(
        self,
        store: ScheduleStore,
        alarms: Alarms,
        rounded_up: Callable[[datetime], datetime],
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._store = store
        self._alarms = alarms
        self._rounded_up = rounded_up
        self._clock = clock

    async def run(self) -> None:
        """Look every few seconds until cancelled."""
        while True:
            try:
                await self.look()
            except (Transient, Broken) as error:
                # Runs start a little later then.
                logger.info("planning put off", extra={"reason": str(error)})
            await asyncio.sleep(poll_seconds)

    async def look(self) -> int:
        """Set what is missing, and return how many alarms that were. Raises Transient, Broken."""
        now = (await self._store.last_look()).now if self._clock is None else self._clock()
        until = now + timedelta(seconds=near_seconds)
        instants = await self._store.instants(now, until, instants_max)
        wanted = {self._rounded_up(instant) for instant in instants}
        missing = sorted(wanted - await self._alarms.held()) if wanted else []
        await self._alarms.set(missing)
        return len(missing)
