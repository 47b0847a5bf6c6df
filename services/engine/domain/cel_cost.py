"""What an expression would cost at most, for given data: the library itself cannot be stopped once it runs.

The unit is one value touched, some 30 to 100 ns. Measured on common-expression-language 0.10: selecting a field clones
its value, `map` and `filter` clone what they have gathered with every item (quadratic), `all` and `exists` do not.

Bounds are polynomials in the sizes of the data with positive coefficients. For such an `f`, and items whose sizes add
up to S, the sum of f over n items is at most f(S) - f(0) + n * f(0); that is how macros are bounded without a product
of everything with everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from contracts.base import Json
from services.engine.domain.cel_syntax import (
    Call,
    Constant,
    Index,
    Macro,
    Name,
    Node,
    Select,
    Sequence,
)

_TEXT_UNIT = 16
"""Characters that cost as much as one value."""
_REGEX_COST = 5_000
"""Compiling a pattern, as often as it is used."""


@dataclass(frozen=True, slots=True)
class Bound:
    """At most this large, made at most at this cost."""

    size: float
    cost: float


Scope = Mapping[str, Json | Bound]


def weigh(value: Json) -> int:
    """Return the size of a value in units."""
    match value:
        case str():
            return 1 + len(value) // _TEXT_UNIT
        case list():
            return 1 + sum(weigh(item) for item in value)
        case dict():
            return 1 + sum(1 + len(key) // _TEXT_UNIT + weigh(item) for key, item in value.items())
        case _:
            return 1


def bound(node: Node, scope: Scope) -> Bound:
    """Return the bound of an expression over the data and bound variables in scope."""
    match node:
        case Constant(length=length):
            return Bound(1 + length / _TEXT_UNIT, 1)
        case Name() | Select():
            return _path(node, scope)
        case Index(operand=operand, index=index):
            of, at = bound(operand, scope), bound(index, scope)
            return Bound(of.size, of.cost + at.cost + of.size)
        case Call():
            return _call(node, scope)
        case Sequence(items=items):
            parts = [bound(item, scope) for item in items]
            size = 1 + sum(part.size for part in parts)
            return Bound(size, size + sum(part.cost for part in parts))
        case Macro():
            return _macro(node, scope)
        case _:
            assert_never(node)


def _path(node: Name | Select, scope: Scope) -> Bound:
    """Return the true size of data that a path names, and of what a bound variable may be."""
    fields: list[str] = []
    root: Node = node
    while isinstance(root, Select):
        fields.append(root.field)
        root = root.operand
    if not isinstance(root, Name):
        of = bound(root, scope)
        return Bound(of.size, of.cost + of.size)
    value = scope.get(root.name)
    for field in reversed(fields):
        value = value.get(field) if isinstance(value, dict) else value
    size = value.size if isinstance(value, Bound) else weigh(value)
    return Bound(size, 1 + size * len(fields))


def _call(node: Call, scope: Scope) -> Bound:
    parts = [bound(argument, scope) for argument in node.arguments]
    if node.target is not None:
        parts.append(bound(node.target, scope))
    size = 1 + sum(part.size for part in parts)
    cost = size + sum(part.cost for part in parts)
    match node.function:
        case "+" | "?:":
            return Bound(size, cost)
        case "matches":
            return Bound(1, cost * 2 + _REGEX_COST * max(1, size / 8))
        case "in" | "==" | "!=":
            return Bound(1, cost)
        case _:
            return Bound(size + 8, cost)


def _macro(node: Macro, scope: Scope) -> Bound:
    of = bound(node.range, scope)
    nothing = {**scope, node.variable: Bound(0, 0)}
    everything = {**scope, node.variable: Bound(of.size, 0)}
    size = cost = 0.0
    for body in node.bodies:
        least, most = bound(body, nothing), bound(body, everything)
        size += most.size - least.size + of.size * least.size
        cost += most.cost - least.cost + of.size * least.cost
    match node.function:
        case "map":
            return Bound(1 + size, of.cost + cost + of.size * (1 + size) / 2)
        case "filter":
            return Bound(of.size, of.cost + cost + of.size * (1 + of.size) / 2)
        case _:
            return Bound(1, of.cost + cost + of.size)
