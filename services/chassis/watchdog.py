"""Ends the process when its event loop stalls, from a thread that the loop cannot hold up.

A process that no longer answers is worse than none: whoever started it starts it again, and everything in it can be
repeated.
"""

import asyncio
import logging
import os
import threading
import time

stall_seconds_max = 30.0
beat_seconds = 1.0
EXIT_STALLED = 70
logger = logging.getLogger(__name__)


class Watchdog:
    """Beats on the loop, looks from a thread."""

    def __init__(self, stall_seconds: float = stall_seconds_max) -> None:
        self._stall_seconds = stall_seconds
        self._last_beat = time.monotonic()
        self._stopped = threading.Event()

    async def run(self) -> None:
        """Beat until cancelled; then the thread ends too."""
        thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                self._last_beat = time.monotonic()
                await asyncio.sleep(beat_seconds)
        finally:
            self._stopped.set()

    def _look(self) -> None:
        looked_at = time.monotonic()
        while not self._stopped.wait(beat_seconds):
            now = time.monotonic()
            # The whole process may have slept (suspended, stopped); then the loop gets its time again.
            if now - looked_at > self._stall_seconds / 2:
                self._last_beat = now
            looked_at = now
            if now - self._last_beat > self._stall_seconds:
                logger.critical("event loop stalled, ending the process")
                os._exit(EXIT_STALLED)
