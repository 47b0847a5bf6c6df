"""`transform`: an object made of variables and expressions."""

from dataclasses import dataclass

from contracts.base import JsonObject
from contracts.run import NodeCompleted
from services.engine.domain.findings import Place
from services.engine.domain.steps import Compiled, NodeType, Shape, Turn
from services.engine.domain.value_compiler import compile_value
from services.engine.domain.value_tree import Tree


@dataclass(frozen=True, slots=True)
class TransformStep:
    tree: Tree

    def take(self, turn: Turn) -> NodeCompleted:
        return turn.completed(self.tree.evaluate(turn.scope))


def _compile(config: JsonObject, place: Place) -> Compiled:
    if not config:
        place.fault("missing-key", "A transform has at least one value.")
    return TransformStep(compile_value(config, place)), Shape(members=_members(config))


def _members(config: JsonObject) -> frozenset[str] | None:
    """Return the members of an object value; None if it is an expression, whose members are not known."""
    return None if set(config) == {"cel"} else frozenset(config)


TRANSFORM = NodeType("transform", None, _compile)
