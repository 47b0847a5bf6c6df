"""How many may be worked on at once, learned from how long each of them takes.

By Little's law a queue of n that is served at a rate r makes everybody wait for n / r: who wants the wait bounded must
bound n, and r is known only from measuring. So, window by window, the limit follows the gradient between the time that
we want and the median of the times that we see, as Envoy's adaptive concurrency filter and Netflix's Gradient2 do
(envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/adaptive_concurrency_filter,
github.com/Netflix/concurrency-limits): down in proportion, at most by half; up by its root, so that it probes for more.

Two things differ. The reference is a time that people can live with, no ideal one that must be measured again and again
by letting hardly anybody in: batches are what makes the services behind fast, and the ideal time is that of an empty
batch. And what began before the last change says nothing about it, as in TCP, which halves once a round trip: else the
answers of those who are already inside would drive the limit down to nothing.
"""

from dataclasses import dataclass, field
from math import sqrt
from statistics import median

window_seconds_min = 0.1
samples_min = 16
"""A median of fewer would be chance: a lone slow request must not shut the gate."""
samples_max = 4_096
decrease_max = 0.5


@dataclass(slots=True)
class AdaptiveLimit:
    """Moves between `lowest` and `highest`. Times are of one monotonic clock, in seconds."""

    target_seconds: float
    lowest: int
    highest: int
    now: float
    _changed_at: float = 0.0
    _busiest: int = 0
    _samples: list[float] = field(default_factory=list)

    @property
    def places(self) -> int:
        return int(self.now)

    def note(self, began: float, ended: float, inside: int) -> None:
        """Learn from one that is done; `inside` were worked on at once, itself included."""
        if began < self._changed_at:
            return
        self._busiest = max(self._busiest, inside)
        if len(self._samples) < samples_max:
            self._samples.append(ended - began)
        if len(self._samples) >= samples_min and ended - self._changed_at >= window_seconds_min:
            self._move(median(self._samples), ended)

    def _move(self, typical: float, at: float) -> None:
        gradient = self.target_seconds / max(typical, 1e-9)
        if gradient < 1:
            self.now *= max(decrease_max, gradient)
        elif self._busiest >= self.places:  # else nobody has tried whether more would do
            self.now += sqrt(self.now)
        self.now = min(max(self.now, self.lowest), self.highest)
        self._changed_at, self._busiest = at, 0
        self._samples.clear()
