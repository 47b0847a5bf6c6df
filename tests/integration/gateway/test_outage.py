"""What the gateway says while PostgreSQL or NATS is away, and that it needs no help afterwards."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.local.nats import NatsServer
from deploy.local.postgres import PostgresServer
from services.gateway.entry import server as http_server
from tests.support.event_stream import listening
from tests.support.gateway import Gateway, eventually, publisher, ready, running_gateway
from tests.support.live_messages import run_event

RUN = "0190c0de-0000-7000-8000-000000000001"


async def test_without_postgresql_everything_is_503_within_5_s_and_then_works_again(
    tmp_path: Path, nats_url: str
) -> None:
    database = PostgresServer(tmp_path / "data", durable=False, output=tmp_path / "log")
    database.start()
    try:
        async with running_gateway(database.url, nats_url) as gateway:
            made = await gateway.admin.post("/api/v1/tokens", json={"name": "ci"})
            database.stop()
            bearer = {"authorization": f"Bearer {made.json()['token'][:-1]}x"}
            for method, path, headers in (
                ("GET", "/api/v1/tokens", {}),
                ("GET", "/api/v1/tasks", bearer),
                ("POST", f"/api/v1/workflows/{RUN}/runs", {}),
                ("POST", f"/api/webhooks/{RUN}", {}),
                ("POST", "/api/v1/sign-in-links", {}),
            ):
                began = time.monotonic()
                answer = await gateway.admin.request(method, path, headers=headers, timeout=10)
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
                assert time.monotonic() - began < 5
            assert (await gateway.anyone.get("/readyz")).status_code == 503
            assert (await gateway.anyone.get("/healthz")).status_code == 200
            database.start()
            await eventually(
                lambda: gateway.admin.get("/api/v1/tokens"),
                lambda answer: answer.status_code == 200,
            )
    finally:
        database.stop()


async def test_a_database_that_hangs_is_no_reason_to_hang(gateway: Gateway) -> None:
    async with gateway.runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE api_tokens, intake IN ACCESS EXCLUSIVE MODE")
        for method, path in (("GET", "/api/v1/tokens"), ("POST", f"/api/v1/workflows/{RUN}/runs")):
            began = time.monotonic()
            answer = await gateway.admin.request(method, path, timeout=10)
            assert answer.status_code == 503
            assert time.monotonic() - began < 5


async def test_a_restart_of_nats_is_survived_by_gateway_and_listeners(
    tmp_path: Path, database_url: str
) -> None:
    broker = NatsServer(tmp_path / "data", output=tmp_path / "log")
    broker.start()
    try:
        async with (
            running_gateway(database_url, broker.url) as gateway,
            publisher(broker.url) as relay,
        ):
            await ready(gateway)
            async with listening(gateway.admin, "topics=runs") as listener:
                await relay.runs(run_event("a", 1))
                first = await listener.next("message")
                broker.kill9()
                broker.start()
                await _say(broker.url, run_event("a", 2))
                told = await listener.next()
                while told.name != "message":
                    told = await listener.next()
                assert [first.version, told.version] == [("a", 1), ("a", 2)]
    finally:
        broker.stop()


async def _say(url: str, event: bytes) -> None:
    async with publisher(url) as relay:
        await relay.runs(event)


async def test_without_nats_the_gateway_starts_keeps_what_arrives_and_stops_in_time(
    tmp_path: Path, database_url: str
) -> None:
    broker = NatsServer(tmp_path / "data", output=tmp_path / "log")
    broker.start()
    url = broker.url
    broker.stop()
    async with running_gateway(database_url, url) as gateway:
        kept = await gateway.admin.post(f"/api/v1/workflows/{RUN}/runs", json={})
        assert kept.status_code == 202
        events = await gateway.admin.get("/api/v1/events?topics=runs", timeout=10)
        assert events.status_code == 503
        began = time.monotonic()
    assert time.monotonic() - began < 5


async def test_half_a_request_is_hung_up_on(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "head_seconds_max", 0.1)
    host, port = gateway.url.removeprefix("http://").split(":")
    for half in (b"", b"GET / HTTP/1.1\r\nhost: x\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(half)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_the_gateway_stops_in_time_when_nats_has_gone_away(
    tmp_path: Path, database_url: str
) -> None:
    broker = NatsServer(tmp_path / "data", output=tmp_path / "log")
    broker.start()
    async with running_gateway(database_url, broker.url) as gateway:
        async with publisher(broker.url):
            await ready(gateway)
        broker.stop()
        assert (await gateway.admin.get("/api/v1/tasks")).status_code == 503
        began = time.monotonic()
    assert time.monotonic() - began < 5


async def test_a_head_without_end_is_hung_up_on(gateway: Gateway) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    for line in (b"x" * 10_000, b"x: y\r\n" * 2_000):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\na: ")
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                for _ in range(200):
                    writer.write(line)
                    await writer.drain()
                assert (await reader.read()).startswith(b"HTTP/1.1 400")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    assert (await gateway.anyone.get("/healthz")).status_code == 200


async def test_a_connection_serves_many_requests_one_after_the_other(gateway: Gateway) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    padding = b"x" * 1_000
    for _ in range(100):
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\na: " + padding + b"\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(len(b'{"status":"ok"}'))
    writer.close()
    await writer.wait_closed()
