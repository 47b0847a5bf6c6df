"""What an expression would cost at most, for given data: the library itself cannot be stopped once it runs.

The unit is one value touched, some 30 to 200 ns. Measured on common-expression-language 0.10: selecting a field clones
its value, a name does not (so `cel_reads` gives each path a name); `map` and `filter` clone what they have gathered
with every item (quadratic), `all` and `exists` do not; a pattern is compiled each time that it is used.

Bounds are polynomials in the sizes of the data with positive coefficients. For such an `f`, and n items whose sizes add
up to S, the sum of f over the items is at most f(S) - f(0) + n * f(0); that is how macros are bounded without a product
of everything with everything.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import assert_never

from contracts.base import Json
from services.engine.domain.cel_reads import Path, path_of
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
"""Compiling a short pattern."""
_REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")


@dataclass(frozen=True, slots=True)
class Bound:
    """At most this large, made at most at this cost; as a list, of at most this many items."""

    size: float
    cost: float
    count: float


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


def pattern_cost(pattern: str) -> int:
    """Return what compiling a pattern costs: counted repetitions multiply, as the automaton is written out."""
    counts = [max(1, int(found[2] or found[1])) for found in _REPEATED.finditer(pattern)]
    return _REGEX_COST * (1 + len(pattern) // _TEXT_UNIT) * prod(counts)


Bounds = Mapping[str, Bound]
"""The variables of macros, by name."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bounds over one set of data, which is weighed once for each path."""

    names: Mapping[Path, str]
    data: Mapping[str, Json]
    weights: dict[Path, Bound] = field(default_factory=dict)

    def of(self, node: Node, inner: Bounds) -> Bound:
        """Return the bound of an expression."""
        match node:
            case Constant(text=text):
                return _value(1 + len(text) / _TEXT_UNIT, 1)
            case Name() | Select():
                return self._path(node, inner)
            case Index(operand=operand, index=index):
                whole, at = self.of(operand, inner), self.of(index, inner)
                return _value(whole.size, whole.cost + at.cost + whole.size)
            case Call():
                return self._call(node, inner)
            case Sequence(items=items):
                parts = [self.of(item, inner) for item in items]
                size = 1 + sum(part.size for part in parts)
                return Bound(size, size + sum(part.cost for part in parts), len(items))
            case Macro():
                return self._macro(node, inner)
            case _:
                assert_never(node)

    def _path(self, node: Name | Select, inner: Bounds) -> Bound:
        """Return the true size of data that a path names, or what a macro's variable may be."""
        root, path = path_of(node)
        if not isinstance(root, Name):
            whole = self.of(root, inner)
            return _value(whole.size, whole.cost + whole.size)
        bound = inner.get(root.name)
        if bound is not None:
            return _value(bound.size, 1 + bound.size * (len(path) - 1))
        known = self.weights.get(path)
        if known is None:
            known = self.weights[path] = self._weigh(path)
        return known

    def _weigh(self, path: tuple[str, ...]) -> Bound:
        """Weigh the data of a path; what `has` asks for is at most all that it was given."""
        value = self.data.get(self.names.get(path, path[0]))
        size = weigh(value)
        count = len(value) if isinstance(value, list | dict) else size
        return Bound(size, 1 if path in self.names else 1 + size * len(path), count)

    def _call(self, node: Call, inner: Bounds) -> Bound:
        operands = node.arguments if node.target is None else (node.target, *node.arguments)
        parts = [self.of(operand, inner) for operand in operands]
        size = 1 + sum(part.size for part in parts)
        cost = size + sum(part.cost for part in parts)
        match node.function:
            case "+" | "?:":
                return _value(size, cost)
            case "matches":
                patterns = [one.text for one in node.arguments if isinstance(one, Constant)]
                return _value(1, cost + sum(pattern_cost(pattern) for pattern in patterns))
            case "in" | "==" | "!=":
                return _value(1, cost)
            case _:
                return _value(size + 8, cost)

    def _macro(self, node: Macro, inner: Bounds) -> Bound:
        whole = self.of(node.range, inner)
        nothing = {**inner, node.variable: _value(0, 0)}
        everything = {**inner, node.variable: _value(whole.size, 0)}
        size = cost = 0.0
        for body in node.bodies:
            least, most = self.of(body, nothing), self.of(body, everything)
            size += most.size - least.size + whole.count * least.size
            cost += most.cost - least.cost + whole.count * least.cost
        cost += whole.cost + whole.size
        match node.function:
            case "map":
                return Bound(1 + size, cost + whole.count * (1 + size) / 2, whole.count)
            case "filter":
                gathering = whole.count * (1 + whole.size) / 2
                return Bound(whole.size, cost + gathering, whole.count)
            case _:
                return _value(1, cost)


def _value(size: float, cost: float) -> Bound:
    """Return the bound of what may be a list of single values."""
    return Bound(size, cost, size)
