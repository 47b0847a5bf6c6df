"""The outside over HTTP, as a test scripts it: replies by method and address, and a record of what was sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from contracts.base import Json
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.ports import Answer, RequestFailed


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request as it was sent; names of headers are in lower case."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body, parsed; raises ValueError if it is no JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class _Reply:
    method: str
    address: re.Pattern[str]
    answer: Answer | RequestFailed
    times: int | None


@dataclass(slots=True)
class StubWeb:
    """Implements `HttpClient`: the first reply that fits and is not used up answers; nothing leaves the process."""

    sent: list[SentRequest] = field(default_factory=list)
    _replies: list[_Reply] = field(default_factory=list)
    _used: dict[int, int] = field(default_factory=dict)

    def reply(
        self,
        method: str,
        url: str,
        status: int = 200,
        body: Json = None,
        *,
        headers: dict[str, str] | None = None,
        times: int | None = None,
    ) -> None:
        """Answer requests to `url` (`*` stands for anything) with a status and JSON (or a text, as it is).

        `times` limits how often; replies that were given first are used first.
        """
        kind = "text/plain" if isinstance(body, str) else "application/json"
        raw = (
            b"" if body is None else body.encode() if isinstance(body, str) else orjson.dumps(body)
        )
        self._add(
            method, url, Answer(status, {"content-type": kind, **(headers or {})}, raw), times
        )

    def fail(
        self,
        method: str,
        url: str,
        code: Literal["connection-failed", "timeout", "dns-failed"] = "connection-failed",
        *,
        times: int | None = None,
    ) -> None:
        """Let requests to `url` fail before there is an answer; such failures are worth another attempt."""
        failure = RequestFailed(code, f"The request failed: {code}.", retryable=True)
        self._add(method, url, failure, times)

    def _add(
        self, method: str, url: str, answer: Answer | RequestFailed, times: int | None
    ) -> None:
        pattern = re.compile(".*".join(map(re.escape, url.split("*"))))
        self._replies.append(_Reply(method.upper(), pattern, answer, times))

    async def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        seconds: float,  # noqa: ARG002 - nothing takes time here
        gate: Gate = open_gate,
    ) -> Answer:
        """Record the request and return its scripted answer; raises RequestFailed."""
        await gate()
        self.sent.append(SentRequest(method, url, {k.lower(): v for k, v in headers}, body))
        for place, reply in enumerate(self._replies):
            used = self._used.get(place, 0)
            fits = reply.method in (method, "*") and reply.address.fullmatch(url)
            if fits and (reply.times is None or used < reply.times):
                self._used[place] = used + 1
                if isinstance(reply.answer, RequestFailed):
                    raise reply.answer
                return reply.answer
        raise RequestFailed(
            "no-reply-scripted",
            f"No reply is scripted for {method} {url}; add lab.http.reply({method!r}, {url!r}, ...).",
            retryable=False,
        )
