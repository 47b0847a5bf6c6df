"""Every committed event reaches its consumers, whatever happens to the broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import nats.errors
from nats.aio.client import Client
from prometheus_client import REGISTRY

from contracts.envelope import CloudEvent
from services.chassis.consumer import BatchConsumer, Verdict
from services.chassis.database import Pool
from services.chassis.errors import Broken, Transient
from services.chassis.ids import new_id
from services.chassis.provisioner import ConsumerSpec, Provisioner, StreamSpec
from services.chassis.relay import Relay, RelaySpec
from tests.support.chassis import (
    SCHEMA,
    LedgerPipeline,
    Seen,
    connected,
    ledger_pipeline,
    ledger_pool,
    order,
    running,
    settings_for,
    until,
)
from tests.support.ledger import Add, Close
from tests.support.servers import Broker

STREAM = StreamSpec("LEDGER", ("ledger.>",))
CONSUMER = ConsumerSpec("LEDGER", "test-remember-on-ledger-events", "ledger.events")
SPEC = RelaySpec(
    schema=SCHEMA,
    source="flusso/ledger",
    stream="LEDGER",
    subject="ledger.events",
    wake_subject="ledger-relay-wake",
    consumers=(CONSUMER.durable,),
    alone_subjects=(("ledger.closed", "ledger.closed_alone"),),
)
TYPES = frozenset({"ledger.added"})


@asynccontextmanager
async def telling(
    pool: Pool, client: Client, database_url: str, nats_url: str
) -> AsyncIterator[tuple[LedgerPipeline, Seen]]:
    """A pipeline whose log is told to one remembering consumer."""
    seen = Seen()

    async def remember(events: Sequence[CloudEvent]) -> Sequence[Verdict]:
        seen.events.extend(events)
        return [None] * len(events)

    relay = Relay(settings_for(database_url, nats_url), client, SPEC)
    provisioner = Provisioner(client, [STREAM], [CONSUMER])
    pipeline = ledger_pipeline(pool, relay.notify)
    await provisioner.provision()
    consumer = BatchConsumer(client, pool, CONSUMER, types=TYPES, handle=remember)
    async with running(pipeline.run(), relay.run(), provisioner.run(), consumer.run()):
        yield pipeline, seen


async def test_every_event_is_told_in_order(database_url: str, nats_url: str) -> None:
    async with (
        ledger_pool(database_url) as pool,
        connected(nats_url) as client,
        telling(pool, client, database_url, nats_url) as (pipeline, seen),
    ):
        streams = [new_id() for _ in range(40)]
        await pipeline.execute_all([order(s, Add(n)) for n in range(1, 31) for s in streams])

        async def all_told() -> bool:
            return len(seen.events) >= 1_200

        await until(all_told)
        positions = [event.logposition for event in seen.events]
        assert positions == sorted(set(positions))
        assert seen.events[0].source == "flusso/ledger"
        assert seen.events[0].data == {"amount": 1}


async def test_events_that_travel_alone_have_their_own_subject(
    database_url: str, nats_url: str
) -> None:
    async with (
        ledger_pool(database_url) as pool,
        connected(nats_url) as client,
        telling(pool, client, database_url, nats_url) as (pipeline, _),
    ):
        subscription = await client.subscribe("ledger.closed_alone")
        for _ in range(3):
            await pipeline.execute(order(new_id(), Close()))
        messages = [await subscription.next_msg(timeout=5) for _ in range(3)]
        assert all(message.data.startswith(b"[{") for message in messages)


async def test_a_wiped_broker_is_told_again_what_was_not_consumed(
    database_url: str, nats_url: str, nats_server: Broker
) -> None:
    async with (
        ledger_pool(database_url) as pool,
        connected(nats_url) as client,
        telling(pool, client, database_url, nats_url) as (pipeline, seen),
    ):
        stream = new_id()
        for n in range(1, 21):
            await pipeline.execute(order(stream, Add(n)))
            if n == 10:
                nats_server.reset()

        async def all_told() -> bool:
            return seen.versions(stream) == set(range(1, 21))

        await until(all_told)


async def test_a_second_relay_takes_over_when_the_first_one_dies(
    database_url: str, nats_url: str
) -> None:
    async with (
        ledger_pool(database_url) as pool,
        connected(nats_url) as client,
        telling(pool, client, database_url, nats_url) as (pipeline, seen),
    ):
        stream = new_id()
        await pipeline.execute(order(stream, Add(1)))
        second = Relay(settings_for(database_url, nats_url), client, SPEC)
        async with running(second.run()):
            await pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
            await pipeline.execute(order(stream, Add(2)))

            async def told() -> bool:
                return seen.versions(stream) == {1, 2}

            await until(told)


async def test_poison_in_a_batch_is_kept_and_its_neighbours_pass(
    database_url: str, nats_url: str
) -> None:
    async with ledger_pool(database_url) as pool, connected(nats_url) as client:
        handled: list[str] = []

        async def judge(events: Sequence[CloudEvent]) -> Sequence[Verdict]:
            handled.extend(event.id for event in events)
            return [Broken("it cannot be") if event.id == "c-1" else None for event in events]

        await Provisioner(client, [STREAM], [CONSUMER]).provision()
        good, bad = (
            (
                '{"specversion":"1.0","id":"%s","source":"s","type":"ledger.added","subject":"%s",'
                '"time":"2026-01-01T00:00:00Z","dataschema":"x/1","sequence":1,"logposition":1,"data":{}}'
            ),
            '{"specversion":"1.0","id":"b-1","type":"ledger.added","sequence":"many"}',
        )
        payload = f"[{good % ('a-1', 'a')},{bad},{good % ('c-1', 'c')},{good % ('d-1', 'd')}]"
        jetstream = client.jetstream()
        await jetstream.publish("ledger.events", b"not json", stream="LEDGER")
        await jetstream.publish("ledger.events", payload.encode(), stream="LEDGER")
        consumer = BatchConsumer(client, pool, CONSUMER, types=TYPES, handle=judge)
        async with running(consumer.run()):

            async def settled() -> bool:
                info = await jetstream.consumer_info("LEDGER", CONSUMER.durable)
                return bool(info.num_pending == 0 and info.num_ack_pending == 0)

            await until(settled)
        assert handled == ["a-1", "c-1", "d-1"]
        rows = await pool.fetch("SELECT event_id, reason FROM dead_letters ORDER BY id")
        assert [row["event_id"] for row in rows] == ["", "b-1", "c-1"]
        assert rows[2]["reason"] == "it cannot be"


async def test_a_transient_failure_brings_the_message_again(
    database_url: str, nats_url: str
) -> None:
    async with ledger_pool(database_url) as pool, connected(nats_url) as client:
        attempts: list[str] = []

        async def fail_first(events: Sequence[CloudEvent]) -> Sequence[Verdict]:
            attempts.extend(event.id for event in events)
            return [Transient("away") if len(attempts) == 1 else None for _ in events]

        relay = Relay(settings_for(database_url, nats_url), client, SPEC)
        await Provisioner(client, [STREAM], [CONSUMER]).provision()
        pipeline = ledger_pipeline(pool, relay.notify)
        consumer = BatchConsumer(client, pool, CONSUMER, types=TYPES, handle=fail_first)
        async with running(pipeline.run(), relay.run(), consumer.run()):
            await pipeline.execute(order(new_id(), Add(1)))

            async def again() -> bool:
                return len(attempts) == 2

            await until(again)
        assert attempts[0] == attempts[1]
        assert await pool.fetchval("SELECT count(*) FROM dead_letters") == 0


async def test_the_relay_waits_for_a_broker_that_is_away(
    database_url: str, nats_server: Broker
) -> None:
    async with ledger_pool(database_url) as pool, connected(nats_server.url) as client:
        relay = Relay(settings_for(database_url, nats_server.url), client, SPEC)
        pipeline = ledger_pipeline(pool, relay.notify)
        async with running(pipeline.run(), relay.run()):
            stream = new_id()
            await pipeline.execute(order(stream, Add(1)))

            async def is_behind() -> bool:
                return REGISTRY.get_sample_value("flusso_relay_lag_events", {"log": SCHEMA}) == 1

            await until(is_behind)
            jetstream = client.jetstream()
            await Provisioner(client, [STREAM], [CONSUMER]).provision()

            async def told() -> bool:
                try:
                    return (await jetstream.stream_info("LEDGER")).state.messages == 1
                except nats.errors.Error:
                    return False

            await until(told)
    nats_server.reset()


async def leads(relay: Relay) -> bool:
    return relay.leads


async def test_a_relay_that_is_cancelled_while_it_publishes_stops(
    database_url: str, nats_url: str
) -> None:
    async with ledger_pool(database_url) as pool, connected(nats_url) as client:
        provisioner = Provisioner(client, [STREAM], [CONSUMER])
        await provisioner.provision()
        for _ in range(40):  # the client swallows about one cancellation in three
            relay = Relay(settings_for(database_url, nats_url), client, SPEC)
            pipeline = ledger_pipeline(pool, relay.notify)
            async with running(pipeline.run()):
                leading = asyncio.create_task(relay.run())
                await until(partial(leads, relay))
                await pipeline.execute(order(new_id(), Add(1)))
                leading.cancel()
                await asyncio.wait([leading], timeout=5)
                assert leading.cancelled()
