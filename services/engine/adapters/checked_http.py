"""The one client for everything outside: it connects only to addresses that it has checked.

The check is made on the address that is connected to, so that a name that resolves to something else the next time
gains nothing; a connection that is used again stays where it was. Redirects are not followed, proxies of the
environment are ignored, bodies are not decompressed, certificates are verified, answers are limited in size and time.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from urllib.parse import urlsplit

import certifi

from services.engine.adapters.host_turns import HostTurns
from services.engine.adapters.http_connection import (
    AnswerTooLarge,
    ConnectionBroken,
    HttpConnection,
    answer_bytes_max,
    encode_request,
)
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.ports import Answer, RequestFailed
from services.engine.domain.addresses import Network, may_reach

idle_connections_max = 200
idle_seconds_max = 15.0
fresh_seconds_max = 1.0
"""A server may close a connection just when the next request leaves. One that must not be sent twice takes only such
connections as have been used a moment ago."""
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110, 9.2.2: sending these twice has the effect of sending them once."""
resolve_seconds_max = 5.0
connect_seconds_max = 10.0
_PORTS = {"http": 80, "https": 443}


class AddressRefused(Exception):  # noqa: N818 - an outcome of the node
    """The name leads only to addresses that a workflow may not reach."""


class CertificateRefused(Exception):  # noqa: N818 - as above
    """The server cannot prove that it is who was asked for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go that can share a connection."""

    scheme: str
    host: str
    port: int


class CheckedClient:
    """Sends requests; one per process, closed at its end."""

    def __init__(
        self,
        allowed: Sequence[Network],
        turns: HostTurns | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._turns = turns or HostTurns()
        self._context = context or _verifying()
        self._idle: dict[Origin, deque[HttpConnection]] = {}

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        seconds: float,
        gate: Gate = open_gate,
    ) -> Answer:
        """Send one request and return the whole answer; the gate is passed right before its first byte.

        Raises RequestFailed; Transient when the host is busy with other requests of this worker, and what the gate
        raises. The time at both does not count.
        """
        with _told_apart(seconds):
            origin, target = _split(url)
            request = encode_request(method, target, headers, body)
            async with self._turns.turn(origin.host), asyncio.timeout(seconds) as limit:
                return await self._send(origin, method, request, partial(_passed, gate, limit))

    async def _send(self, origin: Origin, method: str, request: bytes, gate: Gate) -> Answer:
        is_repeatable = method in REPEATABLE
        used = self._used(origin, idle_seconds_max if is_repeatable else fresh_seconds_max)
        if used is not None and await self._passes(gate, origin, used):
            try:
                return await self._exchange(origin, used, method, request)
            except ConnectionBroken as error:
                if not (error.unheard and is_repeatable):
                    raise
        fresh = await self._connected(origin)
        if not await self._passes(gate, origin, fresh):
            raise ConnectionBroken("the server closed the connection", unheard=True)
        return await self._exchange(origin, fresh, method, request)

    async def _passes(self, gate: Gate, origin: Origin, connection: HttpConnection) -> bool:
        """Pass the gate, and tell whether the connection can be used still. Raises what the gate raises."""
        try:
            await gate()
        except BaseException:
            self._keep(origin, connection)
            raise
        return connection.usable

    async def _exchange(
        self, origin: Origin, connection: HttpConnection, method: str, request: bytes
    ) -> Answer:
        answer = await connection.exchange(method, request)
        self._keep(origin, connection)
        return answer

    # -- connections ---------------------------------------------------------------------------------------------------

    def _used(self, origin: Origin, seconds: float) -> HttpConnection | None:
        """Return the connection that was used last, if that is not long ago."""
        idle = self._idle.get(origin)
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if connection.usable and now - connection.idle_since <= seconds:
                return connection
            connection.close()
        self._idle.pop(origin, None)
        return None

    def _keep(self, origin: Origin, connection: HttpConnection) -> None:
        if not connection.usable:
            connection.close()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.setdefault(origin, deque()).append(connection)
        if sum(map(len, self._idle.values())) > idle_connections_max:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = min(self._idle, key=lambda origin: self._idle[origin][0].idle_since)
        self._idle[oldest].popleft().close()
        if not self._idle[oldest]:
            del self._idle[oldest]

    async def _connected(self, origin: Origin) -> HttpConnection:
        """Connect to the first address of the host that may be reached and answers."""
        found = await _resolve(origin.host, origin.port)
        addresses = [address for address in found if may_reach(address, self._allowed)]
        if not addresses:
            raise AddressRefused(
                f"{origin.host} is not a public address; an operator can allow it with"
                " FLUSSO_HTTP_ALLOWED_NETWORKS"
            )
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._connect(origin, address)
            except ssl.SSLCertVerificationError as error:
                raise CertificateRefused(f"{origin.host}: {error.verify_message}") from error
            except (OSError, TimeoutError) as error:
                failure = error
        raise ConnectionBroken(f"no connection to {origin.host}: {failure}") from failure

    async def _connect(self, origin: Origin, address: str) -> HttpConnection:
        tls = origin.scheme == "https"
        async with asyncio.timeout(connect_seconds_max):
            _, connection = await asyncio.get_running_loop().create_connection(
                HttpConnection,
                address,
                origin.port,
                ssl=self._context if tls else None,
                server_hostname=origin.host if tls else None,
            )
        return connection

    async def close(self) -> None:
        """Close the connections."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        # What is closed is torn down in the next round of the loop.
        await asyncio.sleep(0)


async def _passed(gate: Gate, limit: asyncio.Timeout) -> None:
    """Pass the gate; how long that takes is not the other side's fault."""
    clock, ends_at = asyncio.get_running_loop().time, limit.when()
    assert ends_at is not None, "a request has its time"
    came_at = clock()
    limit.reschedule(None)
    await gate()
    limit.reschedule(ends_at + clock() - came_at)


def _split(url: str) -> tuple[Origin, str]:
    """Return where a URL leads and what is asked for there; raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("the URL must begin with http:// or https:// and name a host")
    origin = Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
    return origin, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def _resolve(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(resolve_seconds_max):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError, UnicodeError) as error:
        raise ConnectionBroken(f"{host} cannot be resolved: {error}") from error
    return [str(entry[4][0]) for entry in found]


@cache
def _verifying() -> ssl.SSLContext:
    """Made once a process: to read the authorities takes 40 ms."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


@contextmanager
def _told_apart(seconds: float) -> Iterator[None]:
    """Turn what can go wrong with a request into RequestFailed."""
    try:
        yield
    except ValueError as error:  # UnicodeError too
        text = f"The request cannot be sent: {error}"
        raise RequestFailed("invalid-request", text, retryable=False) from error
    except AddressRefused as error:
        raise RequestFailed("address-refused", str(error), retryable=False) from error
    except CertificateRefused as error:
        text = f"The certificate of the server is not trusted: {error}"
        raise RequestFailed("certificate-refused", text, retryable=False) from error
    except AnswerTooLarge as error:
        text = f"The answer has more than {answer_bytes_max:,} bytes, which is the limit."
        raise RequestFailed("output-too-large", text, retryable=False) from error
    except TimeoutError as error:
        text = f"No answer within {seconds:g} s."
        raise RequestFailed("request-timed-out", text, retryable=True) from error
    except ConnectionBroken as error:
        raise RequestFailed(
            "request-failed", f"The request failed: {error}", retryable=True
        ) from error
