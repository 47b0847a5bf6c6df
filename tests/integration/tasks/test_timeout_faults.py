"""No timeout is lost, none comes early and none twice, whatever is killed, wiped or away when it is due."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import nats.js.errors
import orjson
from nats.aio.client import Client

from contracts.envelope import CloudEvent
from contracts.subjects import TASK_EVENTS
from deploy.local.postgres import PostgresServer
from services.chassis.database import Pool
from tests.support.chassis import until
from tests.support.processes import running_service
from tests.support.servers import Broker
from tests.support.tasks import pause_event, paused, timed
from tests.support.tasks_service import task_pool, task_store, tasks_service, tell
from tests.support.timeouts import a_timed, an_id, by_the_clock, decisions, waiting_timeouts

TASKS = 400
SPREAD = timedelta(seconds=2)


def moments(begin: datetime) -> list[datetime]:
    """Return when each of the tasks times out: evenly within two seconds."""
    return [begin + SPREAD * place / TASKS for place in range(TASKS)]


def in_a_moment() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def pauses(timeouts: list[datetime]) -> list[CloudEvent]:
    return [
        pause_event(timed(paused(task_id=an_id(number)), timeout_at=timeout_at))
        for number, timeout_at in enumerate(timeouts)
    ]


async def have_fired(pool: Pool, wanted: int) -> bool:
    return len(await decisions(pool)) >= wanted


async def assert_all_fired_once_and_none_early(pool: Pool, timeouts: list[datetime]) -> None:
    await until(lambda: have_fired(pool, TASKS))
    decided = await decisions(pool)
    assert len(by_the_clock(decided)) == len(decided) == TASKS
    by_task = {decision["task_id"]: decision["at"] for decision in decided}
    assert set(by_task) == {an_id(number) for number in range(TASKS)}
    for number, timeout_at in enumerate(timeouts):
        assert by_task[an_id(number)] >= timeout_at
    assert await waiting_timeouts(pool) == 0


async def told(client: Client) -> list[tuple[UUID, str]]:
    """Return what the stream holds: task and type of each fact."""
    jetstream = client.jetstream()
    state = (await jetstream.stream_info(TASK_EVENTS)).state
    facts: list[tuple[UUID, str]] = []
    for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
        message = await jetstream.get_msg(TASK_EVENTS, sequence)
        facts += [
            (UUID(each["subject"]), each["type"]) for each in orjson.loads(message.data or b"[]")
        ]
    return facts


async def test_what_was_due_while_the_service_was_down_fires_when_it_is_back(
    database_url: str, nats_url: str
) -> None:
    long_ago = moments(datetime(2026, 1, 1, tzinfo=UTC))
    async with task_store(database_url) as store:
        await store.hear(*(a_timed(number, at) for number, at in enumerate(long_ago)))
    async with tasks_service(database_url, nats_url) as (runtime, client):
        await assert_all_fired_once_and_none_early(runtime.pool, long_ago)

        async def all_are_told() -> bool:
            resolved = [task for task, name in await told(client) if name.endswith(".resolved")]
            return len(resolved) == len(set(resolved)) == TASKS

        await until(all_are_told)


async def test_replicas_that_are_killed_while_they_fire_leave_nothing_undone(
    database_url: str, nats_url: str
) -> None:
    timeouts = moments(in_a_moment())
    async with task_pool(database_url) as pool, task_store(database_url) as store:
        await store.hear(*(a_timed(number, at) for number, at in enumerate(timeouts)))
        async with (
            running_service("tasks", database_url, nats_url) as first,
            running_service("tasks", database_url, nats_url) as second,
        ):
            await until(lambda: have_fired(pool, TASKS // 8))
            first.kill()
            await until(lambda: have_fired(pool, TASKS // 2))
            second.kill()
            await first.wait()
            await second.wait()
        async with running_service("tasks", database_url, nats_url):
            await assert_all_fired_once_and_none_early(pool, timeouts)


async def test_a_broker_that_loses_everything_loses_no_timeout(
    database_url: str, nats_server: Broker, nats_url: str
) -> None:
    async with tasks_service(database_url, nats_url) as (runtime, client):
        timeouts = moments(in_a_moment())
        await tell(client, *pauses(timeouts))
        await until(lambda: have_fired(runtime.pool, TASKS // 8))
        await asyncio.to_thread(nats_server.reset)
        await assert_all_fired_once_and_none_early(runtime.pool, timeouts)

        async def the_engine_can_hear_of_all() -> bool:
            with suppress(nats.js.errors.Error):  # the stream may still be missing
                resolved = {task for task, name in await told(client) if name.endswith(".resolved")}
                return len(resolved) == TASKS
            return False

        await until(the_engine_can_hear_of_all)


async def test_a_database_that_crashes_and_comes_back_loses_no_timeout(
    tmp_path: Path, nats_url: str
) -> None:
    database = PostgresServer(tmp_path / "data", durable=False, output=tmp_path / "log")
    database.start()
    try:
        async with tasks_service(database.url, nats_url) as (runtime, client):
            timeouts = moments(in_a_moment())
            await tell(client, *pauses(timeouts))
            await until(lambda: have_fired(runtime.pool, TASKS // 8))
            await asyncio.to_thread(database.kill9)
            await asyncio.to_thread(database.start)
            await assert_all_fired_once_and_none_early(runtime.pool, timeouts)
    finally:
        database.stop()
