"""The outermost ring around every request: identity, lean dispatch, security headers, metrics, log, last resort.

The log has one line for each request to the API that was not a lean one, and for lean ones that failed on our side
or were slow: a line for each decision would cost as much as the rest of it, and the event log says more.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis import telemetry
from services.chassis.errors import Transient
from services.gateway.entry.doorway import Doorway
from services.gateway.entry.gate import Gate, is_gated, is_of_gate
from services.gateway.entry.health import PATHS as HEALTH_PATHS
from services.gateway.entry.metrics import observe
from services.gateway.entry.problems import problem_of, problem_response
from services.gateway.entry.routing import HotRoute

slow_seconds = 1.0
GONE_AWAY = 499
"""In metrics and log only: the sender hung up before the request was whole."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_IDS = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
_CONTENT_SECURITY = (
    b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    b" object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = [
    (b"content-security-policy", _CONTENT_SECURITY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
logger = logging.getLogger(__name__)


class Exchange:
    """One request and its answer on the way out."""

    __slots__ = ("_send", "lean", "on_answer", "request_id", "route", "scope", "shed", "status")

    def __init__(self, scope: Scope, send: Send, request_id: bytes) -> None:
        self.scope = scope
        self._send = send
        self.request_id = request_id
        self.route = "other"
        self.lean = False
        self.shed = False
        self.on_answer: Callable[[], None] | None = None
        """Called when the answer is known."""
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.on_answer is not None:
                self.on_answer()
            message["headers"] = [
                *message["headers"],
                *_SECURITY_HEADERS,
                (b"x-request-id", self.request_id),
            ]
        await self._send(message)


class Edge:
    """The ASGI application that the server runs."""

    def __init__(
        self,
        app: ASGIApp,
        web: ASGIApp,
        hot: Sequence[HotRoute],
        doorway: Doorway,
        monotonic: Callable[[], float],
        gate: Gate,
    ) -> None:
        self._gate = gate
        self._app = app
        self._web = web
        self._hot = hot
        self._doorway = doorway
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            return
        began = self._monotonic()
        request_id, traceparent = _context_of(scope)
        exchange = Exchange(scope, send, request_id)
        with telemetry.span(_span_name(scope), traceparent=traceparent, kind="server"):
            try:
                await self._answer(exchange, receive)
            except ClientDisconnect:
                exchange.status = GONE_AWAY
            except asyncio.CancelledError:
                # The server stops and waits no longer. Left alone, it would say that something broke.
                await _fail(exchange, receive, Transient("the gateway is stopping"))
            except Exception as error:  # noqa: BLE001 - the process boundary: whoever asked gets an answer
                exchange.shed = is_of_gate(error)  # a line for each would be more to do
                await _fail(exchange, receive, error)
            finally:
                self._observe(exchange, self._monotonic() - began)

    def turned_away(self, scope: Scope) -> Response | None:
        """Return the answer to a request that there is no use in doing anything for, without doing anything for it."""
        refusal = self._gate.turns_away(scope)
        if refusal is None:
            return None
        request_id, _ = _context_of(scope)
        response = problem_response(problem_of(refusal))
        response.raw_headers += [*_SECURITY_HEADERS, (b"x-request-id", request_id)]
        observe("other", response.status_code, 0.0)
        return response

    async def _answer(self, exchange: Exchange, receive: Receive) -> None:
        scope = exchange.scope
        path: str = scope["path"]
        if path in HEALTH_PATHS:
            await self._app(scope, receive, exchange.send)
            exchange.route = path
        elif path == "/api" or path.startswith("/api/"):
            await self._guarded(exchange, receive)
        else:
            exchange.route = "web"
            await self._web(scope, receive, exchange.send)

    async def _guarded(self, exchange: Exchange, receive: Receive) -> None:
        scope = exchange.scope
        state = scope.setdefault("state", {})
        if not is_gated(scope["path"]):
            state["identity"] = await self._doorway.admit(scope)
            await self._api(exchange, receive)
            return
        with self._gate.passing(scope, receive) as visit:
            state["identity"] = await self._doorway.admit(scope)
            exchange.on_answer = visit.leave
            await self._api(exchange, await visit.begin())

    async def _api(self, exchange: Exchange, receive: Receive) -> None:
        scope = exchange.scope
        if scope["method"] == "POST":
            for route in self._hot:
                match = route.path_regex.match(scope["path"])
                if match is not None:
                    exchange.lean = True
                    exchange.route = route.path
                    scope["path_params"] = match.groupdict()
                    response = await route.lean(Request(scope, receive))
                    await response(scope, receive, exchange.send)
                    return
        await self._app(scope, receive, exchange.send)
        exchange.route = getattr(scope.get("route"), "path", "other")

    def _observe(self, exchange: Exchange, seconds: float) -> None:
        observe(exchange.route, exchange.status, seconds)
        if exchange.shed or exchange.route == "web" or exchange.route in HEALTH_PATHS:
            return
        if exchange.lean and exchange.status < 500 and seconds < slow_seconds:  # noqa: PLR2004
            return
        logger.info(
            "request answered",
            extra={
                "method": exchange.scope["method"],
                "route": exchange.route,
                "status": exchange.status,
                "milliseconds": round(seconds * 1000, 1),
                "request_id": exchange.request_id.decode(),
            },
        )


async def _fail(exchange: Exchange, receive: Receive, error: Exception) -> None:
    """Answer with a problem, unless an answer has begun; then FastAPI has logged the error before it came here."""
    if exchange.status == 0:
        response = problem_response(problem_of(error))
        await response(exchange.scope, receive, exchange.send)


def _context_of(scope: Scope) -> tuple[bytes, str | None]:
    request_id: bytes | None = None
    traceparent: str | None = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value
        elif name == b"traceparent":
            traceparent = telemetry.incoming(value.decode("latin-1"))
    return request_id or secrets.token_hex(8).encode(), traceparent


def _span_name(scope: Scope) -> str:
    return f"{scope['method']} {_IDS.sub('{id}', scope['path'])}"
