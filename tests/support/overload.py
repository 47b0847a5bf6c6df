"""A lane before a server that does so many a second, one after the other, on simulated time."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from services.gateway.domain.adaptive_limit import AdaptiveLimit
from services.gateway.domain.lane import Lane
from services.gateway.domain.verdict import Verdict

TARGET = 0.2


def lane_of(places: int = 128) -> Lane[int]:
    return Lane(AdaptiveLimit(TARGET, min(32, places), 512, places))


@dataclass(slots=True)
class Told:
    """One answer: when it was asked for, by whom, how it ended, after how long."""

    at: float
    sender: str
    verdict: Verdict
    seconds: float


@dataclass(slots=True)
class Simulated:
    """Arrivals come by the clock; the server takes those inside in order; nobody waits beyond their patience."""

    lane: Lane[int]
    a_second: float
    now: float = 0.0
    told: list[Told] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _senders: dict[int, tuple[str, float, float]] = field(default_factory=dict)
    _free_at: float = 0.0
    _agenda: list[tuple[float, int, int]] = field(default_factory=list)

    def run(self, seconds: float, rates: dict[str, float]) -> list[Told]:
        """Let each sender ask so often for so long, and return what they were told."""
        told_before, until = len(self.told), self.now + seconds
        due = dict.fromkeys(rates, self.now)
        while (self._agenda or due) and min([*due.values(), until]) < until:
            sender = min(due, key=lambda one: due[one])
            if self._agenda and self._agenda[0][0] <= due[sender]:
                self._act()
                continue
            self.now = due[sender]
            due[sender] += 1 / rates[sender]
            self._arrive(sender)
        while self._agenda:
            self._act()
        self.now = max(self.now, until)
        return self.told[told_before:]

    def _act(self) -> None:
        """A place is given back (kind 0), or a patience has ended (kind 1)."""
        self.now, kind, number = heapq.heappop(self._agenda)
        if number not in self._senders:
            return
        sender, _, since = self._senders[number]
        if kind == 0:
            self.lane.leave(self.now, sender, since)
            self._tell(number, Verdict.IN)
            while (waiter := self.lane.next_in(self.now)) is not None:
                self._begin(waiter)
        elif since < 0:
            self.lane.give_up(sender, number)
            self._tell(number, self.lane.refusal(sender))

    def _arrive(self, sender: str) -> None:
        number = next(self._numbers)
        self._senders[number] = (sender, self.now, -1.0)
        match self.lane.judge(self.now, sender):
            case Verdict.IN:
                self.lane.enter(sender)
                self._begin(number)
            case Verdict.WAIT:
                patience = self.lane.patience(self.now, sender)
                evicted = self.lane.join(self.now, sender, number)
                heapq.heappush(self._agenda, (self.now + patience, 1, number))
                if evicted is not None:
                    self._tell(evicted, self.lane.refusal(self._senders[evicted][0]))
            case verdict:
                self._tell(number, verdict)

    def _begin(self, number: int) -> None:
        sender, asked_at, _ = self._senders[number]
        self._senders[number] = (sender, asked_at, self.now)
        self._free_at = max(self._free_at, self.now) + 1 / self.a_second
        heapq.heappush(self._agenda, (self._free_at, 0, number))

    def _tell(self, number: int, verdict: Verdict) -> None:
        sender, asked_at, _ = self._senders.pop(number)
        self.told.append(Told(asked_at, sender, verdict, self.now - asked_at))


def verdicts(told: list[Told]) -> "Counter[Verdict]":
    return Counter(one.verdict for one in told)


def waits(told: list[Told]) -> list[float]:
    """Return how long those who were let in waited for their answers, shortest first."""
    return sorted(one.seconds for one in told if one.verdict is Verdict.IN)
