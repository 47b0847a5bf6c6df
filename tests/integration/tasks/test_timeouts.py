"""Timeouts in a real PostgreSQL, by a clock that the test moves: who fires what, when, and how often."""

import asyncio
import json
from datetime import timedelta

from contracts.base import JsonObject
from services.chassis.orders import Done
from services.tasks.adapters.timeouts import PostgresTimeouts, statements
from services.tasks.app.timeouts import claim_seconds, timeouts_a_round_max
from services.tasks.domain.task_commands import Close, Decide, TimeOut
from tests.support.chassis import running
from tests.support.tasks import ADA, CREATED_AT, RUN_ID, decision, opening
from tests.support.tasks_service import TaskStore, task_pipeline, task_store
from tests.support.timeouts import (
    TIMEOUT_AT,
    Clock,
    a_timed,
    an_id,
    by_the_clock,
    decisions,
    timeouts,
    waiting_timeouts,
)

TICK = timedelta(microseconds=1)
CLAIM = timedelta(seconds=claim_seconds)


async def test_only_what_is_due_fires_and_not_a_microsecond_early(database_url: str) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(
            a_timed(1), a_timed(2, TIMEOUT_AT + TICK), a_timed(3, None), (an_id(4), opening())
        )
        clock.now = TIMEOUT_AT - TICK
        assert await timeouts(store, clock).fire_due() == 0
        clock.now = TIMEOUT_AT
        assert await timeouts(store, clock).fire_due() == 1
        (fired,) = await decisions(store.pool)
        assert fired == {
            "task_id": an_id(1),
            "outcome": "timed_out",
            "by": "Timeout",
            "at": TIMEOUT_AT,
        }
        assert await store.inbox.count_pending() == 3
        assert await waiting_timeouts(store.pool) == 1


async def test_a_timeout_fires_once_whoever_looks_and_however_often(database_url: str) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        other = task_pipeline(store.pool, clock)
        async with running(other.run()):
            await store.hear(*(a_timed(number) for number in range(60)))
            clock.now = TIMEOUT_AT
            elsewhere = TaskStore(store.pool, other, store.inbox)
            replicas = [timeouts(each, clock) for each in (store, elsewhere) for _ in range(3)]
            claimed = await asyncio.gather(*(replica.fire_due() for replica in replicas))
            assert sum(claimed) == 60, "no timeout was claimed by two"
            assert sum([await replica.fire_due() for replica in replicas]) == 0
        assert len(await decisions(store.pool)) == 60
        assert await waiting_timeouts(store.pool) == 0


async def test_more_than_a_round_s_worth_takes_several_rounds(database_url: str) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(*(a_timed(number) for number in range(timeouts_a_round_max + 7)))
        clock.now = TIMEOUT_AT
        clockwork = timeouts(store, clock)
        assert [await clockwork.fire_due() for _ in range(3)] == [timeouts_a_round_max, 7, 0]


async def test_the_claim_of_a_replica_that_died_ends_and_another_one_fires(
    database_url: str,
) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(a_timed(1))
        clock.now = TIMEOUT_AT
        # This one died with its claim.
        assert await PostgresTimeouts(store.pool).claim(clock.now, clock.now + CLAIM, 10) == [
            an_id(1)
        ]
        assert await timeouts(store, clock).fire_due() == 0
        clock.now = TIMEOUT_AT + CLAIM
        assert await timeouts(store, clock).fire_due() == 1
        assert len(await decisions(store.pool)) == 1


async def test_a_claim_never_waits_for_another_replica(database_url: str) -> None:
    async with task_store(database_url, Clock()) as store:
        await store.hear(a_timed(1), a_timed(2))
        async with store.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "SELECT FROM task_timeouts WHERE task_id = $1 FOR UPDATE", an_id(1)
            )
            claimed = await PostgresTimeouts(store.pool).claim(TIMEOUT_AT, TIMEOUT_AT + CLAIM, 10)
        assert claimed == [an_id(2)]


async def test_a_replica_that_fires_after_its_claim_has_ended_changes_nothing(
    database_url: str,
) -> None:
    """As one does that was stopped between the two, and goes on later."""
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(a_timed(1))
        clock.now = TIMEOUT_AT + CLAIM
        assert await timeouts(store, clock).fire_due() == 1
        (outcome,) = await store.hear((an_id(1), TimeOut()))
        assert isinstance(outcome, Done)
        assert outcome.events == ()
        assert len(await decisions(store.pool)) == 1


async def test_the_timeout_goes_with_whatever_ends_the_task(database_url: str) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(*(a_timed(number) for number in (1, 2, 3)))
        await store.decide(decision(task_id=an_id(1)))
        await store.hear((an_id(2), Close(RUN_ID, "Cancelled")))
        assert await waiting_timeouts(store.pool) == 1
        at_once = Decide(decision(task_id=an_id(4)))
        await store.hear(a_timed(4), (an_id(4), at_once))
        assert await waiting_timeouts(store.pool) == 1
        clock.now = TIMEOUT_AT
        assert await timeouts(store, clock).fire_due() == 1
        assert [each["task_id"] for each in by_the_clock(await decisions(store.pool))] == [an_id(3)]


async def test_a_pause_heard_of_after_its_timeout_is_decided_at_the_next_look(
    database_url: str,
) -> None:
    clock = Clock(TIMEOUT_AT + timedelta(days=30))
    async with task_store(database_url, clock) as store:
        await store.hear(a_timed(1))
        assert await store.inbox.count_pending() == 1
        assert await timeouts(store, clock).fire_due() == 1
        assert await store.inbox.count_pending() == 0


async def test_a_timeout_that_an_older_release_left_behind_is_forgotten(database_url: str) -> None:
    clock = Clock()
    async with task_store(database_url, clock) as store:
        await store.hear(a_timed(1))
        await store.decide(decision(task_id=an_id(1), actor=ADA))
        await store.pool.execute("INSERT INTO task_timeouts VALUES ($1, $2)", an_id(1), TIMEOUT_AT)
        clock.now = TIMEOUT_AT
        assert await timeouts(store, clock).fire_due() == 1
        assert await waiting_timeouts(store.pool) == 0
        assert [each["by"] for each in await decisions(store.pool)] == ["Ada"]


async def test_a_clock_that_was_set_back_keeps_the_timeout(database_url: str) -> None:
    clock, behind = Clock(TIMEOUT_AT), Clock(TIMEOUT_AT - TICK)
    async with task_store(database_url, behind) as store:
        await store.hear(a_timed(1))
        assert await timeouts(store, clock).fire_due() == 1
        assert await decisions(store.pool) == []
        clock.now = behind.now = TIMEOUT_AT + CLAIM
        assert await timeouts(store, clock).fire_due() == 1
        assert len(await decisions(store.pool)) == 1


async def test_looking_costs_one_short_look_at_an_index(database_url: str) -> None:
    async with task_store(database_url, Clock()) as store:
        await store.pool.execute(
            "INSERT INTO task_timeouts SELECT gen_random_uuid(), now() + interval '1 year'"
            " FROM generate_series(1, 20000)"
        )
        await store.pool.execute("VACUUM ANALYZE task_timeouts")
        asked = f"EXPLAIN (ANALYZE, FORMAT JSON) {statements['claim_timeouts']}"
        (row,) = await store.pool.fetch(asked, CREATED_AT, CREATED_AT + CLAIM, 500)
        (explained,) = json.loads(row[0])
        assert pages_of(explained["Plan"]) <= FEW_PAGES


FEW_PAGES = 10


def pages_of(plan: JsonObject) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
