"""A service's credentials open nothing but what the service needs, whoever has stolen them."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest
from nats.aio.client import Client

from contracts import subjects
from deploy.grants import SERVICES, Service
from deploy.grants.broker import BETWEEN_SERVICES
from deploy.grants.database import Roles, url_for
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of, chain, node
from tests.support.chassis import connected, until

FORGED = json.dumps([{"specversion": "1.0", "type": "flusso.task.resolved"}]).encode()
EMPTY = "'{}', "
ROW = "(stream_id, version, type, data, metadata, occurred_at) VALUES (gen_random_uuid(), 1, 'x', '{}', '{}', now())"
NOT_FOR_THE_GATEWAY = [
    *(
        statement.replace("{schema}", schema)
        for schema in ("engine", "tasks")
        for statement in (
            "SELECT count(*) FROM {schema}.log",
            "SELECT count(*) FROM {schema}.snapshots",
            "INSERT INTO {schema}.log " + ROW,
            "UPDATE {schema}.log SET data = '{}'",
            "DELETE FROM {schema}.log",
            "TRUNCATE {schema}.log",
            "DROP SCHEMA {schema} CASCADE",
            "CREATE TABLE {schema}.mine (it int)",
            "SET ROLE flusso_{schema}",
            f"SELECT {{schema}}.append_events({EMPTY * 11} now())",
        )
    ),
    "SELECT value FROM engine.secrets",
    "SELECT * FROM tasks.pending_tasks",
    "UPDATE tasks.pending_tasks SET item = '{}'",
    "UPDATE gateway.log SET data = '{}'",
    "CREATE TABLE gateway.mine (it int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE TEMP TABLE mine (it int)",
    "ALTER ROLE flusso_gateway SUPERUSER",
    "COPY gateway.log TO PROGRAM 'cat'",
    "SELECT pg_read_file('postgresql.conf')",
    "SET ROLE flusso",
]
NOT_FOR_TASKS = [
    "UPDATE tasks.log SET data = '{}'",
    "DELETE FROM tasks.log",
    "TRUNCATE tasks.log",
    "ALTER TABLE tasks.log ADD COLUMN mine int",
    "UPDATE tasks.chain_entries SET hash = hash",
    "DELETE FROM tasks.chain_entries",
    "UPDATE tasks.checkpoints SET root = root",
    "DELETE FROM tasks.checkpoints",
    "UPDATE tasks.signing_keys SET public_key = public_key",
    "DELETE FROM tasks.migrations",
    "SELECT count(*) FROM engine.log",
    "SELECT count(*) FROM gateway.sessions",
]
NOT_FOR_THE_ENGINE = [
    "UPDATE engine.log SET data = '{}'",
    "TRUNCATE engine.log",
    "INSERT INTO engine.migrations (name) VALUES ('mine')",
    "SELECT count(*) FROM tasks.log",
    "SELECT count(*) FROM gateway.api_tokens",
]
REFUSED: list[tuple[Service, str]] = [
    *(("gateway", statement) for statement in NOT_FOR_THE_GATEWAY),
    *(("tasks", statement) for statement in NOT_FOR_TASKS),
    *(("engine", statement) for statement in NOT_FOR_THE_ENGINE),
]


# -- PostgreSQL ------------------------------------------------------------------------------------


async def test_a_stolen_role_reads_and_writes_nothing_but_its_own(stack: Stack) -> None:
    """All statements in one test: each is a line that must be refused, and none of them changes anything."""
    allowed = [
        f"{service}: {statement}"
        for service in SERVICES
        for statement in await _allowed(
            stack, service, [each for whose, each in REFUSED if whose == service]
        )
    ]
    assert allowed == []


async def _allowed(stack: Stack, service: Service, statements: Sequence[str]) -> list[str]:
    connection = await asyncpg.connect(url_for(stack.database_url, Roles().of(service)))
    allowed = []
    try:
        for statement in statements:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(statement)
                allowed.append(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            finally:
                await transaction.rollback()
    finally:
        await connection.close()
    return allowed


async def test_every_service_can_read_its_own_log(stack: Stack) -> None:
    for service in SERVICES:
        connection = await asyncpg.connect(url_for(stack.database_url, Roles().of(service)))
        try:
            assert await connection.fetchval(f"SELECT count(*) >= 0 FROM {service}.log")  # noqa: S608
        finally:
            await connection.close()


# -- NATS ------------------------------------------------------------------------------------------


class Thief:
    """A connection with a service's credentials, and the violations that the server tells it of."""

    def __init__(self) -> None:
        self.client = Client()
        self.told: list[str] = []

    async def on_error(self, error: Exception) -> None:
        self.told.append(str(error).lower())

    async def must_not(self, *, publish: Sequence[str] = (), subscribe: Sequence[str] = ()) -> None:
        """Try all of it, and wait until the server has refused each."""
        for subject in publish:
            await self.client.publish(subject, FORGED)
        for subject in subscribe:
            await self.client.subscribe(subject)
        await self.client.flush()
        wanted = {f'publish to "{subject}"'.lower() for subject in publish}
        wanted |= {f'subscription to "{subject}"'.lower() for subject in subscribe}

        async def all_refused() -> bool:
            return all(any(each in words for words in self.told) for each in wanted)

        await until(all_refused)


