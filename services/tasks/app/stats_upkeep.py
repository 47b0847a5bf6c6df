"""Forgets statistics that are too old to be asked for."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.chassis.errors import Transient
from services.chassis.hours import SPAN_DAYS_MAX

interval_seconds = 3600.0
kept_days = 2 * SPAN_DAYS_MAX
"""The longest span, and the one before it that it is compared with."""
logger = logging.getLogger(__name__)


class PrunedStats(Protocol):
    """What is tidied."""

    async def prune(self, before: datetime) -> int:
        """Forget what is older than that; return how many rows went. Raises Transient."""
        ...


async def prune_stats(store: PrunedStats) -> None:
    """Tidy up once an hour until cancelled; every replica may."""
    while True:
        await asyncio.sleep(interval_seconds)
        try:
            await store.prune(datetime.now(UTC) - timedelta(days=kept_days))
        except Transient as error:
            logger.info("statistics not tidied", extra={"reason": str(error)})
