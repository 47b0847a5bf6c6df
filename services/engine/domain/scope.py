"""What an evaluation sees, and what it may still spend: all texts and expressions of one decision share a budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.base import Json, JsonObject
from contracts.run import SecretUse
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.limits import WORK_MAX

Data = Mapping[str, JsonObject]
"""`{"output": ...}` or `{"error": ...}` by node, the trigger included."""

ITEM_WEIGHT = 20
"""Handling an item of a list costs as much as so many characters."""


@dataclass(slots=True)
class Work:
    """What may still be handled, in characters; it keeps one run from delaying all others."""

    left: int = WORK_MAX

    def spend(self, amount: int) -> None:
        """Take from the budget; raises EvaluationFailed when it is used up."""
        self.left -= amount + 1
        if self.left < 0:
            raise EvaluationFailed(
                "expression-too-costly",
                "The texts and expressions of this step would handle too much data.",
                limit=WORK_MAX,
            )


@dataclass(frozen=True, slots=True)
class Scope:
    data: Data
    work: Work = field(default_factory=Work)
    secrets: list[SecretUse] = field(default_factory=list)
    """Where texts that were evaluated want the values of secrets, which nobody knows here."""


def weight(value: Json) -> int:
    """Return about what handling a value costs, in characters."""
    match value:
        case str():
            return len(value)
        case list():
            return ITEM_WEIGHT * len(value) + sum(weight(item) for item in value)
        case dict():
            keys = sum(len(key) for key in value)
            return ITEM_WEIGHT * len(value) + keys + sum(weight(item) for item in value.values())
        case _:
            return 1
