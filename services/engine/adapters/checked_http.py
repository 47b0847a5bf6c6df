"""The one client for everything outside: it connects only to addresses that it has checked.

The check is made on the address that is connected to, so that a name that resolves to something else the next time
gains nothing. Redirects are not followed, proxies of the environment are ignored, answers are limited in size and time.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import certifi
import httpcore

from services.engine.app.ports import Answer, RequestFailed
from services.engine.domain.addresses import Network, may_reach

connections_max = 200
connections_per_host_idle_max = 20
resolve_seconds_max = 5.0
answer_bytes_max = 256 * 1024
header_values_max = 100
SOCKET_OPTION = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


class AddressRefused(httpcore.ConnectError):
    """The name leads only to addresses that a workflow may not reach."""


class AnswerTooLarge(Exception):  # noqa: N818 - as above
    """The answer has more bytes than we take."""


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves, checks, and connects to the checked address."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that may be reached and answers."""
        addresses = [
            found for found in await _resolve(host, port) if may_reach(found, self._allowed)
        ]
        if not addresses:
            msg = f"{host} is not a public address; an operator can allow it with FLUSSO_HTTP_ALLOWED_NETWORKS"
            raise AddressRefused(msg)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None, "every address was tried"
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a workflow reaches the network, not this machine."""
        del timeout, socket_options
        msg = f"{path} is a socket of this machine"
        raise AddressRefused(msg)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(resolve_seconds_max):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, UnicodeError) as error:
        msg = f"{host} cannot be resolved: {error}"
        raise httpcore.ConnectError(msg) from error
    return [str(entry[4][0]) for entry in found]


class CheckedClient:
    """Sends requests; one per process, closed at its end."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        context = ssl.create_default_context(cafile=certifi.where())
        context.load_default_certs()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=connections_max,
            max_keepalive_connections=connections_per_host_idle_max,
            keepalive_expiry=15.0,
            network_backend=CheckedBackend(allowed),
        )

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, seconds: float
    ) -> Answer:
        """Send one request and return the whole answer. Raises RequestFailed."""
        with _told_apart(seconds):
            async with asyncio.timeout(seconds):
                return await self._send(method, url, headers, body, seconds)

    async def _send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, seconds: float
    ) -> Answer:
        async with self._pool.stream(
            method,
            url,
            headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
            content=body or None,
            extensions={"timeout": {"connect": min(seconds, 10.0), "read": seconds}},
        ) as response:
            content = await _read(response)
        names = response.headers[:header_values_max]
        return Answer(
            status=response.status,
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in names
            },
            body=content,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


@contextmanager
def _told_apart(seconds: float) -> Iterator[None]:
    """Turn what can go wrong with a request into RequestFailed."""
    try:
        yield
    except (UnicodeEncodeError, ValueError) as error:
        text = f"The request cannot be sent: {error}"
        raise RequestFailed("invalid-request", text, retryable=False) from error
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError) as error:
        text = f"The request cannot be sent: {error}"
        raise RequestFailed("invalid-request", text, retryable=False) from error
    except AddressRefused as error:
        raise RequestFailed("address-refused", str(error), retryable=False) from error
    except AnswerTooLarge as error:
        text = f"The answer has more than {answer_bytes_max:,} bytes, which is the limit."
        raise RequestFailed("output-too-large", text, retryable=False) from error
    except (TimeoutError, httpcore.TimeoutException) as error:
        text = f"No answer within {seconds:g} s."
        raise RequestFailed("request-timed-out", text, retryable=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        text = f"The request failed: {type(error).__name__}: {error}".rstrip(": ")
        raise RequestFailed("request-failed", text, retryable=True) from error


async def _read(response: httpcore.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        if size > answer_bytes_max:
            raise AnswerTooLarge
        parts.append(part)
    return b"".join(parts)
