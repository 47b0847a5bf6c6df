"""Jobs are performed one a message, and none takes its neighbours down."""

from functools import partial

import pytest
from nats.aio.client import Client

from contracts.envelope import CloudEvent, encode_batch, encode_event
from services.chassis import job_consumer
from services.chassis.errors import Transient
from services.chassis.ids import new_id
from services.chassis.job_consumer import JobConsumer
from services.chassis.provisioner import ConsumerSpec, Provisioner, StreamSpec
from tests.support.chassis import connected, running, until
from tests.support.runs import NOW

STREAM = StreamSpec("JOBS", ("jobs.>",))
CONSUMER = ConsumerSpec("JOBS", "test-perform-on-job", "jobs.offered")


def offered(subject: str) -> bytes:
    event = encode_event(
        source="flusso/test",
        name="test.offered",
        schema_version=1,
        subject=subject,
        sequence=1,
        position=1,
        time=NOW,
        traceparent=None,
        data="{}",
    )
    return encode_batch([event])


async def test_a_job_that_breaks_its_performer_holds_up_no_other(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_consumer, "broken_seconds", 0.1)
    monkeypatch.setattr(job_consumer, "broken_deliveries_max", 1_000_000)
    seen: list[str] = []
    poison = str(new_id())

    async def perform(event: CloudEvent) -> None:
        seen.append(event.subject)
        if event.subject == poison:
            message = "no release knows what to do with this"
            raise RuntimeError(message)

    async def give_up(_: CloudEvent, __: Exception) -> None:
        pytest.fail("it may still be done")

    async def seen_so(subject: str, times: int) -> bool:
        return seen.count(subject) >= times

    async with connected(nats_url) as client:
        await Provisioner(client, [STREAM], [CONSUMER]).provision()
        async with running(JobConsumer(client, CONSUMER, perform, give_up).run()):
            stream = client.jetstream()
            await stream.publish("jobs.offered", offered(poison), stream="JOBS")
            other = str(new_id())
            await stream.publish("jobs.offered", offered(other), stream="JOBS")
            await until(partial(seen_so, other, 1))
            await until(partial(seen_so, poison, 2))  # offered again, and still alive
            last = str(new_id())
            await stream.publish("jobs.offered", offered(last), stream="JOBS")
            await until(partial(seen_so, last, 1))
    assert seen.count(other) == seen.count(last) == 1


async def test_a_job_that_breaks_its_performer_again_and_again_is_given_up(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_consumer, "broken_seconds", 0.01)
    tried: list[str] = []
    given_up: list[tuple[str, str]] = []

    async def perform(event: CloudEvent) -> None:
        tried.append(event.subject)
        raise RuntimeError(event.subject)

    async def give_up(event: CloudEvent, error: Exception) -> None:
        given_up.append((event.subject, str(error)))
        if len(given_up) == 1:
            message = "the engine is away"
            raise Transient(message)

    async def is_given_up() -> bool:
        return len(given_up) > 1

    async with connected(nats_url) as client:
        await Provisioner(client, [STREAM], [CONSUMER]).provision()
        stream = client.jetstream()
        await stream.purge_stream(STREAM.name)
        async with running(JobConsumer(client, CONSUMER, perform, give_up).run()):
            job = str(new_id())
            await stream.publish("jobs.offered", offered(job), stream="JOBS")
            await until(is_given_up)
            await until(partial(nothing_is_left, client))

    assert given_up == [(job, job)] * 2
    assert tried == [job] * (job_consumer.broken_deliveries_max + 1)


async def nothing_is_left(client: Client) -> bool:
    found = await client.jetstream().consumer_info(STREAM.name, CONSUMER.durable)
    return not found.num_ack_pending and not found.num_pending
