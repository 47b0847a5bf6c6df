"""Keeps statistics small: by the day once they are old, and nothing for longer than can be asked for."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.chassis.errors import Transient
from services.chassis.hours import SPAN_DAYS_MAX

interval_seconds = 3600.0
run_hours_days = 3
"""For how long a single workflow's runs are told hour by hour."""
step_hours_days = 1
"""The last day, whole: steps are told of spans."""
kept_days = 2 * SPAN_DAYS_MAX
"""The longest span, and the one before it that it is compared with."""
days_a_round_max = 2 * kept_days
logger = logging.getLogger(__name__)


class StatsUpkeepStore(Protocol):
    """What is done to the tables. Every method raises Transient."""

    async def fold_runs(self, before: datetime) -> bool:
        """Put the first day of runs that is not folded yet together; False if it is not before then."""
        ...

    async def fold_steps(self, before: datetime) -> bool:
        """Put the first day of steps that is not folded yet together; False if it is not before then."""
        ...

    async def prune(self, before: datetime) -> int:
        """Forget what is older than that; return how many rows went."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class StatsUpkeep:
    """Works on every replica, from its start on: each statement is whole, and done twice it does nothing."""

    def __init__(self, store: StatsUpkeepStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Tidy up once an hour until cancelled."""
        while True:
            try:
                await self.tidy()
            except Transient as error:
                logger.info("statistics not tidied", extra={"reason": str(error)})
            await asyncio.sleep(interval_seconds)

    async def tidy(self) -> None:
        """Fold what is old, a day a statement, and forget what is too old. Raises Transient."""
        today = self._clock().replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(days_a_round_max):
            if not await self._store.fold_runs(today - timedelta(days=run_hours_days)):
                break
        for _ in range(days_a_round_max):
            if not await self._store.fold_steps(today - timedelta(days=step_hours_days)):
                break
        await self._store.prune(today - timedelta(days=kept_days))
