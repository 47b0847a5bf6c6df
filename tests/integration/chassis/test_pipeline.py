"""Orders that wait together commit together, and none costs another its outcome."""

import asyncio

import pytest

from services.chassis.database import Pool
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import new_id
from services.chassis.orders import Done
from tests.support.chassis import ledger_pipeline, ledger_pool, order, running
from tests.support.ledger import Account, Add, Close, bug_amount, poison_amount, unwritable_amount


async def count(pool: Pool, table: str) -> int:
    return int(await pool.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names


async def test_orders_of_one_batch_are_committed_together_in_order(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline = ledger_pipeline(pool)
        stream = new_id()
        async with running(pipeline.run()):
            outcomes = await pipeline.execute_all([order(stream, Add(n)) for n in (1, 2, 3)])
        assert [o.state.amount for o in outcomes if isinstance(o, Done)] == [1, 3, 6]
        rows = await pool.fetch("SELECT version, type FROM log ORDER BY position")
        assert [tuple(row) for row in rows] == [(n, "ledger.added") for n in (1, 2, 3)]
        assert await pool.fetchval("SELECT amount FROM balances") == 6
        assert await pool.fetchval("SELECT version FROM snapshots") == 3


async def test_fifty_closers_at_once_have_one_winner_and_the_losers_are_told(
    database_url: str,
) -> None:
    async with ledger_pool(database_url) as pool:
        pipelines = [ledger_pipeline(pool), ledger_pipeline(pool)]
        stream = new_id()
        async with running(*(pipeline.run() for pipeline in pipelines)):
            await pipelines[0].execute(order(stream, Add(7)))
            results = await asyncio.gather(
                *(pipelines[n % 2].execute(order(stream, Close())) for n in range(50)),
                return_exceptions=True,
            )
        assert sum(isinstance(result, Done) for result in results) == 1
        refusals = [result for result in results if isinstance(result, Refused)]
        assert [refusal.details for refusal in refusals] == [{"amount": 7}] * 49
        assert await count(pool, "log") == 2


async def test_a_stale_cache_never_refuses(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        first, second = ledger_pipeline(pool), ledger_pipeline(pool)
        stream = new_id()
        async with running(first.run(), second.run()):
            await first.execute(order(stream, Add(1)))
            await second.execute(order(stream, Add(10)))
            # The first pipeline still caches the amount 1; doing nothing must not be said of it.
            done = await first.execute(order(stream, Add(0)))
        assert done.state == Account(11)


async def test_replicas_that_write_the_same_stream_lose_nothing(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        pipelines = [ledger_pipeline(pool), ledger_pipeline(pool)]
        stream = new_id()
        async with running(*(pipeline.run() for pipeline in pipelines)):
            for _ in range(20):
                await asyncio.gather(*(p.execute(order(stream, Add(1))) for p in pipelines))
        assert await pool.fetchval("SELECT amount FROM balances") == 40
        assert await count(pool, "log") == 40


@pytest.mark.parametrize("bad", [poison_amount, bug_amount, unwritable_amount])
async def test_one_bad_order_does_not_sink_its_batch(database_url: str, bad: int) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline = ledger_pipeline(pool)
        amounts = [1, 2, bad, 4, 5]
        orders = [order(new_id(), Add(amount)) for amount in amounts]
        async with running(pipeline.run()):
            outcomes = await pipeline.execute_all(orders)
        assert [isinstance(o, Done) for o in outcomes] == [a != bad for a in amounts]
        assert isinstance(outcomes[2], Broken)
        assert await count(pool, "log") == 4


async def test_without_a_database_orders_are_told_to_come_back(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline = ledger_pipeline(pool)
        async with running(pipeline.run()):
            await pool.close()
            with pytest.raises(Transient):
                await pipeline.execute(order(new_id(), Add(1)))


async def test_two_batches_in_flight_never_move_the_same_stream(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        pipeline = ledger_pipeline(pool)
        streams = [new_id() for _ in range(5)]
        async with running(pipeline.run()):
            # Orders arrive while batches commit, always on the same few streams.
            outcomes = await asyncio.gather(
                *(pipeline.execute(order(streams[n % 5], Add(1))) for n in range(500))
            )
        assert sorted(outcome.state.amount for outcome in outcomes) == sorted(
            amount for amount in range(1, 101) for _ in range(5)
        )
        assert await count(pool, "log") == 500
