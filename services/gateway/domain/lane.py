"""Who may in now, who waits for a moment, and who is turned away: for one kind of request, fair between senders.

Bursts are let through and standing queues are not. While a lane has been full for less than 0.3 s all who fit
wait for up to that long, first come first served. One that has been full for longer, without such a break, does
not suffer from a burst: then few may wait, for a twentieth of a second, and the newest go first, since the oldest are
the likeliest to give up (B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015: CoDel for requests, adaptive LIFO).

Senders who wait take turns, and when the queue is full whoever has the most in it loses one (fair queueing as in
FQ-CoDel, RFC 8290): a flood fills its own queue and costs the others one turn.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.gateway.domain.adaptive_limit import AdaptiveLimit
from services.gateway.domain.verdict import Verdict

W = TypeVar("W")
burst_seconds = 0.3
burst_wait_seconds = 0.3
burst_waiting_per_place = 2.0
standing_wait_seconds = 0.05
standing_waiting_per_place = 0.125
waiting_min = 4
reserve_part = 0.25
"""Beyond the limit, for senders who have little here: no flood of others makes them wait."""
reserve_min = 4


@dataclass(slots=True)
class Lane(Generic[W]):
    """Counts who is inside and keeps who waits. `W` is however the caller finds them again; it must be hashable."""

    limit: AdaptiveLimit
    inside: int = 0
    waiting: int = 0
    _full_since: float = float("-inf")
    _full_at: float = float("-inf")
    _held: dict[str, int] = field(default_factory=dict)
    _queues: OrderedDict[str, deque[W]] = field(default_factory=OrderedDict)

    def judge(self, now: float, sender: str) -> Verdict:
        """Tell what becomes of a request that arrives now; whoever hears it acts on it with `enter` or `join`."""
        free = self.limit.places - self.inside
        if free > 0 and not self.waiting:
            return Verdict.IN
        self._note_full(now)
        if self._is_light(sender):
            return Verdict.IN
        if self.waiting < self._waiting_max(now) or self._has_less_than_the_most(sender):
            return Verdict.WAIT
        return self.refusal(sender)

    def refusal(self, sender: str) -> Verdict:
        """Tell why a request of this sender is turned away."""
        return Verdict.TOO_MANY if self._is_greedy(sender) else Verdict.FULL

    def enter(self, sender: str) -> None:
        """Take a place."""
        self.inside += 1
        self._held[sender] = self._held.get(sender, 0) + 1

    def join(self, now: float, sender: str, waiter: W) -> W | None:
        """Wait for a place; returns who is turned away for it, if the queue was full."""
        evicted = self._evict() if self.waiting >= self._waiting_max(now) else None
        self._queues.setdefault(sender, deque()).append(waiter)
        self.waiting += 1
        return evicted

    def patience(self, now: float, sender: str) -> float:
        """Return for how many seconds whoever joins now may wait: a queue of others is not held against a sender."""
        is_own = self._is_standing(now) and (self._is_greedy(sender) or self._is_alone(sender))
        return standing_wait_seconds if is_own else burst_wait_seconds

    def give_up(self, sender: str, waiter: W) -> None:
        """Wait no longer."""
        queue = self._queues.get(sender, deque())
        if waiter in queue:
            queue.remove(waiter)
            self.waiting -= 1
            self._forget_if_empty(sender)

    def leave(self, now: float, sender: str, began: float) -> None:
        """Give the place back that was taken at `began`."""
        self.limit.note(began, now, self.inside)
        self.hand_back(sender)

    def hand_back(self, sender: str) -> None:
        """Give a place back that was not used."""
        self.inside -= 1
        held = self._held.pop(sender) - 1
        if held:
            self._held[sender] = held

    def next_in(self, now: float) -> W | None:
        """Return who takes a place that is free, and let it in; None if there is no place or nobody waits."""
        if not self.waiting or self.inside >= self.limit.places:
            return None
        sender = next(iter(self._queues))
        queue = self._queues[sender]
        waiter = queue.pop() if self._is_standing(now) else queue.popleft()
        self._queues.move_to_end(sender)
        self.waiting -= 1
        self._forget_if_empty(sender)
        self.enter(sender)
        return waiter

    def _is_greedy(self, sender: str) -> bool:
        """Tell whether a sender has more than an equal share of what is inside or waits, beside others."""
        senders = len(self._held) + (sender not in self._held)
        return senders > 1 and self._here(sender) > (self.inside + self.waiting) / senders

    def _is_light(self, sender: str) -> bool:
        """Tell whether a sender has little here, beside others; what all of them add fits into the reserve."""
        reserve = max(reserve_min, int(self.limit.places * reserve_part))
        senders = len(self._held) + (sender not in self._held)
        return 1 < senders <= reserve and self._here(sender) < reserve // senders

    def _here(self, sender: str) -> int:
        return self._held.get(sender, 0) + len(self._queues.get(sender, ()))

    def _is_alone(self, sender: str) -> bool:
        return self._held.keys() <= {sender}

    def _note_full(self, now: float) -> None:
        if now - self._full_at > burst_seconds:
            self._full_since = now
        self._full_at = now

    def _is_standing(self, now: float) -> bool:
        lasts = now - self._full_at <= burst_seconds
        return lasts and now - self._full_since > burst_seconds

    def _waiting_max(self, now: float) -> int:
        per_place = (
            standing_waiting_per_place if self._is_standing(now) else burst_waiting_per_place
        )
        return max(waiting_min, int(self.limit.places * per_place))

    def _has_less_than_the_most(self, sender: str) -> bool:
        most = max((len(queue) for queue in self._queues.values()), default=0)
        return len(self._queues.get(sender, ())) + 1 < most

    def _evict(self) -> W:
        sender = max(self._queues, key=lambda one: len(self._queues[one]))
        evicted = self._queues[sender].popleft()
        self.waiting -= 1
        self._forget_if_empty(sender)
        return evicted

    def _forget_if_empty(self, sender: str) -> None:
        if not self._queues[sender]:
            del self._queues[sender]
