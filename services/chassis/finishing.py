"""What is in hand when a loop is told to stop is finished first."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

R = TypeVar("R")


class Drainable(Protocol):
    """A subscription that can take no more and handle what has arrived; nats-py leaves its own without types."""

    async def drain(self) -> None:
        """Return when everything that has arrived is handled."""
        ...


async def finished(work: Coroutine[Any, Any, R]) -> R:
    """Return what the work returns; if the caller is cancelled meanwhile, that takes effect when the work is done.

    Whoever stops the loop limits how long it waits for this.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait([task])
        raise
