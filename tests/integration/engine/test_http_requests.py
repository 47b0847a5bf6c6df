"""The worker: what it asks of others, what it makes of their answers, and where it does not go."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts.base import Json, JsonObject
from contracts.envelope import BATCH
from contracts.run_view import RunView
from contracts.subjects import RUN_EVENTS, RUN_NODE_SCHEDULED, WORKER_ON_NODE_SCHEDULED
from services.chassis.job_consumer import JobConsumer
from services.chassis.rpc import Caller
from services.engine.adapters.checked_http import CheckedClient
from services.engine.app.perform_http import perform_http
from services.engine.app.worker import WORKER_BROKE
from services.engine.domain.addresses import parse_networks
from services.engine.main import ON_NODE_SCHEDULED
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_service
from tests.support.http_target import Target, answer, code_of, http_target, job, json_answer
from tests.support.runs import edge, node, workflow
from tests.support.tasks import run_event
from tests.support.workers import worker_of

LOOPBACK = "127.0.0.0/8"


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with http_target() as found:
        yield found


@pytest.fixture
async def engine(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Engine]:
    """May reach this machine."""
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", LOOPBACK)
    async with engine_service(database_url, nats_url) as found:
        yield found


@pytest.fixture
async def client() -> AsyncIterator[CheckedClient]:
    """May reach this machine."""
    found = CheckedClient(parse_networks(LOOPBACK))
    yield found
    await found.close()


def calling(url: str, **config: Json) -> JsonObject:
    return workflow([node("call", "http_request", url=url, **config)])


async def run_of(engine: Engine, definition: JsonObject, given: Json = None) -> RunView:
    run = await engine.start(await engine.workflow(definition), given)
    return await engine.ended(run.id)


# -- answers -----------------------------------------------------------------------------------------------------------


async def test_json_is_read_and_is_the_output_of_the_node(engine: Engine, target: Target) -> None:
    target.will_answer(json_answer(b'{"id":7,"tags":["a"]}'))

    run = await run_of(
        engine,
        calling(
            target.url + "/letters/{{ trigger.output.id }}",
            method="POST",
            query={"q": "a b&c"},
            headers={"X-Id": "{{ trigger.output.id }}"},
            body={"to": "{{ trigger.output.to }}"},
        ),
        {"id": "ü 1", "to": "Ada"},
    )

    assert run.status == "Completed"
    assert (run.output["status"], run.output["ok"]) == (200, True)
    assert run.output["body"] == {"id": 7, "tags": ["a"]}
    (asked,) = target.asked
    assert asked.line == "POST /letters/%C3%BC%201?q=a+b%26c HTTP/1.1"
    assert (asked.body, asked.headers["content-type"]) == (b'{"to":"Ada"}', "application/json")
    assert asked.headers["idempotency-key"] == f"{run.id}/call/1/1"
    assert asked.headers["user-agent"] == "Flusso"


async def test_after_a_failure_the_timer_asks_again_under_a_key_of_its_own(
    engine: Engine, target: Target
) -> None:
    target.will_answer(answer(b"busy", 500), answer(b"busy", 503), answer(b"fine"))

    run = await run_of(engine, calling(target.url, retries=3, retry_delay=0.01))

    assert (run.status, run.output["body"]) == ("Completed", "fine")
    assert target.keys() == [f"{run.id}/call/1/{attempt}" for attempt in (1, 2, 3)]
    assert [step.attempt for step in run.trace if step.node == "call"] == [3]
    for table in ("jobs", "timers"):
        assert await engine.runtime.pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


async def test_an_error_takes_its_port_and_leaves_the_answer_to_be_read(
    engine: Engine, target: Target
) -> None:
    target.will_answer(json_answer(b'{"why":"gone"}', 410))
    definition = workflow(
        [
            node("call", "http_request", url=target.url, retries=5),
            node(
                "told", "transform", why="{{ call.output.body.why }}", code="{{ call.error.code }}"
            ),
            node("fine", "transform", a=1),
        ],
        [edge("trigger", "call"), edge("call", "fine"), edge("call", "told", "error")],
    )

    run = await run_of(engine, definition)

    assert (run.status, run.output) == ("Completed", {"why": "gone", "code": "error-status"})
    assert len(target.asked) == 1


async def test_an_error_without_a_port_fails_the_run(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"x" * 100_000, 404))

    run = await run_of(engine, calling(target.url + "/a?key=hidden"))

    assert run.status == "Failed"
    assert run.error is not None
    assert (run.error.code, run.error.node) == ("error-status", "call")
    assert run.error.details == {"url": target.url + "/a"}


async def test_a_server_that_never_answers_costs_its_time_and_no_more(
    client: CheckedClient, target: Target
) -> None:
    target.will_answer(None)

    found = await perform_http(client, job(target.url, timeout_seconds=0.2))

    assert (found["error"].code, found["retryable"]) == ("request-timed-out", True)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (answer(b"x" * 300_000), "output-too-large"),
        (answer(b"\x01" * 200_000), "output-too-large"),  # six bytes each as JSON
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffff\r\n" + b"x" * 0xFFFFF,
            "output-too-large",
        ),
        (b"no HTTP at all\r\n\r\n", "request-failed"),
        (answer(b"x" * 200_000, 503)[:1_000] + b"\x01" * 199_900, "error-status"),
    ],
)
async def test_an_answer_that_cannot_be_used_fails_the_node(
    client: CheckedClient, target: Target, told: bytes, code: str
) -> None:
    target.will_answer(told)

    assert await code_of(client, target.url) == code


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"a":1e999}', '{"a":1e999}'),
        (b"{", "{"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"a\0b", "a\ufffdb"),
        (b"", ""),
        (b"[1]", [1]),
    ],
)
async def test_a_body_that_is_not_what_it_says_is_text(
    client: CheckedClient, target: Target, body: bytes, wanted: Json
) -> None:
    target.will_answer(json_answer(body))

    found = await perform_http(client, job(target.url))

    assert found["output"]["body"] == wanted


# -- requests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "http://[::1",
        "http://a]b/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "http://",
        "http:///path",
        "nothing",
        "http://\u2100.example/",
        "http://" + "ü" * 300 + ".example/",
    ],
)
async def test_a_url_that_cannot_be_asked_fails_its_node_and_nothing_else(
    client: CheckedClient, url: str
) -> None:
    assert await code_of(client, url) == "invalid-request"


async def test_an_unreadable_url_does_not_stop_the_worker(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"fine"))

    broken = await run_of(engine, calling("http://{{ trigger.output.host }}/"), {"host": "["})
    fine = await run_of(engine, calling(target.url))

    assert broken.error is not None
    assert (broken.status, broken.error.code) == ("Failed", "invalid-request")
    assert fine.status == "Completed"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Evil": "a\r\nHost: other"},
        {"X-Evil\r\nX": "a"},
        {"X-Evil": "a\nb"},
        {"X-Evil": "a\0"},
        {"X Evil": "a"},
        {"X-Evil": "\u2028"},
        {"é": "a"},
        {"": "a"},
        {"Host": "other"},
        {"content-LENGTH": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "upgrade"},
    ],
)
async def test_a_header_that_would_be_two_or_change_the_framing_is_not_sent(
    client: CheckedClient, target: Target, headers: dict[str, str]
) -> None:
    target.will_answer(answer(b"fine"))

    assert await code_of(client, target.url, headers=headers) == "invalid-request"
    assert target.asked == []


@pytest.mark.parametrize("path", ["/a\r\nX-Evil: b", "/a b", "/ü?x=ü#part", "/%0d%0aX-Evil:b"])
async def test_a_path_stays_on_its_line(client: CheckedClient, target: Target, path: str) -> None:
    target.will_answer(answer(b"fine"))

    await perform_http(client, job(target.url + path))

    (asked,) = target.asked
    assert "x-evil" not in asked.headers
    assert len(asked.line.split(" ")) == 3
    assert asked.line.isascii()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_request_without_a_body_says_so(
    client: CheckedClient, target: Target, method: str
) -> None:
    target.will_answer(answer(b"fine"))

    await perform_http(client, job(target.url, method=method))

    assert target.asked[0].headers["content-length"] == "0"


# -- the worker dies ---------------------------------------------------------------------------------------------------


async def test_a_worker_that_dies_after_its_effect_repeats_it_under_the_same_key(
    database_url: str, nats_url: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", LOOPBACK)
    target.will_answer(None, answer(b"fine"))
    async with engine_service(database_url, nats_url) as engine:
        run = await engine.start(await engine.workflow(calling(target.url)))
        await target.arrived.wait()
        # The request is out, its answer is not in: the engine goes down.
    target.arrived.clear()
    async with engine_service(database_url, nats_url) as engine:
        found = await engine.ended(run.id)
        await until(lambda: is_settled(engine))
    assert found.status == "Completed"
    # The relay may have told of it twice, too, before the result was recorded.
    assert len(target.asked) >= 2
    assert set(target.keys()) == {f"{run.id}/call/1/1"}


async def test_a_job_that_is_told_again_after_its_result_is_not_performed_again(
    engine: Engine, target: Target
) -> None:
    """As after the broker was wiped: everything is told once more."""
    target.will_answer(answer(b"fine"))
    run = await run_of(engine, calling(target.url))
    jetstream = engine.client.jetstream()
    told = await jetstream.get_last_msg(RUN_EVENTS, RUN_NODE_SCHEDULED)
    for _ in range(3):
        await jetstream.publish(RUN_NODE_SCHEDULED, told.data or b"")

    await until(lambda: is_settled(engine))

    assert target.keys() == [f"{run.id}/call/1/1"]


async def test_a_job_that_is_told_again_while_it_is_performed_is_performed_once(
    engine: Engine, target: Target
) -> None:
    target.will_answer(None)
    await engine.start(await engine.workflow(calling(target.url)))
    await target.arrived.wait()
    jetstream = engine.client.jetstream()
    told = await jetstream.get_last_msg(RUN_EVENTS, RUN_NODE_SCHEDULED)
    for _ in range(3):
        await jetstream.publish(RUN_NODE_SCHEDULED, told.data or b"")

    async def only_the_first_is_left() -> bool:
        info = await jetstream.consumer_info(RUN_EVENTS, WORKER_ON_NODE_SCHEDULED)
        return (info.num_pending, info.num_ack_pending) == (0, 1)

    await until(only_the_first_is_left)
    assert len(target.asked) == 1


async def is_settled(engine: Engine) -> bool:
    info = await engine.client.jetstream().consumer_info(RUN_EVENTS, WORKER_ON_NODE_SCHEDULED)
    return not info.num_ack_pending and not info.num_pending


async def test_what_was_done_is_not_done_again_while_nobody_takes_its_result(
    engine: Engine, target: Target, client: CheckedClient
) -> None:
    """As when the engine is being restarted: the worker keeps what it has found."""
    target.will_answer(None, answer(b"fine"))
    run = await engine.start(await engine.workflow(calling(target.url)))
    await target.arrived.wait()
    target.arrived.clear()
    told = await engine.client.jetstream().get_last_msg(RUN_EVENTS, RUN_NODE_SCHEDULED)
    (event,) = BATCH.validate_json(told.data or b"")
    away = Caller(None)
    pool = engine.runtime.pool
    worker = worker_of(pool, client, away)
    performing = asyncio.ensure_future(worker.perform(event))
    await target.arrived.wait()
    await asyncio.wait([performing], timeout=0.3)
    assert not performing.done()

    away.connection = engine.client
    await performing

    assert (await engine.ended(run.id)).status == "Completed"
    assert len(target.asked) == 2


async def test_messages_that_are_no_jobs_do_not_stop_the_worker(
    engine: Engine, target: Target, client: CheckedClient
) -> None:
    target.will_answer(answer(b"fine"))
    pool = engine.runtime.pool
    worker = worker_of(pool, client, engine.runtime.caller)
    jobs = JobConsumer(engine.client, ON_NODE_SCHEDULED, worker.perform, worker.give_up)
    helping = asyncio.ensure_future(jobs.run())
    scheduled = run_event("flusso.run.node_scheduled", job(target.url).model_dump(mode="json"))
    odd = scheduled.model_copy(update={"subject": "x"})
    for payload in (b"[]", b"no json", b'[{"id":1}]', b"[" + odd.model_dump_json().encode() + b"]"):
        await engine.client.jetstream().publish(RUN_NODE_SCHEDULED, payload)
    found = await asyncio.gather(*(run_of(engine, calling(target.url)) for _ in range(6)))
    helping.cancel()
    await asyncio.gather(helping, return_exceptions=True)

    assert {run.status for run in found} == {"Completed"}
    assert len(target.asked) == 6


async def test_a_node_that_breaks_its_worker_each_time_fails(
    engine: Engine, target: Target, client: CheckedClient
) -> None:
    """Whoever waits for the run learns it, and not what the error said: that may hold a secret."""
    target.will_answer(None)
    run = await engine.start(await engine.workflow(calling(target.url)))
    await target.arrived.wait()
    told = await engine.client.jetstream().get_last_msg(RUN_EVENTS, RUN_NODE_SCHEDULED)
    (event,) = BATCH.validate_json(told.data or b"")
    worker = worker_of(engine.runtime.pool, client, engine.runtime.caller)

    await worker.give_up(event, KeyError("hunter2"))

    ended = await engine.ended(run.id)
    assert ended.status == "Failed"
    assert ended.error is not None
    assert ended.error.code == WORKER_BROKE
    assert "KeyError" in ended.model_dump_json()
    assert "hunter2" not in ended.model_dump_json()
