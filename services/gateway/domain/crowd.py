"""How many requests of one kind are here at once, whether they have a place or not: a bound on memory, and on greed."""

from dataclasses import dataclass, field

from services.gateway.domain.verdict import Verdict

sender_part_max = 0.75
"""One sender never has it all, so that there is room for another's first request."""


@dataclass(slots=True)
class Crowd:
    """Counts requests by sender."""

    most: int
    here: int = 0
    _of: dict[str, int] = field(default_factory=dict)

    def judge(self, sender: str) -> Verdict:
        """Tell whether one more fits."""
        if self.here >= self.most:
            return Verdict.FULL
        has_most = self._of.get(sender, 0) >= max(1, int(self.most * sender_part_max))
        return Verdict.TOO_MANY if has_most else Verdict.IN

    def come(self, sender: str) -> None:
        """Count one more."""
        self.here += 1
        self._of[sender] = self._of.get(sender, 0) + 1

    def go(self, sender: str) -> None:
        """Count one less."""
        self.here -= 1
        left = self._of.pop(sender) - 1
        if left:
            self._of[sender] = left
