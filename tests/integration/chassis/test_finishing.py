"""What is in hand when the loops are told to stop is finished, and nobody is left without an answer."""

import asyncio
from collections.abc import Coroutine
from uuid import UUID

import nats.errors
from nats.aio.client import Client

from contracts.base import Command, JsonObject
from contracts.rpc import Reply
from services.chassis.errors import Transient
from services.chassis.ids import new_id
from services.chassis.orders import Done, Order
from services.chassis.pipeline import Outcome, batch_size_max, batches_in_flight_max
from services.chassis.rpc import OrderServer
from tests.support.chassis import (
    LedgerPipeline,
    connected,
    ledger_pipeline,
    ledger_pool,
    order,
    until,
)
from tests.support.ledger import Account, Add, Event
from tests.support.ledger import Command as LedgerCommand

SUBJECT = "flusso.ledger.add"
more_than_in_flight = batch_size_max * batches_in_flight_max + 50
AddingServer = OrderServer["AddAmount", LedgerCommand, Account, Event]


class AddAmount(Command):
    """Add an amount to an account."""

    account_id: UUID
    amount: int


class Loops:
    """Loops that are all told to stop at once, as a service does it."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, *loops: Coroutine[None, None, None]) -> None:
        self._tasks += [asyncio.create_task(loop) for loop in loops]

    def stop(self, _: object) -> None:
        for task in self._tasks:
            if not task.cancelling():
                task.cancel()

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            await asyncio.wait(self._tasks)
        assert all(task.cancelled() for task in self._tasks)


async def test_batches_in_flight_are_answered_and_who_waits_is_told_to_come_back(
    database_url: str,
) -> None:
    outcomes: list[Outcome[Account, Event]] = []
    async with ledger_pool(database_url) as pool:
        loops = Loops()
        pipeline = ledger_pipeline(pool, on_committed=loops.stop)
        for _ in range(more_than_in_flight):
            pipeline.submit(order(new_id(), Add(1)), outcomes.append)
        loops.start(pipeline.run())
        await loops.ended()
        committed = await pool.fetchval("SELECT count(*) FROM log")
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    told = [outcome for outcome in outcomes if isinstance(outcome, Transient)]
    assert len(outcomes) == len(done) + len(told) == more_than_in_flight
    assert len(done) == committed >= batch_size_max
    assert len(told) >= 50


async def test_a_pipeline_that_has_stopped_says_so_at_once(database_url: str) -> None:
    async with ledger_pool(database_url) as pool:
        loops = Loops()
        pipeline = ledger_pipeline(pool, on_committed=loops.stop)
        loops.start(pipeline.run())
        await pipeline.execute(order(new_id(), Add(1)))
        await loops.ended()
        (outcome,) = await pipeline.execute_all([order(new_id(), Add(1))])
    assert isinstance(outcome, Transient)
    assert "stopping" in str(outcome)


def adding_server(connection: Client, pipeline: LedgerPipeline) -> AddingServer:
    def to_order(request: AddAmount, traceparent: str | None) -> Order[LedgerCommand]:
        return Order(request.account_id, Add(request.amount), "test", "test", traceparent)

    def to_answer(_: AddAmount, done: Done[Account, Event]) -> bytes:
        return b'{"amount":%d}' % done.state.amount

    return OrderServer(connection, SUBJECT, "ledger", AddAmount, pipeline, to_order, to_answer)


async def is_served(client: Client) -> bool:
    try:
        await client.request(SUBJECT, b"{}", timeout=5)
    except nats.errors.NoRespondersError:
        return False
    return True


async def test_every_request_that_has_arrived_is_answered_with_what_became_of_it(
    database_url: str, nats_url: str
) -> None:
    async with (
        ledger_pool(database_url) as pool,
        connected(nats_url) as service,
        connected(nats_url) as client,
    ):
        loops = Loops()
        pipeline = ledger_pipeline(pool, on_committed=loops.stop)
        loops.start(pipeline.run(), adding_server(service, pipeline).run())
        await until(lambda: is_served(client))

        async def ask() -> JsonObject | None:
            request = AddAmount(account_id=new_id(), amount=1)
            try:
                raw = request.model_dump_json().encode()
                message = await client.request(SUBJECT, raw, timeout=5)
            except nats.errors.NoRespondersError:
                return None  # it came too late, and is told at once
            reply = Reply.model_validate_json(message.data)
            assert reply.ok is not None or reply.unavailable is not None
            amount: JsonObject | None = reply.ok
            return amount

        answers = await asyncio.gather(*(ask() for _ in range(more_than_in_flight)))
        await loops.ended()
        committed = await pool.fetchval("SELECT count(*) FROM log")
    assert sum(answer is not None for answer in answers) == committed > 0
