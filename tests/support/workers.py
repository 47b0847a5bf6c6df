"""Workers beside an engine's own, and engines that lose theirs."""

import asyncio

from contracts.subjects import RUN_EVENTS
from services.chassis.database import Pool
from services.chassis.rpc import Caller
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.smtp import NoMailer
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.performers import performers
from services.engine.app.worker import Worker
from tests.support.engine_service import Engine, secret_values


def worker_of(pool: Pool, client: CheckedClient, caller: Caller) -> Worker:
    """One more worker."""
    able = performers(client, NoMailer(), caller)
    return Worker(PostgresWaits(pool), able, caller, secret_values(pool))


async def lose_worker(engine: Engine) -> None:
    """The worker of this engine is gone, and the broker has forgotten the jobs that it had."""
    (worker,) = [task for task in asyncio.all_tasks() if task.get_name() == "worker"]
    worker.cancel()
    await asyncio.wait([worker])
    await engine.client.jetstream().purge_stream(RUN_EVENTS)
