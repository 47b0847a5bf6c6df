"""How late the bare machine is while a test runs: what comes late is told from what had to wait for a processor.

A process of its own sleeps for a moment and asks the database for nothing, again and again; the most that this took
longer than the sleep is the floor. On an idle machine it is some milliseconds.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

ROOT: Final = Path(__file__).parents[2]
REST_SECONDS: Final = 0.05
HAND_OVERS: Final = 10
"""From an instant to what is told of it: a loop that wakes, its claim, the pipeline, its commit, the relay, the ear."""


@dataclass(slots=True)
class Pace:
    """The floor, known at the end of the block that measured it."""

    worst_seconds: float = 0.0

    def allows(self, seconds: float) -> float:
        """Return a limit on this machine for what may take so long on an idle one."""
        return seconds + HAND_OVERS * self.worst_seconds


@asynccontextmanager
async def measured_pace(database_url: str) -> AsyncIterator[Pace]:
    """Measure beside the block."""
    pace = Pace()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.pace",
        database_url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield pace
        told, _ = await process.communicate(b"")
        pace.worst_seconds = float(told)
        print(f"the bare machine was up to {pace.worst_seconds:.3f} s late")  # noqa: T201
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _worst_until_nobody_listens(database_url: str) -> float:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)  # nothing is ever written: it ends
    connection = await asyncpg.connect(database_url)
    worst = 0.0
    while not ended.is_set():
        began = time.perf_counter()
        await asyncio.sleep(REST_SECONDS)
        await connection.fetchval("SELECT 1")
        worst = max(worst, time.perf_counter() - began - REST_SECONDS)
    await connection.close()
    return worst


if __name__ == "__main__":
    print(asyncio.run(_worst_until_nobody_listens(sys.argv[1])))  # noqa: T201