@asynccontextmanager
async def thief(stack: Stack, service: Service) -> AsyncIterator[Thief]:
    assert stack.nats is not None
    made = Thief()
    await made.client.connect(
        stack.nats.url_of(service),
        name="thief",
        error_cb=made.on_error,
        inbox_prefix=f"_INBOX.{service}",
        allow_reconnect=False,
    )
    try:
        yield made
    finally:
        await made.client.close()


async def test_a_stolen_gateway_tells_no_facts_and_hears_no_orders(stack: Stack) -> None:
    async with thief(stack, "gateway") as gateway:
        await gateway.must_not(
            publish=[
                subjects.RUN_FACTS,
                subjects.TASK_FACTS,
                subjects.RUN_NODE_SCHEDULED,
                subjects.SCHEDULE_DUE,
                "flusso.schedule.at.1",
                subjects.ENGINE_RELAY_WAKE,
                "_INBOX.tasks.guessed",
                "$JS.API.STREAM.DELETE.RUN_EVENTS",
                "$JS.API.STREAM.PURGE.RUN_EVENTS",
                "$JS.API.STREAM.UPDATE.RUN_EVENTS",
                "$JS.API.STREAM.CREATE.MINE",
                f"$JS.API.CONSUMER.DELETE.TASK_EVENTS.{subjects.ENGINE_ON_TASK_EVENTS}",
                f"$JS.API.CONSUMER.DURABLE.CREATE.TASK_EVENTS.{subjects.ENGINE_ON_TASK_EVENTS}",
                f"$JS.API.CONSUMER.MSG.NEXT.TASK_EVENTS.{subjects.ENGINE_ON_TASK_EVENTS}",
                "$JS.ACK.TASK_EVENTS.x.1.1.1.1.1",
                *BETWEEN_SERVICES,
            ],
            subscribe=["flusso.engine.>", "flusso.tasks.>", "_INBOX.>", "_INBOX.tasks.>", ">"],
        )


async def test_a_stolen_gateway_cannot_take_a_durable_consumer_over(stack: Stack) -> None:
    """Neither by its name nor by one in the message: the server believes either."""
    durable = subjects.ENGINE_ON_TASK_EVENTS
    async with connected(stack.nats_url) as client, thief(stack, "gateway") as gateway:
        before = (await client.jetstream().consumer_info(subjects.TASK_EVENTS, durable)).config
        create = f"$JS.API.CONSUMER.CREATE.{subjects.TASK_EVENTS}"
        await gateway.must_not(publish=[create, f"{create}.{durable}", f"{create}.{durable}.x"])
        config = {"name": durable, "durable_name": durable, "filter_subject": "flusso.task.nothing"}
        body = json.dumps({"stream_name": subjects.TASK_EVENTS, "config": config}).encode()
        answer = await gateway.client.request(f"{create}.mine", body, timeout=30)
        assert "error" in json.loads(answer.data)
        after = (await client.jetstream().consumer_info(subjects.TASK_EVENTS, durable)).config
    assert after == before


