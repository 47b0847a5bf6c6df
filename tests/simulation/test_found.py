"""What the simulation has found, each once more by itself."""

import asyncio

from nats.js.api import ConsumerConfig, StreamConfig

from contracts.envelope import CloudEvent, encode_batch, encode_event
from services.chassis.job_consumer import JobConsumer
from services.engine.main import ON_NODE_SCHEDULED as SPEC
from tests.simulation.bus import Bus, Connection
from tests.simulation.chance import Chance, Trace, moment
from tests.simulation.loop import Process, SimulatedLoop


def test_a_job_in_hand_whose_consumer_is_made_anew_does_not_end_the_worker() -> None:
    """The broker then offers it under the same name: the numbers of its deliveries begin anew as well."""
    loop, chance = SimulatedLoop(), Chance(1)
    bus, process = Bus(loop, chance, Trace(is_kept=False)), Process("worker", loop)
    begun: list[str] = []
    ended: list[str] = []

    async def perform(event: CloudEvent) -> None:
        begun.append(event.id)
        await asyncio.sleep(3)

    async def give_up(event: CloudEvent, _: Exception) -> None:
        ended.append(event.id)

    def make_consumer() -> None:
        config = ConsumerConfig(durable_name=SPEC.durable, filter_subject=SPEC.filter_subject)
        bus.streams.add_consumer(SPEC.stream, config)

    async def live() -> None:
        bus.streams.add_stream(StreamConfig(name=SPEC.stream))
        make_consumer()
        jobs = JobConsumer(Connection(bus, process), SPEC, perform, give_up)  # type: ignore[arg-type]  # as far as it is used
        process.on_broken = lambda _, error: ended.append(repr(error))
        process.spawn("worker", jobs.run())
        bus.streams.publish(SPEC.stream, SPEC.filter_subject, _job(), "id")
        await asyncio.sleep(1)
        bus.streams.delete_consumer(SPEC.stream, SPEC.durable)
        make_consumer()
        await asyncio.sleep(20)
        process.die()
        await asyncio.sleep(1)

    loop.run_until_complete(live())
    loop.close()
    assert (len(begun), ended) == (2, [])


def _job() -> bytes:
    event = encode_event(
        source="flusso/engine",
        name="flusso.run.node_scheduled",
        schema_version=1,
        subject="run",
        sequence=2,
        position=2,
        time=moment(0),
        traceparent=None,
        data="{}",
    )
    return encode_batch([event])
