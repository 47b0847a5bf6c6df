"""From the text of a definition to a Template, through python-liquid's parser."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from liquid import Environment, Token
from liquid.builtin.expressions import FilteredExpression, KeywordArgument, Path, tokenize
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
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.stream import TokenStream
from liquid.token import TOKEN_EXPRESSION

from services.engine.domain.filters import FILTERS
from services.engine.domain.limits import (
    CONFIG_TEXT_MAX,
    FILTERS_MAX,
    OUTPUT_CHARACTERS_MAX,
    OUTPUTS_MAX,
)
from services.engine.domain.secret_names import NAME_RULE, ROOT, as_name, is_name, written
from services.engine.domain.template import (
    FilterCall,
    Literal,
    Operand,
    Output,
    Secret,
    Template,
    Variable,
)

_ENVIRONMENT = Environment()
_PATH_DEPTH_MAX = 8
_BRACKETS_MAX = 32
_STOP = re.compile(r"'|\"|\}\}")


class TemplateFault(Exception):  # noqa: N818 - one thing wrong with a text
    """A text that is no template; the message is for its author."""

    def __init__(
        self,
        code: str,
        message: str,
        suggestion: str | None = None,
        /,
        **params: str | float,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.suggestion = suggestion
        self.params = params


def parse_template(source: str) -> Template:
    """Return the compiled text; raises TemplateFault."""
    if len(source) > CONFIG_TEXT_MAX:
        raise TemplateFault(
            "text-too-long",
            f"{len(source)} characters; the limit is {CONFIG_TEXT_MAX}.",
            limit=CONFIG_TEXT_MAX,
        )
    if "{%" in source:
        raise TemplateFault(
            "tag-not-available",
            "Tags (`{% %}`) are not available; use variables, or a condition node.",
        )
    if "{{" not in source:
        return Template(source, (source,))
    split = list(islice(_split(source), 2 * OUTPUTS_MAX + 2))
    if sum(part.is_output for part in split) > OUTPUTS_MAX:
        raise TemplateFault(
            "invalid-template",
            f"A text has at most {OUTPUTS_MAX} variables.",
            reason="variables",
            limit=OUTPUTS_MAX,
        )
    parts = tuple(_output(part) if part.is_output else part.text for part in split)
    if sum(len(part.filters) for part in parts if isinstance(part, Output)) > FILTERS_MAX:
        raise TemplateFault(
            "invalid-template",
            f"A text has at most {FILTERS_MAX} filters.",
            reason="filters",
            limit=FILTERS_MAX,
        )
    return Template(source, parts)


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    is_output: bool = False


def _split(source: str) -> Iterator[_Part]:
    """Yield plain text and the insides of `{{ }}`, in linear time (the library's lexer takes minutes on `{{{{{{`)."""
    position = 0
    trims = False
    while (opening := source.find("{{", position)) >= 0:
        start, end = opening + 2, _closing(source, opening + 2)
        text = source[position:opening]
        text = text.lstrip() if trims else text
        inner = source[start:end]
        yield _Part(text.rstrip() if inner.startswith("-") else text)
        yield _Part(inner.removeprefix("-").removesuffix("-"), is_output=True)
        position, trims = end + 2, inner.endswith("-")
    yield _Part(source[position:].lstrip() if trims else source[position:])


def _closing(source: str, position: int) -> int:
    """Return where the `}}` of an output is; one inside quotes does not count."""
    while found := _STOP.search(source, position):
        if found.group() == "}}":
            return found.start()
        position = source.find(found.group(), found.end()) + 1
        if not position:
            break
    raise TemplateFault(
        "invalid-template", "This is no valid template: a `{{` has no `}}`.", reason="open"
    )


def _output(part: _Part) -> Output | Secret:
    text = part.text
    if len(text) > OUTPUT_CHARACTERS_MAX or text.count("(") > _BRACKETS_MAX:
        raise TemplateFault(
            "invalid-template",
            f"A variable has at most {OUTPUT_CHARACTERS_MAX} characters.",
            reason="length",
            limit=OUTPUT_CHARACTERS_MAX,
        )
    _reject_deep(text)
    token = Token(TOKEN_EXPRESSION, text, 0, text)
    try:
        expression = FilteredExpression.parse(_ENVIRONMENT, TokenStream(tokenize(text, token)))
    except (LiquidError, ValueError, RecursionError) as error:
        text = _reason(error)
        raise TemplateFault("invalid-template", text, reason="syntax") from error
    if not isinstance(expression, FilteredExpression):
        raise TemplateFault(
            "invalid-template", "Conditions are not available in a variable.", reason="condition"
        )
    output = Output(
        _operand(expression.left), tuple(_filter(call) for call in expression.filters or ())
    )
    return _secret(output) if _reads_secrets(output) else output


def _reads_secrets(output: Output) -> bool:
    return any(variable.path[:1] == (ROOT,) for variable in output.variables())


def _secret(output: Output) -> Secret:
    """Return the one thing that may be done with a secret: putting it there, whole."""
    path = output.head.path if isinstance(output.head, Variable) else ()
    match path:
        case (str(root), str(name)) if root == ROOT:
            pass
        case _:
            raise TemplateFault(
                "secret-not-allowed",
                "A secret stands for itself, as `{{ secrets.NAME }}`, and is no part of another value.",
                reason="part",
            )
    if not is_name(name):
        near = as_name(name)
        raise TemplateFault("invalid-secret-name", NAME_RULE, written(near) if near else None)
    if output.filters:
        raise TemplateFault(
            "secret-not-allowed",
            "Filters are not available on secrets: their values are put in after everything is evaluated.",
            written(name),
            reason="filter",
        )
    return Secret(name)


def _reject_deep(source: str) -> None:
    """Keep the recursive parser away from towers of brackets."""
    if source.count("[") > _BRACKETS_MAX:
        raise TemplateFault("invalid-template", "Too many brackets.", reason="brackets")


def _reason(error: Exception) -> str:
    lines = str(getattr(error, "message", None) or error).strip().splitlines()
    return f"This is no valid template: {lines[0]}." if lines else "This is no valid template."


def _filter(node: FilterNode) -> FilterCall:
    function = FILTERS.get(node.name)
    if function is None:
        near = difflib.get_close_matches(node.name, FILTERS, n=1)
        raise TemplateFault(
            "unknown-filter",
            f"There is no filter `{node.name}`.",
            near[0] if near else None,
            name=node.name,
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
            raise TemplateFault(
                "invalid-template",
                f"`{node}` is not available in a variable.",
                reason="unavailable",
                name=str(node),
            )


def _variable(node: Path, *, depth: int) -> Variable:
    if depth > _PATH_DEPTH_MAX:
        raise TemplateFault("invalid-template", "Variables are nested too deeply.", reason="nested")
    return Variable(
        str(node),
        tuple(
            _variable(part, depth=depth + 1) if isinstance(part, Path) else part
            for part in node.path
        ),
    )
