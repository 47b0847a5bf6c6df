"""Where the worker does not go, whatever it is called."""

import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from services.engine.adapters.checked_http import CheckedClient
from services.engine.app.perform_http import perform_http
from services.engine.domain.addresses import parse_networks
from tests.support.http_target import Target, answer, code_of, http_target, job

LOOPBACK = "127.0.0.0/8"


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with http_target() as found:
        yield found


@pytest.fixture
async def client() -> AsyncIterator[CheckedClient]:
    """May reach this machine."""
    found = CheckedClient(parse_networks(LOOPBACK))
    yield found
    await found.close()


@pytest.fixture
async def guarded() -> AsyncIterator[CheckedClient]:
    """May reach public addresses only."""
    found = CheckedClient(())
    yield found
    await found.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.255.255.254",
        "0x7f000001",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0",
        "0.0.0.0",  # noqa: S104 - an address to be refused
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "localhost",
        "LOCALHOST.",
        "user:secret@127.0.0.1",
        "\u2460\u2461\u2466.0.0.1",
        "127\u30020\u30020\u30021",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
async def test_every_notation_of_an_inner_address_is_refused(
    guarded: CheckedClient, target: Target, host: str
) -> None:
    port = target.url.rpartition(":")[2]
    target.will_answer(answer(b"secret"))

    code = await code_of(guarded, f"http://{host}:{port}/", timeout_seconds=3)

    # A notation that the resolver does not know leads nowhere either.
    assert code in {"address-refused", "request-failed", "invalid-request"}
    assert code == "address-refused" or host in {
        "LOCALHOST.",
        "0177.0.0.1",
        "127\u30020\u30020\u30021",
    }
    assert target.asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_refused(
    guarded: CheckedClient,
    target: Target,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    resolve = resolver({"inner.example.com": address})
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = target.url.rpartition(":")[2]

    assert await code_of(guarded, f"http://inner.example.com:{port}/") == "address-refused"
    assert target.asked == []


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers otherwise the next time gains nothing: it is asked once."""
    names: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", resolver({"moving.example.com": "127.0.0.1"}, names))
    target.will_answer(answer(b"fine"))
    client = CheckedClient(parse_networks(LOOPBACK))
    port = target.url.rpartition(":")[2]

    found = await perform_http(client, job(f"http://moving.example.com:{port}/"))
    await client.close()

    assert found["output"]["body"] == "fine"
    assert names.count("moving.example.com") == 1
    assert target.asked[0].headers["host"] == f"moving.example.com:{port}"


async def test_a_redirect_is_an_answer_and_is_not_followed(
    client: CheckedClient, target: Target
) -> None:
    target.will_answer(answer(b"", 302, location="http://169.254.169.254/latest/meta-data/"))

    found = await perform_http(client, job(target.url))

    assert found["output"]["status"] == 302
    assert found["output"]["headers"]["location"] == "http://169.254.169.254/latest/meta-data/"
    assert len(target.asked) == 1


async def test_a_proxy_of_the_environment_is_not_asked(
    guarded: CheckedClient, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, target.url)

    assert await code_of(guarded, "http://10.0.0.1/") == "address-refused"
    assert target.asked == []


def resolver(names: dict[str, str], asked: list[str] | None = None) -> Callable[..., list[Any]]:
    """A resolver of the machine that also knows these names, each by one address."""
    known = socket.getaddrinfo

    def getaddrinfo(host: str, *rest: int, **more: int) -> list[Any]:
        if asked is not None:
            asked.append(host)
        return known(names.get(host, host), *rest, **more)

    return getaddrinfo
