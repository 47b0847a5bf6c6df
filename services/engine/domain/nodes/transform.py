"""`transform`: an object made of variables and expressions."""

from dataclasses import dataclass

from contracts.base import JsonObject
from contracts.run import NodeCompleted
from services.engine.domain.findings import Place
from services.engine.domain.steps import Compiled, NodeType, Shape, Turn
from services.engine.domain.value_compiler import CEL_KEY, compile_value
from services.engine.domain.value_tree import Tree


@dataclass(frozen=True, slots=True)
class TransformStep:
    tree: Tree

    def take(self, turn: Turn) -> NodeCompleted:
        return turn.completed(self.tree.evaluate(turn.scope))


def _compile(config: JsonObject, place: Place) -> Compiled:
    if not config:
        place.fault("missing-key", "A transform has at least one value.", reason="no_values")
    return TransformStep(compile_value(config, place)), _shape(config)


def _shape(config: JsonObject) -> Shape:
    """Return the shape of an object value; of an expression nothing is known."""
    if set(config) == {CEL_KEY}:
        return Shape()
    inner = {name: _shape(item) for name, item in config.items() if isinstance(item, dict)}
    return Shape(members=frozenset(config), inner=inner)


TRANSFORM = NodeType("transform", None, _compile)
