"""The worker against servers that mean it harm, or know no measure: in size, in time, in certificates, in bytes."""

import asyncio
import gzip
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from contracts.base import Json
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.host_turns import hands_max, per_host_max
from services.engine.app.perform_http import perform_http
from services.engine.domain.addresses import parse_networks
from tests.support.certificates import Authority
from tests.support.engine_service import engine_service
from tests.support.http_target import Target, answer, code_of, http_target, job
from tests.support.runs import node, workflow

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def client() -> AsyncIterator[CheckedClient]:
    """May reach this machine."""
    found = CheckedClient(parse_networks("127.0.0.0/8"))
    yield found
    await found.close()


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with http_target() as found:
        yield found


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[str]:
    """A server that says what it likes after the head of a request."""
    talks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


def for_ever(begin: bytes, part: bytes, pause: float = 0) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk


# -- no measure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "part", "pause", "code"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", b"x", 0.01, "request-timed-out"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n", 0.01, "request-timed-out"),
        (b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 1_000 + b"\r\n", 0, "request-failed"),
        (b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1_000, 0, "request-failed"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0, "request-failed"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000, 0, "output-too-large"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n" * 100,
            0,
            "output-too-large",
        ),
        (b"", b"", 0.01, "request-timed-out"),
    ],
    ids=["body", "heads", "head", "header", "interim", "open end", "chunks", "silence"],
)
async def test_what_never_ends_is_ended(
    client: CheckedClient, begin: bytes, part: bytes, pause: float, code: str
) -> None:
    seconds = 0.5 if code == "request-timed-out" else 60
    async with talking(for_ever(begin, part, pause)) as url, asyncio.timeout(90):
        assert await code_of(client, url, timeout_seconds=seconds) == code


async def test_a_bomb_stays_packed(client: CheckedClient, target: Target) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 60_000
    target.will_answer(answer(bomb, content_encoding="gzip", content_type="text/plain"))

    found = await perform_http(client, job(target.url))

    assert len(found["output"]["body"]) <= len(bomb)
    assert "accept-encoding" not in target.asked[0].headers


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\ncontent-length: 1\n\nx",
        b"HTTP/1.1 200 OK\r\nx: y\r\n folded\r\ncontent-length: 1\r\n\r\nx",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n",
        b"\x16\x03\x01\x00\x01\x01",
    ],
)
async def test_what_can_be_read_in_two_ways_is_not_read(
    client: CheckedClient, target: Target, told: bytes
) -> None:
    target.will_answer(told)

    assert await code_of(client, target.url) == "request-failed"


@pytest.mark.parametrize(
    ("told", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"then"), 200, "then"),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + answer(b"then"), 200, "then"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nt: 1\r\n\r\n",
            200,
            "abc",
        ),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na", 200, "a"),
    ],
)
async def test_answers_are_read_as_they_are_meant(
    client: CheckedClient, target: Target, told: bytes, status: int, body: str
) -> None:
    target.will_answer(told)

    for _ in range(2):
        output = (await perform_http(client, job(target.url)))["output"]
        assert (output["status"], output["body"]) == (status, body)
        assert "link" not in output["headers"]
        assert "t" not in output["headers"]


async def test_an_answer_without_a_length_ends_with_its_connection(client: CheckedClient) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of it")

    async with talking(talk) as url:
        assert (await perform_http(client, job(url)))["output"]["body"] == "all of it"


async def test_an_answer_that_breaks_off_is_none(client: CheckedClient) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of")

    async with talking(talk) as url:
        assert await code_of(client, url) == "request-failed"


async def test_the_head_of_a_page_has_no_body(client: CheckedClient, target: Target) -> None:
    target.will_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")

    found = await perform_http(client, job(target.url, method="HEAD", timeout_seconds=2))

    assert found["output"]["body"] == ""


# -- connections that are used again -----------------------------------------------------------------------------------


async def test_requests_share_a_connection(client: CheckedClient, target: Target) -> None:
    target.will_answer(answer(b"fine"))

    for method in ("GET", "POST", "GET"):
        assert "output" in await perform_http(client, job(target.url, method=method))

    assert (len(target.asked), target.connections) == (3, 1)


async def test_an_answer_that_nobody_asked_for_belongs_to_nobody(
    client: CheckedClient, target: Target
) -> None:
    """The next request must not be answered with what a server has put behind an answer."""
    target.will_answer(answer(b"mine") + answer(b"planted"), answer(b"next"))

    bodies = [(await perform_http(client, job(target.url)))["output"]["body"] for _ in range(2)]

    assert bodies == ["mine", "next"]
    assert target.connections == 2


@pytest.mark.parametrize(
    ("method", "sent", "ends"), [("GET", 3, "output"), ("POST", 2, "error"), ("PATCH", 2, "error")]
)
async def test_a_connection_that_was_closed_meanwhile_costs_a_repeat_only_where_that_does_no_harm(
    client: CheckedClient, method: str, sent: int, ends: str
) -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.write(answer(b"fine"))
        await reader.readuntil(b"\r\n\r\n")
        asked += 1  # and no answer: the connection is closed

    async with talking(talk) as url:
        await perform_http(client, job(url, method=method))
        found = await perform_http(client, job(url, method=method))

    assert (asked, ends in found) == (sent, True)


