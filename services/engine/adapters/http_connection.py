"""One HTTP/1.1 connection to the outside, for one request at a time; whatever the server sends is held to limits."""

import asyncio
import re
from collections.abc import Sequence
from typing import cast

import httptools

from services.engine.app.ports import Answer

answer_bytes_max = 256 * 1024
head_bytes_max = 64 * 1024
header_values_max = 100
interim_answers_max = 10
"""Answers that only say that the real one is to come (RFC 9110, 15.2)."""
HEAD = "HEAD"
SWITCHING_PROTOCOLS, OK = 101, 200
_NO_TOKEN = re.compile(rb"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_NO_VALUE = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")
_NO_TARGET = re.compile(rb"[^\x21-\x7e]")


class AnswerTooLarge(Exception):  # noqa: N818 - an outcome of the node
    """The answer has more bytes than we take."""


class ConnectionBroken(Exception):  # noqa: N818 - as above
    """The server did not speak HTTP, or went away. `unheard`: nothing of an answer had come."""

    def __init__(self, reason: str, *, unheard: bool = False) -> None:
        super().__init__(reason)
        self.unheard = unheard


def encode_request(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes
) -> bytes:
    """Return a request as it is sent; raises ValueError for what would break its framing."""
    lines = [b" ".join((method.encode("ascii"), _target(target), b"HTTP/1.1"))]
    lines += [_header(name, value) for name, value in headers]
    return b"\r\n".join((*lines, b"", body))


def _target(target: str) -> bytes:
    encoded = target.encode("ascii")
    if not encoded or _NO_TARGET.search(encoded):
        raise ValueError("the path holds characters that must be percent-encoded")
    return encoded


def _header(name: str, value: str) -> bytes:
    encoded, content = name.encode("ascii"), value.encode("latin-1").strip(b" \t")
    if not encoded or _NO_TOKEN.search(encoded):
        raise ValueError(f"{name[:100]!r} is no name of a header")
    if _NO_VALUE.search(content):
        raise ValueError(f"the header {name[:100]} holds a character that cannot be sent")
    return b"%b: %b" % (encoded, content)


class HttpConnection(asyncio.Protocol):
    """Made by the event loop when it connects."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._usable = True
        self._begin("")

    def _begin(self, method: str) -> None:
        self._method = method
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._in_head = True
        self._framed = False
        self._keeps = False
        self._done = False
        self._interim = 0
        self._head_bytes = 0
        self._body_bytes = 0

    @property
    def usable(self) -> bool:
        """It can take a request now."""
        return self._usable and self._answer is None

    async def exchange(self, method: str, request: bytes) -> Answer:
        """Send a request and return the whole answer. Raises ConnectionBroken, AnswerTooLarge."""
        assert self._transport is not None, "connected"
        assert self.usable, "nobody else is using it"
        self._begin(method)
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self._transport.write(request)
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = None

    def close(self) -> None:
        """Close without waiting."""
        self._usable = False
        if self._transport is not None:
            self._transport.abort()

    # -- what the event loop says --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one by its ways only

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # said without being asked: what it belongs to is anybody's guess
            return
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(ConnectionBroken("the server changed to another protocol"))
        except httptools.HttpParserError as error:
            reason = error.__context__ if isinstance(error.__context__, AnswerTooLarge) else None
            self._fail(reason or ConnectionBroken(f"this is no HTTP answer: {error}"))
        if self._in_head and self._head_bytes > head_bytes_max:
            self._fail(ConnectionBroken(f"the head of the answer is over {head_bytes_max:,} bytes"))

    def eof_received(self) -> bool:
        self._usable = False
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._usable = False
        if not self._in_head and not self._framed and exc is None and not self._done:
            self._complete()  # an answer without a length ends with its connection
            return
        unheard = self._head_bytes == 0
        self._fail(ConnectionBroken(f"{exc or 'the server closed it'}", unheard=unheard))

    # -- what the parser says ------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._done:
            self._usable = False  # more than was asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head and len(self._headers) < header_values_max:
            self._headers.append((name.lower(), value))
            self._framed |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._done or status == SWITCHING_PROTOCOLS:
            return
        if status < OK:
            self._interim += 1
            return
        self._in_head = False
        self._keeps = self._parser.should_keep_alive()
        if self._method == HEAD:
            self._keeps = False  # the parser would wait for the body that the head only describes
            self._complete()

    def on_body(self, body: bytes) -> None:
        if self._done:
            return
        self._body_bytes += len(body)
        if self._body_bytes > answer_bytes_max:
            self._fail(AnswerTooLarge())
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._in_head:
            self._complete()
            return
        self._headers.clear()
        self._framed = False
        if self._interim > interim_answers_max:
            self._fail(ConnectionBroken("the server only says that an answer is to come"))

    # -- the end -------------------------------------------------------------------------------------------------------

    def _complete(self) -> None:
        if self._done:
            return
        self._done = True
        self._usable = self._usable and self._keeps
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(self._told())

    def _told(self) -> Answer:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers}
        return Answer(self._parser.get_status_code(), headers, b"".join(self._body))

    def _fail(self, error: Exception) -> None:
        self._done = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()
