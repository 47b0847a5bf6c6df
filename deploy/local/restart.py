"""When to start a crashed process again: soon at first, then with growing pauses."""

from dataclasses import dataclass, replace

FIRST_DELAY_SECONDS = 0.1
DELAY_SECONDS_MAX = 10.0
STEADY_AFTER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """What is remembered of one process's crashes. Pure: the caller has the clock."""

    crashes: int = 0

    def crashed(self, *, after_seconds: float) -> "RestartPolicy":
        """A process that had run steadily is forgiven what came before."""
        earlier = 0 if after_seconds >= STEADY_AFTER_SECONDS else self.crashes
        return replace(self, crashes=earlier + 1)

    @property
    def delay_seconds(self) -> float:
        """How long to wait before the next start."""
        if self.crashes == 0:
            return 0.0
        doublings = min(self.crashes - 1, 20)
        return min(FIRST_DELAY_SECONDS * 2.0**doublings, DELAY_SECONDS_MAX)