async def test_a_stolen_tasks_tells_nothing_of_runs_and_the_engine_nothing_of_tasks(
    stack: Stack,
) -> None:
    async with thief(stack, "tasks") as tasks:
        await tasks.must_not(
            publish=[subjects.RUN_FACTS, subjects.START_RUN, subjects.RECORD_RESULT],
            subscribe=["flusso.engine.>", "_INBOX.gateway.>"],
        )
    async with thief(stack, "engine") as engine:
        await engine.must_not(
            publish=[subjects.TASK_FACTS, subjects.DECIDE_TASK],
            subscribe=["flusso.tasks.>", "_INBOX.gateway.>"],
        )


@pytest.mark.parametrize("known", [{}, {"user": "gateway", "pass": "guessed"}, {"user": "nobody"}])
async def test_nobody_comes_in_without_the_right_credentials(
    stack: Stack, known: dict[str, str]
) -> None:
    """Spoken by hand, since clients keep what a refusal leaves of a connection."""
    assert stack.nats is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.nats.port)
    hello = {"verbose": False, "pedantic": False, "lang": "thief", "version": "1", **known}
    try:
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"INFO ")
            forged = f"PUB {subjects.TASK_FACTS} {len(FORGED)}\r\n".encode() + FORGED
            writer.write(
                b"CONNECT " + json.dumps(hello).encode() + b"\r\n" + forged + b"\r\nPING\r\n"
            )
            said = await reader.read()
    finally:
        writer.close()
    assert b"-ERR 'Authorization Violation'" in said
    assert b"PONG" not in said


# -- and everything works --------------------------------------------------------------------------


@pytest.fixture
async def api(stack: Stack) -> AsyncIterator[Api]:
    async with api_of(stack) as client:
        yield client


async def test_everything_works_with_no_more_than_that(stack: Stack, api: Api) -> None:
    hook = {"type": "webhook_trigger", "config": {"auth": "none"}}
    asking = chain(
        node("wait", "delay", duration="1s"),
        node("tell", "emit_event", event=f"told-{uuid4().hex}", data={"a": "1"}),
        node("ask", "approval", prompt="Go on?"),
        trigger=hook,
    )
    workflow = await api.workflow(asking)
    answer = await api.http.post(f"/api/webhooks/{workflow}", json={"a": 1})
    assert answer.status_code == 202, answer.text
    run = str(answer.json()["run_id"])
    (task,) = await api.tasks_of(run)
    assert (await api.decide(task["id"])).status_code == 200
    await api.run_when(run, "Completed")
    deleted = await api.workflow(APPROVAL)
    rejected = await api.start(deleted)
    (task,) = await api.tasks_of(rejected)
    assert (await api.decide(task["id"], "reject")).status_code == 200
    await api.run_when(rejected, "Failed")
    assert (await api.http.delete(f"/api/v1/workflows/{deleted}")).status_code == 204
    await asyncio.to_thread(_assert_nothing_was_refused, stack)


def _assert_nothing_was_refused(stack: Stack) -> None:
    logs = stack.data_dir / "logs"
    for service in SERVICES:
        lines = (logs / f"{service}.log").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if "InsufficientPrivilege" in line] == []
    said = (logs / "nats.log").read_text(encoding="utf-8").splitlines()
    # Thieves of the other tests have a name of their own.
    assert [line for line in said if "Violation" in line and "flusso-" in line] == []
