"""Keeps statistics small: by the day once they are old, and nothing for longer than can be asked for."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.chassis.errors import Transient
from services.chassis.hours import SPAN_DAYS_MAX

interval_seconds = 3600.0
hours_days = 1
"""The last day, whole: decisions are told of spans."""
kept_days = 2 * SPAN_DAYS_MAX
"""The longest span, and the one before it that it is compared with."""
logger = logging.getLogger(__name__)


class KeptStats(Protocol):
    """What is done to the table. Every method raises Transient."""

    async def fold(self, before: datetime) -> bool:
        """Put the first day that is not folded yet together; False if it is not before then."""
        ...

    async def prune(self, before: datetime) -> int:
        """Forget what is older than that; return how many rows went."""
        ...


async def keep_stats_small(store: KeptStats) -> None:
    """Tidy up at the start and once an hour until cancelled; every replica may."""
    while True:
        try:
            await tidy(store, datetime.now(UTC))
        except Transient as error:
            logger.info("statistics not tidied", extra={"reason": str(error)})
        await asyncio.sleep(interval_seconds)


async def tidy(store: KeptStats, now: datetime) -> None:
    """Fold what is old, a day a statement, and forget what is too old. Raises Transient."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(2 * kept_days):
        if not await store.fold(today - timedelta(days=hours_days)):
            break
    await store.prune(today - timedelta(days=kept_days))
