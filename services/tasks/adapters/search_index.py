"""Merges new words into the search indexes between transactions.

A GIN index is cheap to add to only while its new entries wait in a list; someone has to merge the list. PostgreSQL lets
the transaction that overfills it do so, which then takes 60 to 120 ms (measured); here nobody waits for it.
"""

import asyncio
import logging
from pathlib import Path

from services.chassis.database import Pool, Statements, acquire_seconds_max, translated
from services.chassis.errors import Broken, Transient

merge_seconds = 2.0
"""At 3,000 tasks a second this is 4 MB of new words, a quarter of what the list takes."""
statements = Statements(Path(__file__).parent / "sql")
logger = logging.getLogger(__name__)


class SearchIndex:
    """Sleeps while nothing changes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._changed = asyncio.Event()

    def on_committed(self) -> None:
        """Say that tasks have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Merge until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await asyncio.sleep(merge_seconds)
            await self.merge()

    async def merge(self) -> None:
        """Merge once. Searching works without it, only slower, so failing is not worth more than a line."""
        try:
            with translated():
                async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                    await connection.execute(statements["merge_search_words"])
        except (Transient, Broken) as error:
            logger.warning("search words not merged", extra={"reason": str(error)})
