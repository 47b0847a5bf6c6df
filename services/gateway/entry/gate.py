"""Lets in what can be answered soon, and turns the rest away at once: whoever waits for long has given up by then.

Each kind of request has a lane of its own (`domain/lane.py`), whose limit follows how long its requests take. Starts
want the shortest times, so under a common load they make room first, and people who decide last. A place is held only
while others work for the request: neither a body that trickles in nor an answer that is read slowly holds one.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, assert_never

from starlette.types import Message, Receive, Scope

from services.chassis.errors import Overloaded, Refused
from services.gateway.domain.adaptive_limit import AdaptiveLimit
from services.gateway.domain.crowd import Crowd
from services.gateway.domain.lane import Lane
from services.gateway.domain.verdict import Verdict
from services.gateway.entry import metrics
from services.gateway.entry.problems import soon
from services.gateway.entry.senders import DELIVERIES, sender_of

Kind = Literal["start", "delivery", "look", "decide"]
target_seconds: dict[Kind, float] = {"start": 0.25, "delivery": 0.25, "look": 0.5, "decide": 0.5}
"""What half of the requests may take inside; the slowest in a hundred then take two to three times that."""
places_at_first = 128
places_min = 64
"""Where the machine itself is late, fewer places make nobody faster, and less gets done."""
places_max = 512
at_once_max: dict[Kind, int] = {"start": 512, "delivery": 1_536, "look": 512, "decide": 512}
"""With those that have no place yet or no more: what they hold of memory is bounded too, some 256 KiB each at worst."""
EVENTS = "/api/v1/events"
RUNS = "/runs"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
KEPT = "kept"
"""In the scope's state: this delivery has no place, so it goes to the intake unasked."""
TOO_MANY_REQUESTS = "too-many-requests"
TOO_MANY = "More of your requests come at once than your share while others wait. Try again."


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A request that waits for its place."""

    sender: str
    let_in: asyncio.Future[bool]


class Gate:
    """Event streams stay for long, cost little, and have a limit of their own."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        places: int | None = None,
        most: int | None = None,
    ) -> None:
        """`places` and `most` are for all kinds; by default they are as above."""
        first = places_at_first if places is None else places
        self._monotonic = monotonic
        self._crowds = {
            kind: Crowd(number if most is None else most) for kind, number in at_once_max.items()
        }
        self.lanes: dict[Kind, Lane[Waiter]] = {
            kind: Lane(AdaptiveLimit(seconds, min(places_min, first), places_max, first))
            for kind, seconds in target_seconds.items()
        }
        for kind, lane in self.lanes.items():
            metrics.PLACES.labels(kind).set_function(partial(_places_of, lane))
            metrics.PLACES_TAKEN.labels(kind).set_function(partial(_inside_of, lane))

    def turns_away(self, scope: Scope) -> Overloaded | Refused | None:
        """Tell at the first sight of a request whether there is no use in doing anything for it."""
        if not is_gated(scope["path"]):
            return None
        kind, sender = kind_of(scope["method"], scope["path"]), sender_of(scope)
        refusal = _no(self._crowds[kind].judge(sender))
        if refusal is None and kind != "delivery":
            refusal = _no(self.lanes[kind].judge(self._monotonic(), sender))
        if refusal is not None:
            metrics.SHED.labels(kind).inc()
        return refusal

    @contextmanager
    def passing(self, scope: Scope, receive: Receive) -> Iterator["Visit"]:
        """Be counted for the length of the block. Raises Overloaded, or Refused if it is this sender's turn to wait."""
        visit = Visit(self, scope, receive)
        crowd = self._crowds[visit.kind]
        refusal = _no(crowd.judge(visit.sender))
        if refusal is not None:
            metrics.SHED.labels(visit.kind).inc()
            raise refusal
        crowd.come(visit.sender)
        try:
            yield visit
        finally:
            crowd.go(visit.sender)
            visit.leave()

    async def enter(self, kind: Kind, sender: str) -> float:
        """Take a place, waiting a moment if need be; returns since when it is held. Raises like `passing`."""
        lane = self.lanes[kind]
        now = self._monotonic()
        verdict = lane.judge(now, sender)
        if verdict is Verdict.IN:
            lane.enter(sender)
            return now
        refusal = _no(verdict)
        if refusal is None and await self._let_in(lane, sender, now):
            return self._monotonic()
        metrics.SHED.labels(kind).inc()
        raise refusal or _no(lane.refusal(sender)) or Overloaded("no place became free")

    async def _let_in(self, lane: Lane[Waiter], sender: str, now: float) -> bool:
        patience = lane.patience(now, sender)
        waiter = Waiter(sender, asyncio.get_running_loop().create_future())
        evicted = lane.join(now, sender, waiter)
        if evicted is not None and not evicted.let_in.done():
            evicted.let_in.set_result(False)
        try:
            async with asyncio.timeout(patience):
                return await waiter.let_in
        except TimeoutError:
            return self._is_let_in_after_all(lane, waiter)
        except asyncio.CancelledError:
            if self._is_let_in_after_all(lane, waiter):
                lane.hand_back(sender)
                self.let_next_in(lane)
            raise

    def _is_let_in_after_all(self, lane: Lane[Waiter], waiter: Waiter) -> bool:
        """Tell whether a place came at the very moment that it was given up."""
        if waiter.let_in.done() and not waiter.let_in.cancelled():
            return waiter.let_in.result()
        lane.give_up(waiter.sender, waiter)
        return False

    def leave(self, lane: Lane[Waiter], sender: str, began: float) -> None:
        """Give a place back, to whoever waits."""
        lane.leave(self._monotonic(), sender, began)
        self.let_next_in(lane)

    def let_next_in(self, lane: Lane[Waiter]) -> None:
        """Give what is free to those who wait."""
        now = self._monotonic()
        while (waiter := lane.next_in(now)) is not None:
            if waiter.let_in.done():  # it has just given up
                lane.hand_back(waiter.sender)
            else:
                waiter.let_in.set_result(True)


