"""The newest messages of both streams, kept so that a listener who was away for a moment misses nothing.

Messages are kept as they came, unread: while nobody listens they cost a reference each. Bounded by bytes and by age,
so that a burst of waiting runs does not stay in memory. Before one is told they are read once, in their order, so
that those who come back are not told again what was told before.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.gateway.domain.live_event import LiveEvent, read_message
from services.gateway.domain.position import Place, Position, Stream

bytes_max = 3 * 1024 * 1024
age_seconds_max = 120.0
_overhead_bytes = 200


@dataclass(slots=True)
class _Kept:
    stream: Stream
    sequence: int
    payload: bytes
    kept_at: float
    repeats: frozenset[Place] = frozenset()
    """Events of it that had been told before, once it was judged."""


class Ring:
    """Keeps what came last; `floor` is the earliest position from which nothing is missing."""

    def __init__(self, floor: Position) -> None:
        self.floor = floor
        self._kept: deque[_Kept] = deque()
        self._unjudged: dict[Stream, deque[_Kept]] = {"runs": deque(), "tasks": deque()}
        self._bytes = 0

    def keep(self, stream: Stream, sequence: int, payload: bytes, now: float) -> None:
        """Keep a message, and let go of the oldest ones where the bounds ask for it."""
        kept = _Kept(stream, sequence, payload, now)
        self._kept.append(kept)
        self._unjudged[stream].append(kept)
        self._bytes += len(payload) + _overhead_bytes
        while self._bytes > bytes_max:
            self._drop_oldest()
        self.expire(now)

    def judge(
        self, stream: Stream, is_repeat: Callable[[LiveEvent], bool]
    ) -> Iterator[tuple[LiveEvent, bool]]:
        """Yield the events of the messages that were not judged yet, and whether each was told before."""
        unjudged = self._unjudged[stream]
        while unjudged:
            kept = unjudged.popleft()
            events = read_message(stream, kept.sequence, kept.payload)
            verdicts = [(event, is_repeat(event)) for event in events]
            kept.repeats = frozenset(event.place for event, repeated in verdicts if repeated)
            yield from verdicts

    def expire(self, now: float) -> None:
        """Let go of what is too old."""
        while self._kept and self._kept[0].kept_at < now - age_seconds_max:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = self._kept.popleft()
        unjudged = self._unjudged[oldest.stream]
        if unjudged and unjudged[0] is oldest:
            unjudged.popleft()
        self._bytes -= len(oldest.payload) + _overhead_bytes
        self.floor = self.floor.moved(oldest.stream, (oldest.sequence + 1, 0))

    def since(self, position: Position) -> Iterator[LiveEvent]:
        """Yield the events after `position`, in the order in which they came, but for those told before."""
        for kept in self._kept:
            taken = position.place(kept.stream)
            if kept.sequence >= taken[0]:
                events = read_message(kept.stream, kept.sequence, kept.payload)
                yield from (
                    event
                    for event in events
                    if event.place > taken and event.place not in kept.repeats
                )
