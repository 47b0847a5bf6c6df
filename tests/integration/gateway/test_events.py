import time
from contextlib import AsyncExitStack

import httpx
import nats
import pytest

from contracts import subjects
from services.gateway.entry import events
from tests.support.event_stream import listening
from tests.support.gateway import Gateway, publisher, ready, running_gateway
from tests.support.live_messages import run_event, task_event
from tests.support.servers import Broker

A = "0190c0de-0000-7000-8000-00000000000a"
B = "0190c0de-0000-7000-8000-00000000000b"
T = "0190c0de-0000-7000-8000-00000000000c"


async def test_a_stream_greets_and_then_tells_what_happens(gateway: Gateway, nats_url: str) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with listening(gateway.admin, "topics=tasks,runs") as listener:
            hello = await listener.next()
            assert (hello.name, hello.data["pending"]) == ("hello", None)
            assert {"build", "server_time"} <= hello.data.keys()
            await relay.runs(run_event(A, 1), run_event(A, 2))
            await relay.tasks(task_event(T, 1, run=A))
            told = [await listener.next("message") for _ in range(3)]
            assert sorted(event.version for event in told) == [(A, 1), (A, 2), (T, 1)]


async def test_topics_and_runs_choose_what_is_told(gateway: Gateway, nats_url: str) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with (
            listening(gateway.admin, "topics=tasks") as tasks,
            listening(gateway.admin, f"run_id={A}&run_id={B}") as runs,
        ):
            await relay.runs(run_event("other", 1), run_event(A, 1), run_event(B, 1))
            assert [(await runs.next("message")).version for _ in range(2)] == [(A, 1), (B, 1)]
            await relay.tasks(task_event("other", 1, run="other"), task_event(T, 1, run=A))
            assert (await runs.next("message")).version == (T, 1)
            assert (await tasks.next("message")).version == ("other", 1)


async def test_who_was_away_resumes_at_any_replica(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with listening(gateway.admin, "topics=runs") as listener:
            await relay.runs(run_event(A, 1), run_event(A, 2))
            seen = await listener.next("message")
            assert seen.version == (A, 1)
        await relay.runs(run_event(A, 3))
        async with running_gateway(database_url, nats_url) as other:
            await ready(other)
            async with listening(other.admin, "topics=runs", seen.id) as listener:
                await relay.runs(run_event(A, 4))
                told = [await listener.next("message") for _ in range(3)]
                assert [event.version for event in told] == [(A, 2), (A, 3), (A, 4)]


async def test_repeated_messages_are_told_once(gateway: Gateway, nats_url: str) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with listening(gateway.admin, "topics=runs") as listener:
            await relay.runs(run_event(A, 1), run_event(A, 2))
            await relay.runs(run_event(A, 1), run_event(A, 2), run_event(A, 3))
            told = [await listener.next("message") for _ in range(3)]
            assert [event.version for event in told] == [(A, 1), (A, 2), (A, 3)]


async def test_wiped_storage_makes_listeners_start_over_and_hear_on(
    gateway: Gateway, nats_server: Broker, nats_url: str
) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with listening(gateway.admin, "topics=runs") as listener:
            await relay.runs(run_event(A, 1))
            await listener.next("message")
            nats_server.reset()
            async with publisher(nats_server.url) as restarted:
                await restarted.runs(run_event(A, 2))
                assert (await listener.next()).name == "reset"
                assert (await listener.next("message")).version == (A, 2)


async def test_a_deleted_consumer_is_made_again(gateway: Gateway, nats_url: str) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        async with listening(gateway.admin, "topics=runs") as listener:
            for consumer in await relay.streams.consumers_info(subjects.RUN_EVENTS):
                await relay.streams.delete_consumer(subjects.RUN_EVENTS, consumer.name)
            await relay.runs(run_event(A, 1))
            assert (await listener.next("message")).version == (A, 1)


async def test_a_revoked_token_ends_its_stream(
    gateway: Gateway, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "ping_seconds", 0.05)
    made = (await gateway.admin.post("/api/v1/tokens", json={"name": "ci"})).json()
    bearer = {"authorization": f"Bearer {made['token']}"}
    async with publisher(nats_url), httpx.AsyncClient(base_url=gateway.url, headers=bearer) as ci:
        await ready(gateway)
        async with listening(ci, "topics=runs") as listener:
            await listener.next("hello")
            await gateway.admin.delete(f"/api/v1/tokens/{made['id']}")
            assert await listener.ends()


async def test_streams_do_not_hold_up_the_end_of_the_process(
    database_url: str, nats_url: str
) -> None:
    async with publisher(nats_url), AsyncExitStack() as stack:
        async with running_gateway(database_url, nats_url) as gateway:
            await ready(gateway)
            browser = await stack.enter_async_context(gateway.browser())
            browser.headers["authorization"] = gateway.admin.headers["authorization"]
            listener = await stack.enter_async_context(listening(browser, "topics=runs"))
            await listener.next("hello")
            began = time.monotonic()
        assert await listener.ends()
        assert time.monotonic() - began < 3


async def test_a_poisonous_message_harms_nothing(gateway: Gateway, nats_url: str) -> None:
    async with publisher(nats_url) as relay:
        await ready(gateway)
        connection = await nats.connect(nats_url)
        async with listening(gateway.admin, "topics=runs") as listener:
            for payload in (b"", b"[", b"null", b'[{"subject": 1}]'):
                await connection.jetstream().publish(subjects.RUN_FACTS, payload)
            await relay.runs(run_event(A, 1))
            assert (await listener.next("message")).version == (A, 1)
        await connection.close()


async def test_odd_wishes_are_refused(gateway: Gateway) -> None:
    for query in ("topics=everything", "run_id=x"):
        answer = await gateway.admin.get(f"/api/v1/events?{query}")
        assert answer.status_code == 422
