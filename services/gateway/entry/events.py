"""`/api/v1/events`: what happens, as server-sent events, the moment this replica hears of it."""

import asyncio
import random
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contracts.base import rfc3339
from services.chassis.errors import Refused, Transient
from services.gateway.app.authenticate import Doorman
from services.gateway.app.event_hub import Hub, Listening
from services.gateway.app.ports import Clock
from services.gateway.app.subscription import Subscription, Wish
from services.gateway.app.tell_counts import CountTeller
from services.gateway.domain.identity import Identity
from services.gateway.entry.answers import documented
from services.gateway.entry.openapi import LAST_EVENT_ID, extra
from services.gateway.entry.routing import identity_of

ping_seconds = 15.0
pings_per_proof = 4
"""Every minute the caller's session or token is looked at again."""
write_seconds_max = 20.0
retry_milliseconds = (1_000, 4_000)
run_ids_max = 100
PING = b": ping\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
Topics = Annotated[str, Field(max_length=100, description="`tasks`, `runs`, or both with a comma.")]


class EventRoutes:
    """The event stream."""

    def __init__(
        self,
        hub: Hub,
        counts: CountTeller,
        doorman: Doorman,
        clock: Clock,
        build: Callable[[], str],
    ) -> None:
        self._hub = hub
        self._counts = counts
        self._doorman = doorman
        self._clock = clock
        self._build = build

    def add_to(self, router: APIRouter) -> None:
        """Register the route."""
        stream = documented(
            None, 422, note="CloudEvents as they were published, and hello, counts, reset."
        )
        stream[200]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
        router.add_api_route(
            "/api/v1/events",
            self.listen,
            responses=stream,
            tags=["events"],
            response_class=Response,
            openapi_extra=extra(LAST_EVENT_ID),
        )

    async def listen(
        self,
        request: Request,
        topics: Topics = "",
        run_id: Annotated[list[UUID], Query(max_length=run_ids_max)] = [],  # noqa: B006 - FastAPI copies it
    ) -> Response:
        """Follow events of topics and of single runs; resumes after `Last-Event-ID`."""
        wish = _wish_of(topics, run_id)
        listening = await self._hub.listen(wish, request.headers.get("last-event-id"))
        return EventStream(self, listening, identity_of(request))

    async def greeting(self, listening: Listening) -> bytes:
        """Return what opens a stream: when to come back, where we are, and what was missed."""
        low, high = retry_milliseconds
        hello = {
            "build": self._build(),
            "server_time": rfc3339(self._clock()),
            "pending": await self._counts.greet(),
        }
        return (
            b"retry: %d\n\n" % random.randint(low, high)  # noqa: S311 - spreads reconnections
            + b"event: hello\n"
            + listening.id_line
            + b"data: "
            + orjson.dumps(hello)
            + b"\n\n"
            + listening.missed
        )

    def leave(self, subscription: Subscription) -> None:
        """The connection is over."""
        self._hub.leave(subscription)

    async def still_holds(self, identity: Identity) -> bool:
        """Tell whether the listener may go on; while nobody can tell, it may."""
        try:
            return await self._doorman.still_holds(identity)
        except Transient:
            return True


class EventStream(Response):
    """One connection. The listener is subscribed before the headers go out, so what it causes it also sees."""

    def __init__(self, routes: EventRoutes, listening: Listening, identity: Identity) -> None:
        super().__init__()
        self._routes = routes
        self._listening = listening
        self._subscription = listening.subscription
        self._identity = identity

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Write until either side has enough."""
        watching = asyncio.get_running_loop().create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._write(send)
            await _send(send, b"", more=False)
        except TimeoutError:
            return
        finally:
            watching.cancel()
            self._routes.leave(self._subscription)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._subscription.end()

    async def _write(self, send: Send) -> None:
        await _send(send, await self._routes.greeting(self._listening))
        pings = 0
        while True:
            chunk = await self._subscription.take(ping_seconds)
            if chunk is None:
                return
            if not chunk:
                pings += 1
                if pings % pings_per_proof == 0 and not await self._routes.still_holds(
                    self._identity
                ):
                    return
            await _send(send, chunk or PING)


async def _send(send: Send, chunk: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(write_seconds_max):
        await send({"type": "http.response.body", "body": chunk, "more_body": more})


def _wish_of(topics: str, run_ids: list[UUID]) -> Wish:
    named = {topic.strip() for topic in topics.split(",")} - {""}
    if not named <= {"tasks", "runs"}:
        raise Refused("invalid-request", "Topics are tasks and runs.")
    if not named and not run_ids:
        named = {"tasks"}
    return Wish("tasks" in named, "runs" in named, frozenset(str(run_id) for run_id in run_ids))
