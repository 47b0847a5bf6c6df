"""CEL expressions over a run's data: compiled once, given only what they read, refused when they could take long."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

import cel as library

from contracts.base import Json, rfc3339
from services.engine.domain.cel_cost import Estimate, weigh
from services.engine.domain.cel_syntax import (
    MACROS,
    Call,
    CelSyntaxError,
    Constant,
    Index,
    Macro,
    Name,
    Node,
    Select,
    Sequence,
    parse_cel,
)
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.limits import CEL_COST_MAX, EXPRESSION_MAX
from services.engine.domain.scope import Data, Scope

COST_WEIGHT = 10
"""What a unit of cost is in the budget of a decision, which counts characters."""
_FREE_OF_CHARGE = 400
"""Data this small cannot make an expression without macros costly, so that its bound need not be computed."""

MACRO_DEPTH_MAX = 4
"""Each level doubles the work of bounding the cost; nobody reads deeper ones."""
_UNKNOWN = re.compile(r"Undefined variable or function: '(\w+)'")

FUNCTIONS = frozenset(
    {
        *("bytes", "double", "duration", "dyn", "has", "int", "size", "string"),
        *("timestamp", "type", "uint"),
    }
)
METHODS = MACROS | frozenset(
    {
        *("contains", "endsWith", "matches", "size", "startsWith"),
        *("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours"),
        *("getMilliseconds", "getMinutes", "getMonth", "getSeconds"),
    }
)

Wanted = dict[str, "Wanted"]
"""Which members are read, by name; an empty one means all of it."""


class CelFault(Exception):  # noqa: N818 - one thing wrong with a text
    """A text that is no CEL expression; the message is for its author."""

    def __init__(self, code: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class CelExpression:
    """A compiled expression."""

    source: str
    tree: Node
    program: library.Program
    wanted: Wanted
    has_macros: bool
    may_miss: bool
    """It asks with `has` whether something is there."""

    def evaluate(self, scope: Scope) -> Json:
        """Return the value as JSON; raises EvaluationFailed."""
        data = scope.data
        context = {
            name: _pick(data[name], wanted) for name, wanted in self.wanted.items() if name in data
        }
        self._check_cost(context, scope)
        try:
            return as_json(self.program.execute(context))
        except EvaluationFailed as failure:
            raise self._failed(failure.code, failure.message) from failure
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise self._explain(error, data) from error

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Yield every path that is read."""
        return _paths(self.wanted)

    def _check_cost(self, context: Mapping[str, Json], scope: Scope) -> None:
        """Bound the cost before anything runs, and take it from the budget; raises EvaluationFailed."""
        size = weigh(context)
        scope.work.spend(size * COST_WEIGHT)
        if not self.has_macros and size <= _FREE_OF_CHARGE:
            return
        cost = Estimate(context).of(self.tree, {}).cost
        if cost > CEL_COST_MAX:
            raise self._failed(
                "expression-too-costly", "This expression could take too long on this much data."
            )
        scope.work.spend(int(cost) * COST_WEIGHT)

    def _explain(self, error: Exception, data: Data) -> EvaluationFailed:
        """Name the missing variable if one is; else say what the library says, on one line."""
        if isinstance(error, KeyError):
            for path in self.paths():
                if not _has(data, path):
                    name = ".".join(path)
                    return self._failed("missing-variable", f"`{name}` is missing.", variable=name)
        reason = str(error).strip("'\" \n")
        unknown = _UNKNOWN.match(reason)
        if unknown and unknown[1] in FUNCTIONS | METHODS:
            reason = f"`{unknown[1]}` does not take such values."
        lines = reason.splitlines()
        return self._failed("expression-failed", lines[0][:500] if lines else "It has no value.")

    def _failed(self, code: str, message: str, **details: Json) -> EvaluationFailed:
        return EvaluationFailed(code, message, **details, expression=self.source[:500])


