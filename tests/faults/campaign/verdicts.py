"""What a check of an invariant has to say."""

from collections.abc import Sequence
from dataclasses import dataclass, field

broken_shown_max = 5


@dataclass(slots=True)
class Verdict:
    """One invariant: how much was looked at, and what breaks it. `notes` are worth knowing and break nothing."""

    name: str
    promise: str
    checked: int = 0
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expect(self, holds: bool, words: str) -> None:  # noqa: FBT001 - reads as a sentence
        """Count one look; keep the words if it does not hold."""
        self.checked += 1
        if not holds:
            self.broken.append(words)

    @property
    def line(self) -> str:
        return f"{self.name:<5}{self.promise}: {self.checked:,} checked, {len(self.broken)} broken"


def lines_of(verdicts: Sequence[Verdict]) -> list[str]:
    """Return a line an invariant, and below it what is broken or worth knowing."""
    lines: list[str] = []
    for verdict in verdicts:
        lines.append(verdict.line)
        lines += [f"      BROKEN: {words}" for words in verdict.broken[:broken_shown_max]]
        hidden = len(verdict.broken) - broken_shown_max
        if hidden > 0:
            lines.append(f"      ... and {hidden} more")
        lines += [f"      {note}" for note in verdict.notes]
    return lines
