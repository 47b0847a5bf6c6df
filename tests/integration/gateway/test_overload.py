"""More than can be done: an answer at once for whoever asks, a row for deliveries, and people still decide."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import nats
import orjson
import pytest
from nats.aio.msg import Msg

from contracts import subjects
from contracts.rpc import encode_ok, encode_unavailable
from services.gateway.app import begin_run
from services.gateway.entry import gate
from tests.support.gateway import Gateway, eventually, running_gateway, until

BUSY = encode_unavailable("more is asked than can be done", overloaded=True)


async def test_a_few_starts_are_kept_more_are_refused_early_and_deliveries_are_kept(
    gateway: Gateway, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(message: Msg) -> None:
        await message.respond(BUSY)

    busy = await nats.connect(nats_url)
    try:
        for subject in (subjects.START_RUN, subjects.RECEIVE_DELIVERY, subjects.DECIDE_TASK):
            await busy.subscribe(subject, cb=refuse)
        await busy.flush()
        workflow = uuid4()

        path = f"/api/v1/workflows/{workflow}/runs"
        kept = await gateway.admin.post(path, json={})
        monkeypatch.setattr(begin_run, "kept_when_busy_max", 0)
        start = await gateway.admin.post(path, json={})
        decision = await gateway.admin.post(f"/api/v1/tasks/{uuid4()}/approve", json={})
        delivery = await gateway.anyone.post(f"/api/webhooks/{workflow}", json={})

        for refused in (start, decision):
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert 1 <= int(refused.headers["retry-after"]) <= 4
        assert (kept.status_code, delivery.status_code) == (202, 202)
        kinds = await gateway.runtime.pool.fetch("SELECT kind FROM intake ORDER BY position")
        assert [row["kind"] for row in kinds] == ["start_run", "receive_delivery"]
    finally:
        await busy.close()


class Held:
    """An engine that hears of starts and answers none until it is let go, then all."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._let_go = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()

    async def on_start(self, message: Msg) -> None:
        order = orjson.loads(message.data)
        self.heard.append(order["run_id"])
        answer = asyncio.create_task(self._answer(message, order["run_id"]))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    async def _answer(self, message: Msg, run_id: str) -> None:
        await self._let_go.wait()
        await message.respond(encode_ok({"id": run_id}))

    def let_go(self) -> None:
        self._let_go.set()


@asynccontextmanager
async def held_engine(nats_url: str) -> AsyncIterator[Held]:
    """Starts are held; decisions are answered at once."""
    held = Held()

    async def decide(message: Msg) -> None:
        await message.respond(encode_ok({"id": "decided"}))

    connection = await nats.connect(nats_url)
    try:
        await connection.subscribe(subjects.START_RUN, cb=held.on_start)
        await connection.subscribe(subjects.DECIDE_TASK, cb=decide)
        await connection.flush()
        yield held
    finally:
        held.let_go()
        await connection.close()


async def test_more_than_can_be_done_is_refused_early_and_people_still_decide(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "places_at_first", 4)
    monkeypatch.setattr(begin_run, "ask_seconds_max", 300.0)
    async with running_gateway(database_url, nats_url) as gateway, held_engine(nats_url) as held:
        path = f"/api/v1/workflows/{uuid4()}/runs"
        starts = [
            asyncio.create_task(gateway.admin.post(path, json={}, timeout=120)) for _ in range(40)
        ]
        await until(lambda: sum(one.done() for one in starts) == 36)  # none of the 4 that are held

        refused = [one.result() for one in starts if one.done()]
        decision = await gateway.admin.post(f"/api/v1/tasks/{uuid4()}/approve", json={})
        delivery = await gateway.anyone.post(f"/api/webhooks/{uuid4()}", json={})
        health = await gateway.anyone.get("/healthz")

        assert {one.status_code for one in refused} == {503}
        assert {one.json()["code"] for one in refused} == {"overloaded"}
        assert all(1 <= int(one.headers["retry-after"]) <= 4 for one in refused)
        assert all("x-request-id" in one.headers for one in refused)
        assert (decision.status_code, health.status_code) == (200, 200)
        assert delivery.status_code == 202
        held.let_go()
        done = [one for one in await asyncio.gather(*starts) if one.status_code == 201]
        assert sorted(one.json()["id"] for one in done) == sorted(held.heard)
        assert len(held.heard) == 4
        await eventually(
            lambda: gateway.admin.post(path, json={}), lambda one: one.status_code == 201
        )


async def test_a_connection_goes_on_after_a_refusal_whatever_was_sent_behind_it(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "at_once_max", dict.fromkeys(gate.at_once_max, 0))
    async with running_gateway(database_url, nats_url) as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        length = 500_000
        head = f"POST /api/v1/workflows HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        many = 300
        writer.write(head.encode() + b"x" * length)
        writer.write(b"GET /api/v1/tasks HTTP/1.1\r\nhost: x\r\n\r\n" * many)
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        async with asyncio.timeout(60):
            answers = await reader.read(-1)
        writer.close()
        await writer.wait_closed()

        assert answers.count(b"HTTP/1.1 503") == 1 + many
        assert answers.count(b"retry-after: ") == 1 + many
        assert answers.endswith(b'{"status":"ok"}')
