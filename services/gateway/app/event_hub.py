"""Hears both streams once for this replica and tells every listener what it asked for.

While nobody listens to a stream its messages cost a reference in the ring. With listeners, each event is read once,
its bytes are made once, and only those are touched who want it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from services.chassis.errors import Transient
from services.gateway.app.subscription import Subscription, Wish
from services.gateway.domain.live_event import LiveEvent, Repeats
from services.gateway.domain.position import (
    Position,
    Stream,
    format_position,
    incarnation_of,
    parse_position,
)
from services.gateway.domain.ring import Ring

listeners_max = 2_000
ready_seconds_max = 3.0
catch_up_seconds_max = 2.0
STREAMS: tuple[Stream, ...] = ("runs", "tasks")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener that has come in: the `id:` line of its greeting, and what it missed while it was away."""

    subscription: Subscription
    id_line: bytes
    missed: bytes


class Hub:
    """The streams as this replica knows them, and who listens."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._created: dict[Stream, str] = {}
        self._caught_up: set[Stream] = set()
        self.position = Position((0, 0), (0, 0), "00000000")
        self._ring = Ring(self.position)
        self._repeats = Repeats()
        self._listeners: set[Subscription] = set()
        self._want_tasks: set[Subscription] = set()
        self._want_runs: set[Subscription] = set()
        self._want_run: dict[str, set[Subscription]] = {}
        self.tasks_moved = asyncio.Event()

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    @property
    def is_ready(self) -> bool:
        """Both streams have been read up to their ends."""
        return len(self._caught_up) == len(STREAMS)

    # -- what the streams say ----------------------------------------------------------------------

    def attach(self, stream: Stream, created: str, first: int, last: int, history: int) -> int:
        """Take up a stream and return the sequence to hear from.

        A stream that was made anew, or that is shorter than it was, is another one: what listeners know of their
        place in it is void.
        """
        (heard, _) = self.position.place(stream)
        if self._created.get(stream) == created and heard <= last + 1:
            return max(heard, first, 1)
        was_known = stream in self._created
        self._created[stream] = created
        start = max(first, 1) if was_known else max(first, last - history + 1, 1)
        self._begin(stream, start)
        self._repeats.begin(stream, in_the_middle=start > max(first, 1))
        return start

    def _begin(self, stream: Stream, start: int) -> None:
        incarnation = incarnation_of(self._created.get("runs", ""), self._created.get("tasks", ""))
        runs = (start, 0) if stream == "runs" else self.position.runs
        tasks = (start, 0) if stream == "tasks" else self.position.tasks
        self.position = Position(runs, tasks, incarnation)
        self._ring = Ring(self.position)
        if self._listeners:
            logger.info("stream was made anew, listeners start over", extra={"stream": stream})
        self._tell(self._listeners, self._reset_frame())

    def caught_up(self, stream: Stream) -> None:
        """The end of the stream has been reached once."""
        self._caught_up.add(stream)

    def hear(self, stream: Stream, sequence: int, payload: bytes) -> None:
        """Take one message."""
        self._ring.keep(stream, sequence, payload, self._monotonic())
        if self._anybody_wants(stream):
            for event, repeated in self._ring.judge(stream, self._repeats.is_repeat):
                self.position = self.position.moved(stream, event.place)
                if not repeated:
                    self._publish(event)
        self.position = self.position.moved(stream, (sequence + 1, 0))
        if stream == "tasks":
            self.tasks_moved.set()

    def _anybody_wants(self, stream: Stream) -> bool:
        wanting = self._want_tasks if stream == "tasks" else self._want_runs
        return bool(wanting or self._want_run)

    def _publish(self, event: LiveEvent) -> None:
        wanting = self._want_tasks if event.stream == "tasks" else self._want_runs
        of_run = self._want_run.get(event.run_id)
        if of_run:
            wanting = wanting | of_run
        if wanting:
            self._tell(wanting, _frame(self.position, event))

    def _tell(self, listeners: Iterable[Subscription], frame: bytes) -> None:
        for listener in tuple(listeners):
            if not listener.push(frame):
                self.leave(listener)

    def _reset_frame(self) -> bytes:
        return b"event: reset\n" + _id_line(self.position) + b"data: {}\n\n"

    def expire(self) -> None:
        """Let go of history that is too old."""
        self._ring.expire(self._monotonic())

    def tell_all(self, frame: bytes) -> None:
        """Tell every listener something that is no event of a stream."""
        self._tell(self._listeners, frame)

    # -- who listens -------------------------------------------------------------------------------

    async def listen(self, wish: Wish, last_event_id: str | None) -> Listening:
        """Begin to listen; from the return on no event is missed.

        Raises Transient while the streams are away from the start on, or if too many listen.
        """
        if len(self._listeners) >= listeners_max:
            msg = "too many listeners"
            raise Transient(msg)
        await self._until(lambda: self.is_ready, ready_seconds_max, "the event streams are away")
        since = None if last_event_id is None else parse_position(last_event_id)
        if since is not None and since.incarnation == self.position.incarnation:
            await self._catch_up_with(since)
        self._judge_kept()
        subscription = Subscription(wish)
        self._enter(subscription)
        if last_event_id is None:
            return Listening(subscription, _id_line(self.position), b"")
        return Listening(subscription, b"", self._missed(wish, since))

    def _judge_kept(self) -> None:
        """Read what came while nobody wanted it, so that whoever listens now hears only what is new."""
        for stream in STREAMS:
            for _ in self._ring.judge(stream, self._repeats.is_repeat):
                pass

    async def _catch_up_with(self, since: Position) -> None:
        """Another replica may have told the listener what this one has not heard yet."""
        with suppress(Transient):
            await self._until(lambda: self.position.reaches(since), catch_up_seconds_max, "behind")

    async def _until(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = self._monotonic() + seconds
        while not condition():
            if self._monotonic() > deadline:
                raise Transient(otherwise)
            await asyncio.sleep(0.01)

    def _missed(self, wish: Wish, since: Position | None) -> bytes:
        """Return the events after `since` that are wanted, or a reset if they cannot be told any more."""
        if since is None or not self._can_resume(since):
            return self._reset_frame()
        frames: list[bytes] = []
        for event in self._ring.since(since):
            since = since.moved(event.stream, event.place)
            if wish.wants(event):
                frames.append(_frame(since, event))
        return b"".join(frames)

    def _can_resume(self, since: Position) -> bool:
        self.expire()
        same = since.incarnation == self.position.incarnation
        return same and since.reaches(self._ring.floor) and self.position.reaches(since)

    def _enter(self, subscription: Subscription) -> None:
        wish = subscription.wish
        self._listeners.add(subscription)
        if wish.tasks:
            self._want_tasks.add(subscription)
        if wish.runs:
            self._want_runs.add(subscription)
        for run_id in wish.run_ids:
            self._want_run.setdefault(run_id, set()).add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """Stop listening; more than once does no harm."""
        subscription.end()
        self._listeners.discard(subscription)
        self._want_tasks.discard(subscription)
        self._want_runs.discard(subscription)
        for run_id in subscription.wish.run_ids:
            listeners = self._want_run.get(run_id)
            if listeners is not None:
                listeners.discard(subscription)
                if not listeners:
                    del self._want_run[run_id]

    def close(self) -> None:
        """Send everybody away: the process stops."""
        for listener in tuple(self._listeners):
            self.leave(listener)


def _frame(position: Position, event: LiveEvent) -> bytes:
    return _id_line(position) + event.data


def _id_line(position: Position) -> bytes:
    return b"id: " + format_position(position).encode() + b"\n"
