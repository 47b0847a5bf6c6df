"""Waiting for a condition with a limit, for threads and for coroutines."""

import asyncio
import time
from collections.abc import Callable

INTERVAL_SECONDS = 0.01


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Poll until the condition holds; says whether it did in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(INTERVAL_SECONDS)
    return True


async def wait_until_async(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """The same without blocking the event loop."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(INTERVAL_SECONDS)
    return True
