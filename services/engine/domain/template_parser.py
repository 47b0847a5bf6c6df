"""From the text of a definition to a Template, through python-liquid's parser."""

import difflib

from liquid import Environment
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, KeywordArgument, Path
from liquid.builtin.expressions.filtered import Filter as FilterNode
from liquid.builtin.expressions.primitive import (
    Blank,
    Empty,
    FalseLiteral,
    FloatLiteral,
    IntegerLiteral,
    Nil,
    StringLiteral,
    TrueLiteral,
)
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from services.engine.domain.filters import FILTERS
from services.engine.domain.limits import CONFIG_TEXT_MAX, FILTERS_MAX
from services.engine.domain.template import FilterCall, Literal, Operand, Output, Template, Variable

_ENVIRONMENT = Environment()
_PATH_DEPTH_MAX = 8
_BRACKETS_MAX = 64


class TemplateFault(Exception):  # noqa: N818 - one thing wrong with a text
    """A text that is no template; the message is for its author."""

    def __init__(self, code: str, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion


def parse_template(source: str) -> Template:
    """Return the compiled text; raises TemplateFault."""
    if len(source) > CONFIG_TEXT_MAX:
        raise TemplateFault(
            "text-too-long", f"{len(source)} characters; the limit is {CONFIG_TEXT_MAX}."
        )
    if "{{" not in source and "{%" not in source:
        return Template(source, (source,))
    _reject_deep(source)
    try:
        nodes = _ENVIRONMENT.from_string(source).nodes
    except (LiquidError, ValueError, RecursionError) as error:
        raise TemplateFault("invalid-template", _reason(error)) from error
    parts = tuple(_part(node) for node in nodes)
    if sum(len(part.filters) for part in parts if isinstance(part, Output)) > FILTERS_MAX:
        raise TemplateFault("invalid-template", f"More than {FILTERS_MAX} filters in one text.")
    return Template(source, parts)


def _reject_deep(source: str) -> None:
    """Keep the recursive parser away from towers of brackets."""
    depth = 0
    for character in source:
        if character == "[":
            depth += 1
            if depth > _BRACKETS_MAX:
                raise TemplateFault("invalid-template", "Too many nested brackets.")
        elif character == "]":
            depth = max(0, depth - 1)


def _reason(error: Exception) -> str:
    lines = str(getattr(error, "message", None) or error).strip().splitlines()
    return f"This is no valid template: {lines[0]}." if lines else "This is no valid template."


def _part(node: Node) -> str | Output:
    match node:
        case ContentNode():
            return node.text
        case OutputNode(expression=FilteredExpression() as expression):
            filters = tuple(_filter(call) for call in expression.filters or ())
            return Output(_operand(expression.left), filters)
        case _:
            raise TemplateFault(
                "tag-not-available",
                "Tags (`{% %}`) are not available; use variables, or a condition node.",
            )


def _filter(node: FilterNode) -> FilterCall:
    function = FILTERS.get(node.name)
    if function is None:
        near = difflib.get_close_matches(node.name, FILTERS, n=1)
        raise TemplateFault(
            "unknown-filter", f"There is no filter `{node.name}`.", near[0] if near else None
        )
    return FilterCall(
        name=node.name,
        apply=function,
        arguments=tuple(
            _operand(argument.value)
            for argument in node.args
            if not isinstance(argument, KeywordArgument)
        ),
        options=tuple(
            (argument.name, _operand(argument.value))
            for argument in node.args
            if isinstance(argument, KeywordArgument)
        ),
    )


def _operand(node: Expression) -> Operand:
    match node:
        case Path():
            return _variable(node, depth=1)
        case StringLiteral() | IntegerLiteral() | FloatLiteral() | TrueLiteral() | FalseLiteral():
            return Literal(node.value)
        case Nil():
            return Literal(None)
        case Empty() | Blank():
            return Literal("")
        case _:
            raise TemplateFault("invalid-template", f"`{node}` is not available in a variable.")


def _variable(node: Path, *, depth: int) -> Variable:
    if depth > _PATH_DEPTH_MAX:
        raise TemplateFault("invalid-template", "Variables are nested too deeply.")
    return Variable(
        str(node),
        tuple(
            _variable(part, depth=depth + 1) if isinstance(part, Path) else part
            for part in node.path
        ),
    )
