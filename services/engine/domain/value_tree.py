"""A JSON value of a configuration whose texts may hold variables, compiled: `{"cel": "..."}` is an expression."""

from dataclasses import dataclass
from typing import Protocol

from contracts.base import Json
from services.engine.domain.scope import Scope
from services.engine.domain.template import Template


class Tree(Protocol):
    """Something that has a value once there is data."""

    def evaluate(self, scope: Scope) -> Json:
        """Return the value; raises EvaluationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class FixedTree:
    value: Json

    def evaluate(self, scope: Scope) -> Json:  # noqa: ARG002 - the same for every run
        return self.value


@dataclass(frozen=True, slots=True)
class TextTree:
    template: Template

    def evaluate(self, scope: Scope) -> Json:
        return self.template.text(scope)


@dataclass(frozen=True, slots=True)
class ObjectTree:
    members: tuple[tuple[str, Tree], ...]

    def evaluate(self, scope: Scope) -> Json:
        return {name: member.evaluate(scope) for name, member in self.members}


@dataclass(frozen=True, slots=True)
class ListTree:
    items: tuple[Tree, ...]

    def evaluate(self, scope: Scope) -> Json:
        return [item.evaluate(scope) for item in self.items]