def parse_expression(source: str) -> CelExpression:
    """Return the compiled expression; raises CelFault."""
    if len(source) > EXPRESSION_MAX:
        raise CelFault("text-too-long", f"{len(source)} characters; the limit is {EXPRESSION_MAX}.")
    try:
        tree = parse_cel(source)
        program = library.compile(source)
    except (CelSyntaxError, ValueError, RuntimeError) as error:
        reason = str(error).removeprefix("Failed to parse expression ").splitlines()[0]
        raise CelFault("invalid-expression", f"This is no valid CEL: {reason[:300]}") from error
    wanted: Wanted = {}
    has_macros = _collect(tree, (), wanted)
    may_miss = re.search(r"\bhas\s*\(", source) is not None
    return CelExpression(source, tree, program, wanted, has_macros, may_miss)


def _collect(node: Node, bound_names: tuple[str, ...], wanted: Wanted) -> bool:
    """Gather the paths that a tree reads; tell whether it has macros. Raises CelFault."""
    match node:
        case Constant():
            return False
        case Name() | Select():
            return _collect_path(node, bound_names, wanted)
        case Index(operand=operand, index=index):
            return _collect_all((operand, index), bound_names, wanted)
        case Sequence(items=items):
            return _collect_all(items, bound_names, wanted)
        case Call(function=function, target=target, arguments=arguments):
            _check_function(function, arguments, is_method=target is not None)
            nodes = arguments if target is None else (target, *arguments)
            return _collect_all(nodes, bound_names, wanted)
        case Macro(range=of, variable=variable, bodies=bodies):
            if len(bound_names) == MACRO_DEPTH_MAX:
                raise CelFault("invalid-expression", "Macros are nested too deeply.")
            _collect(of, bound_names, wanted)
            _collect_all(bodies, (*bound_names, variable), wanted)
            return True
        case _:
            assert_never(node)


def _check_function(name: str, arguments: tuple[Node, ...], *, is_method: bool) -> None:
    known = METHODS if is_method else FUNCTIONS
    if name.isidentifier() and name != "in" and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise CelFault(
            "unknown-function", f"CEL has no function `{name}` here.", near[0] if near else None
        )
    if name == "matches" and not all(isinstance(argument, Constant) for argument in arguments):
        raise CelFault("invalid-expression", "The pattern of `matches` is written out as a text.")


def _collect_all(nodes: tuple[Node, ...], bound_names: tuple[str, ...], wanted: Wanted) -> bool:
    return max([_collect(node, bound_names, wanted) for node in nodes], default=False)


def _collect_path(node: Name | Select, bound_names: tuple[str, ...], wanted: Wanted) -> bool:
    fields: list[str] = []
    root: Node = node
    while isinstance(root, Select):
        fields.append(root.field)
        root = root.operand
    if not isinstance(root, Name):
        return _collect(root, bound_names, wanted)
    if root.name not in bound_names:
        _want(wanted, [root.name, *reversed(fields)])
    return False


def _want(wanted: Wanted, path: list[str]) -> None:
    """Add a path; a shorter one wins over what begins with it."""
    *parents, last = path
    for name in parents:
        if name in wanted and not wanted[name]:
            return
        wanted = wanted.setdefault(name, {})
    wanted[last] = {}


def _pick(value: Json, wanted: Wanted) -> Json:
    """Return only what is read of a value: the library converts all that it is given."""
    if not wanted or not isinstance(value, dict):
        return value
    return {name: _pick(value[name], inner) for name, inner in wanted.items() if name in value}


def _paths(wanted: Wanted) -> Iterator[tuple[str, ...]]:
    for name, inner in wanted.items():
        if not inner:
            yield (name,)
        for path in _paths(inner):
            yield (name, *path)


def _has(data: Json, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return True


def as_json(value: Any) -> Json:  # noqa: ANN401 - whatever the library returns
    """Return a result as JSON has it; raises EvaluationFailed for what has no JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if value - value == 0:
            return value
        case list() | tuple():
            return [as_json(item) for item in value]
        case dict() if all(isinstance(key, str) for key in value):
            return {key: as_json(item) for key, item in value.items()}
        case datetime():
            return rfc3339(value)
        case timedelta():
            return f"{value.total_seconds():g}s"
        case _:
            raise EvaluationFailed("expression-failed", "The result has no JSON form.")
