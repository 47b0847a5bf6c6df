"""What can go wrong between services: consumers and streams that vanish, facts told again, messages nobody can read."""

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import asyncpg
import nats
import nats.errors
import orjson
from nats.aio.client import Client

from contracts import subjects
from contracts.base import Json
from contracts.envelope import encode_batch, encode_event
from services.engine.main import ON_NODE_SCHEDULED, ON_TASK_EVENTS
from services.tasks.entry.run_events import CONSUMER as ON_RUN_EVENTS
from tests.faults.campaign.cluster import Cluster

told_again_max = 400
times = 3
batch_max = 25
answer_seconds_max = 3.0
DURABLES = {"engine": (ON_TASK_EVENTS, ON_NODE_SCHEDULED), "tasks": (ON_RUN_EVENTS,)}
SCHEMAS = {subjects.RUN_EVENTS: "engine", subjects.TASK_EVENTS: "tasks"}
SUBJECTS = {subjects.RUN_EVENTS: subjects.RUN_FACTS, subjects.TASK_EVENTS: subjects.TASK_FACTS}
READ_LAST = {
    schema: f"SELECT position, stream_id, version, type, schema_version, data::text, occurred_at"  # noqa: S608
    f" FROM {schema}.log ORDER BY position DESC LIMIT $1"
    for schema in SCHEMAS.values()
}
ORDERS = (
    subjects.START_RUN,
    subjects.RECEIVE_DELIVERY,
    subjects.CANCEL_RUN,
    subjects.RECORD_RESULT,
    subjects.GET_RUN,
    subjects.LIST_RUNS,
    subjects.CREATE_WORKFLOW,
    subjects.DECIDE_TASK,
    subjects.GET_TASK,
    subjects.LIST_TASKS,
    subjects.EXPLAIN_TASKS,
    subjects.CLOSE_TASKS,
)
POISON_ID = "poison"


@asynccontextmanager
async def connected(cluster: Cluster) -> AsyncIterator[Client]:
    """A client of the broker itself, past the proxies; it waits for a broker that is just starting."""

    async def be_quiet(_: Exception) -> None:
        """A broker that is not up yet is nothing to write about."""

    client = await nats.connect(
        cluster.nats_url, connect_timeout=5, max_reconnect_attempts=-1, error_cb=be_quiet
    )
    try:
        yield client
    finally:
        await client.close()


async def end_sessions(cluster: Cluster) -> str:
    """End every session of the services, as an operator or a failover would."""
    connection = await asyncpg.connect(cluster.database_url)
    try:
        ended = await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name LIKE 'flusso-%'"
        )
    finally:
        await connection.close()
    return f"{ended} sessions ended" if ended else ""


async def delete_consumer(cluster: Cluster, service: str) -> str:
    async with connected(cluster) as client:
        gone = [
            await client.jetstream().delete_consumer(spec.stream, spec.durable)
            for spec in DURABLES[service]
        ]
    return f"{len(gone)} deleted" if all(gone) else ""


async def delete_stream(cluster: Cluster, stream: str) -> str:
    async with connected(cluster) as client:
        gone = await client.jetstream().delete_stream(stream)
    return f"{stream} deleted" if gone else ""


async def change_consumer(cluster: Cluster, service: str) -> str:
    """Give it other settings than the provisioner's, as a hand on the broker might."""
    spec = DURABLES[service][0]
    async with connected(cluster) as client:
        streams = client.jetstream()
        info = await streams.consumer_info(spec.stream, spec.durable)
        changed = replace(info.config, ack_wait=1.0, max_ack_pending=5)
        found = await streams.add_consumer(spec.stream, changed)
    took = found.config.max_ack_pending == changed.max_ack_pending
    return "five messages at once, redelivered after a second" if took else ""


