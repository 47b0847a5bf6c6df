"""CEL expressions over a run's data: compiled once, given only what they read, refused when they could take long."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.base import Json, rfc3339
from services.engine.domain.cel_cost import Estimate, weigh
from services.engine.domain.cel_library import library
from services.engine.domain.cel_reads import (
    FUNCTIONS,
    METHODS,
    CelFault,
    Path,
    Reads,
    pick,
    read_paths,
)
from services.engine.domain.cel_syntax import CelSyntaxError, Node, parse_cel
from services.engine.domain.evidence import explained
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.limits import CEL_COST_MAX, EXPRESSION_MAX
from services.engine.domain.scope import Data, Scope

__all__ = ["CelExpression", "CelFault", "parse_expression"]

COST_WEIGHT = 10
"""What a unit of cost is in the budget of a decision, which counts characters."""
_FREE_OF_CHARGE = 400
"""Data this small cannot make a plain expression costly, so that its bound need not be computed."""
_ABSENT = object()
_UNKNOWN = re.compile(r"Undefined variable or function: '(\w+)'")


@dataclass(frozen=True, slots=True)
class CelExpression:
    """A compiled expression."""

    source: str
    tree: Node
    program: library.Program
    reads: Reads

    def evaluate(self, scope: Scope) -> Json:
        """Return the value as JSON; raises EvaluationFailed."""
        try:
            return self._evaluate(scope)
        except EvaluationFailed as failure:
            paths = self.reads.paths()
            raise explained(failure, self.source, scope.data, paths) from failure.__cause__

    def _evaluate(self, scope: Scope) -> Json:
        context = self._context(scope.data)
        self._check_cost(context, scope)
        try:
            return as_json(self.program.execute(context))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise self._explain(error) from error

    def paths(self) -> Iterator[Path]:
        """Yield every path that is read."""
        return self.reads.paths()

    @property
    def may_miss(self) -> bool:
        """Tell whether it asks with `has` whether something is there."""
        return bool(self.reads.probed)

    def _context(self, data: Data) -> dict[str, Json]:
        """Return the values by name; what is missing stays away, for it may never be looked at."""
        probed = self.reads.probed
        context = {
            name: pick(data[name], wanted) for name, wanted in probed.items() if name in data
        }
        for path, name in self.reads.names.items():
            value = _at(data, path)
            if value is not _ABSENT:
                context[name] = value
        return context

    def _check_cost(self, context: dict[str, Json], scope: Scope) -> None:
        """Bound the cost before anything runs, and take it from the budget; raises EvaluationFailed."""
        size = weigh(context)
        scope.work.spend(size * COST_WEIGHT)
        if not self.reads.may_be_costly and size <= _FREE_OF_CHARGE:
            return
        cost = Estimate(self.reads.names, context).of(self.tree, {}).cost
        if cost > CEL_COST_MAX:
            raise EvaluationFailed(
                "expression-too-costly", "This expression could take too long on this much data."
            )
        scope.work.spend(int(cost) * COST_WEIGHT)

    def _explain(self, error: Exception) -> EvaluationFailed:
        """Name the missing variable if one is; else say what the library says, on one line."""
        reason = str(error).strip("'\" \n")
        unknown = _UNKNOWN.match(reason)
        if unknown is not None:
            for path, name in self.reads.names.items():
                if name == unknown[1]:
                    missing = ".".join(path)
                    message = f"`{missing}` is missing."
                    return EvaluationFailed("missing-variable", message, variable=missing)
            if unknown[1] in FUNCTIONS | METHODS:
                reason = f"`{unknown[1]}` does not take such values."
        if isinstance(error, KeyError):
            return EvaluationFailed("missing-variable", f"`{reason}` is missing.", variable=reason)
        lines = reason.splitlines()
        return EvaluationFailed(
            "expression-failed", lines[0][:500] if lines else "It has no value."
        )


def parse_expression(source: str) -> CelExpression:
    """Return the compiled expression; raises CelFault."""
    if len(source) > EXPRESSION_MAX:
        raise CelFault(
            "text-too-long",
            f"{len(source)} characters; the limit is {EXPRESSION_MAX}.",
            limit=EXPRESSION_MAX,
        )
    try:
        tree = parse_cel(source)
        library.compile(source)
        reads = read_paths(source, tree)
        program = library.compile(reads.rewrite(source))
    except (CelSyntaxError, ValueError, RuntimeError) as error:
        reason = str(error).removeprefix("Failed to parse expression ").splitlines()[0]
        text = f"This is no valid CEL: {reason[:300]}"
        raise CelFault("invalid-expression", text, reason="syntax", detail=reason[:300]) from error
    return CelExpression(source, tree, program, reads)


def _at(data: Json, path: Path) -> Json:
    for part in path:
        if not isinstance(data, dict) or part not in data:
            return _ABSENT
        data = data[part]
    return data


def as_json(value: Any) -> Json:  # noqa: ANN401 - whatever the library returns
    """Return a result as JSON has it; raises EvaluationFailed for what has no JSON."""
    match value:
        case None | bool() | int():
            return value
        case str() if "\x00" not in value:
            return value
        case float() if value - value == 0:
            return value
        case list() | tuple():
            return [as_json(item) for item in value]
        case dict() if all(isinstance(key, str) and "\x00" not in key for key in value):
            return {key: as_json(item) for key, item in value.items()}
        case datetime():
            return rfc3339(value)
        case timedelta():
            return f"{value.total_seconds():g}s"
        case _:
            raise EvaluationFailed("expression-failed", "The result has no JSON form.")