# -- certificates ------------------------------------------------------------------------------------------------------


async def test_a_server_that_proves_who_it_is_is_asked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    client = CheckedClient(parse_networks("127.0.0.0/8"), context=authority.trusting())
    async with http_target(context=authority.server()) as target:
        target.will_answer(answer(b"fine"))
        assert "output" in await perform_http(client, job(target.url))
        await client.close()


@pytest.mark.parametrize("flaw", ["unknown authority", "other name", "expired", "no TLS"])
async def test_a_server_that_cannot_prove_who_it_is_is_told_nothing(
    tmp_path: Path, flaw: str
) -> None:
    authority = Authority(tmp_path)
    context, served = authority.trusting(), authority.server()
    match flaw:
        case "unknown authority":
            context = Authority(tmp_path).trusting()
        case "other name":
            served = authority.server("other.example.org")
        case "expired":
            served = authority.server(lifetime=-timedelta(days=1))
        case _:
            pass
    client = CheckedClient(parse_networks("127.0.0.0/8"), context=context)
    async with http_target(context=None if flaw == "no TLS" else served) as target:
        target.will_answer(answer(b"fine"))
        url = target.url.replace("http://", "https://")
        value = secrets.token_hex()
        found = await perform_http(client, job(url, headers={"X-Token": value}, timeout_seconds=1))
        await client.close()

    expected = "request-timed-out" if flaw == "no TLS" else "certificate-refused"
    assert found["error"].code == expected
    assert all(value not in str(asked) for asked in target.asked)


# -- names that move ---------------------------------------------------------------------------------------------------


def resolving(*answers: list[str]) -> Callable[..., list[Any]]:
    """A resolver that answers otherwise each time, then as the last time."""
    left = list(answers)
    known = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: int, **more: int) -> list[Any]:
        if host != "moving.example.com":
            return known(host, *rest, **more)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [entry for address in found for entry in known(address, *rest, **more)]

    return getaddrinfo


async def test_a_name_that_moves_inside_is_followed_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127.0.0.2 is the world here, and 127.0.0.1 what must not be reached."""
    client = CheckedClient(parse_networks("127.0.0.2/32"))
    async with http_target("127.0.0.2") as world:
        port = urlsplit(world.url).port
        assert port is not None
        async with http_target("127.0.0.1", port) as inside:
            for each in (world, inside):
                each.will_answer(answer(b"fine"))
            url = f"http://moving.example.com:{port}/"
            moves = resolving(["127.0.0.2"], ["127.0.0.1"])
            monkeypatch.setattr(socket, "getaddrinfo", moves)

            first = await perform_http(client, job(url))
            same_connection = await perform_http(client, job(url))
            await client.close()
            later = await code_of(client, url)

            mixed = resolving(["127.0.0.1", "127.0.0.2"])
            monkeypatch.setattr(socket, "getaddrinfo", mixed)
            found = await perform_http(client, job(url))
            await client.close()

            assert all("output" in each for each in (first, same_connection, found))
            assert later == "address-refused"
            assert inside.connections == 0


# -- one host and the others -------------------------------------------------------------------------------------------


async def test_a_host_gets_no_more_connections_than_its_share(
    client: CheckedClient, target: Target
) -> None:
    target.will_answer(answer(b"fine"))

    found = await asyncio.gather(*(perform_http(client, job(target.url)) for _ in range(100)))

    assert all("output" in each for each in found)
    assert target.connections <= 10


async def test_a_host_that_hangs_keeps_nobody_from_another(
    client: CheckedClient, target: Target
) -> None:
    target.will_answer(answer(b"fine"))
    async with http_target() as slow:
        slow.will_answer(None)
        stuck: list[asyncio.Task[dict[str, Json]]] = [
            asyncio.create_task(perform_http(client, job(slow.url))) for _ in range(50)
        ]
        await slow.arrived.wait()

        async with asyncio.timeout(60):
            other = target.url.replace("127.0.0.1", "localhost")
            found = await perform_http(client, job(other))

        for each in stuck:
            each.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    assert found["output"]["body"] == "fine"


async def test_more_jobs_for_a_host_that_hangs_than_there_are_hands_hold_up_no_other_run(
    database_url: str, nats_url: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
    target.will_answer(answer(b"fine"))
    async with http_target("127.0.0.2") as slow:
        slow.will_answer(None)
        async with engine_service(database_url, nats_url) as engine:
            hanging = await engine.workflow(workflow([node("call", "http_request", url=slow.url)]))
            quick = await engine.workflow(workflow([node("call", "http_request", url=target.url)]))
            await asyncio.gather(*(engine.start(hanging) for _ in range(2 * hands_max)))
            await slow.arrived.wait()

            run = await engine.start(quick)
            found = await engine.ended(run.id, "Completed")

            assert found.output["body"] == "fine"
            assert slow.connections == per_host_max