async def deliver_again(cluster: Cluster, stream: str, chance: random.Random) -> str:
    """Publish the last facts of a log three more times, shuffled, in batches of any size."""
    events = await _last_events(cluster, stream)
    alone = [event for subject, event in events if subject == subjects.RUN_NODE_SCHEDULED] * times
    others = [event for subject, event in events if subject != subjects.RUN_NODE_SCHEDULED] * times
    chance.shuffle(alone)
    chance.shuffle(others)
    async with connected(cluster) as client:
        for event in alone:
            await _publish(client, stream, subjects.RUN_NODE_SCHEDULED, encode_batch([event]))
        for batch in _cut(others, chance):
            await _publish(client, stream, SUBJECTS[stream], encode_batch(batch))
    return f"{len(events)} facts told {times} times more" if events else ""


async def _last_events(cluster: Cluster, stream: str) -> list[tuple[str, bytes]]:
    schema = SCHEMAS[stream]
    connection = await asyncpg.connect(cluster.database_url)
    try:
        rows = await connection.fetch(READ_LAST[schema], told_again_max)
    finally:
        await connection.close()
    return [
        (
            subjects.RUN_NODE_SCHEDULED if row["type"] == subjects.RUN_NODE_SCHEDULED else "",
            encode_event(
                source=f"flusso/{schema}",
                name=row["type"],
                schema_version=row["schema_version"],
                subject=str(row["stream_id"]),
                sequence=row["version"],
                position=row["position"],
                time=row["occurred_at"],
                traceparent=None,
                data=row["data"],
            ),
        )
        for row in rows
    ]


def _cut(events: Sequence[bytes], chance: random.Random) -> list[Sequence[bytes]]:
    batches: list[Sequence[bytes]] = []
    place = 0
    while place < len(events):
        size = chance.randint(1, batch_max)
        batches.append(events[place : place + size])
        place += size
    return batches


async def _publish(client: Client, stream: str, subject: str, payload: bytes) -> None:
    headers = {"Nats-Msg-Id": uuid4().hex}
    await client.jetstream().publish(subject, payload, stream=stream, headers=headers, timeout=5.0)


# -- what nobody can read --------------------------------------------------------------


async def poison_messages(cluster: Cluster, stream: str, chance: random.Random) -> str:
    bad = poison(stream)
    chance.shuffle(bad)
    async with connected(cluster) as client:
        for payload in bad:
            await _publish(client, stream, SUBJECTS[stream], payload)
        if stream == subjects.RUN_EVENTS:
            await _publish(client, stream, subjects.RUN_NODE_SCHEDULED, b"not a job")
    return f"{len(bad)} published"


def poison(stream: str) -> list[bytes]:
    """Return messages that are no batch, and batches with a member that is no fact of ours."""
    name = "flusso.run.paused" if stream == subjects.RUN_EVENTS else "flusso.task.resolved"
    broken: list[dict[str, Json]] = [
        {"data": {}},
        {"data": {"run_id": "no id"}},
        {"data": None},
        {"subject": "no id"},
        {"sequence": 0},
        {"sequence": 2**63},
        {"time": "yesterday"},
        {"specversion": 7},
        {"type": "flusso.run.of_another_time"},
        {"type": 5},
    ]
    envelopes = [_envelope(name) | changes for changes in broken]
    return [
        b"",
        b"\xff\xfe\x00",
        b"{}",
        b"[1, 2]",
        b"[" * 5_000,
        b'[{"type":"flusso.run.paused"',
        orjson.dumps([{}]),
        *(orjson.dumps([one]) for one in envelopes),
    ]


def _envelope(name: str) -> dict[str, Json]:
    return {
        "specversion": "1.0",
        "id": f"{POISON_ID}-{uuid4()}",
        "source": "flusso/elsewhere",
        "type": name,
        "subject": str(uuid4()),
        "time": "2026-01-01T00:00:00Z",
        "dataschema": f"{name}/1",
        "sequence": 1,
        "logposition": 1,
        "data": {},
    }


async def poison_requests(cluster: Cluster) -> str:
    """Ask what cannot be asked; every answer is a refusal."""
    refused = 0
    async with connected(cluster) as client:
        for subject in ORDERS:
            for payload in (b"", b"\xff", b"[]", b'{"run_id": 1}', b"[" * 10_000):
                try:
                    answer = await client.request(subject, payload, timeout=answer_seconds_max)
                except (nats.errors.Error, TimeoutError):
                    continue
                refused += b'"refused"' in answer.data
    return f"{refused} refused" if refused else ""