class Visit:
    """One request on its way through."""

    __slots__ = ("_gate", "_receive", "_scope", "_since", "kind", "sender")

    def __init__(self, gate: Gate, scope: Scope, receive: Receive) -> None:
        self._gate = gate
        self._scope = scope
        self._receive = receive
        self._since: float | None = None
        self.kind = kind_of(scope["method"], scope["path"])
        self.sender = sender_of(scope)

    async def begin(self) -> Receive:
        """Take a place, or do so once the body has come; returns whence the body is to be read. Raises like `enter`."""
        if _has_body(self._scope):
            return self._receive_then_enter
        await self._enter()
        return self._receive

    async def _receive_then_enter(self) -> Message:
        message = await self._receive()
        if not message.get("more_body", False) and message["type"] == "http.request":
            await self._enter()
        return message

    async def _enter(self) -> None:
        if self._since is not None:
            return
        lane = self._gate.lanes[self.kind]
        if self.kind == "delivery" and lane.inside >= lane.limit.places:
            self._scope["state"][KEPT] = True
            return
        self._since = await self._gate.enter(self.kind, self.sender)

    def leave(self) -> None:
        """The answer is known; nobody works for it any more."""
        since, self._since = self._since, None
        if since is not None:
            self._gate.leave(self._gate.lanes[self.kind], self.sender, since)


def kind_of(method: str, path: str) -> Kind:
    """Tell what a request is about."""
    if method in SAFE:
        return "look"
    if path.startswith(DELIVERIES):
        return "delivery"
    return "start" if method == "POST" and path.endswith(RUNS) else "decide"


def is_gated(path: str) -> bool:
    """Tell whether a request needs a place: health, pages' files and event streams are never turned away."""
    return path.startswith("/api/") and path != EVENTS


def _places_of(lane: Lane[Waiter]) -> int:
    return lane.limit.places


def _inside_of(lane: Lane[Waiter]) -> int:
    return lane.inside


def is_of_gate(error: Exception) -> bool:
    """Tell whether someone was turned away since there is too much to do."""
    return isinstance(error, Overloaded) or (
        isinstance(error, Refused) and error.code == TOO_MANY_REQUESTS
    )


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _no(verdict: Verdict) -> Overloaded | Refused | None:
    match verdict:
        case Verdict.IN | Verdict.WAIT:
            return None
        case Verdict.FULL:
            return Overloaded("too many requests at once")
        case Verdict.TOO_MANY:
            return Refused(TOO_MANY_REQUESTS, TOO_MANY, retry_after_seconds=soon())
        case _:
            assert_never(verdict)
