"""People who answer by themselves, as a test scripts them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from contracts.base import Json
from contracts.task import TaskAction
from services.engine.domain.duration import parse_duration

if TYPE_CHECKING:
    from services.testkit.lab import Lab


@dataclass(frozen=True, slots=True)
class Habit:
    """What somebody does with tasks of a node (`*` for all), and how long they take."""

    person: str
    node: str
    action: TaskAction
    after: timedelta
    values: Mapping[str, Json] | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the lab; each method says what they do from now on. `after` is a duration such as `2h`."""

    lab: "Lab"
    name: str

    def approves(self, node: str = "*", *, after: str = "", comment: str | None = None) -> None:
        self._has_habit(node, "approve", after, comment)

    def rejects(self, node: str = "*", *, after: str = "", comment: str | None = None) -> None:
        self._has_habit(node, "reject", after, comment)

    def submits(
        self, node: str = "*", *, after: str = "", comment: str | None = None, **values: Json
    ) -> None:
        self._has_habit(node, "submit", after, comment, values)

    def _has_habit(
        self,
        node: str,
        action: TaskAction,
        after: str,
        comment: str | None,
        values: Mapping[str, Json] | None = None,
    ) -> None:
        delay = parse_duration(after) if after else timedelta()
        self.lab.habits.append(Habit(self.name, node, action, delay, values, comment))
