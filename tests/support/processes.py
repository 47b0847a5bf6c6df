"""The services behind the gateway as real processes."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
stop_seconds_max = 10.0


@asynccontextmanager
async def running_service(name: str, database_url: str, nats_url: str) -> AsyncIterator[Process]:
    """Run `python -m services.<name>.main` beside the block, which may kill it."""
    settings = {
        "DATABASE_URL": database_url,
        "NATS_URL": nats_url,
        "FLUSSO_HEALTH_PORT": "0",
        "FLUSSO_LOG_FORMAT": "json",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"services.{name}.main",
        cwd=ROOT,
        env={**os.environ, **settings},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(stop_seconds_max):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
