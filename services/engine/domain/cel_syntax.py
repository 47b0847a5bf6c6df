"""The syntax tree of a CEL expression, for what the library does not tell: which data is read, and at what cost.

The library parses for itself and has the last word; this parser only has to accept no less than it does.
Grammar: the CEL language definition, section "Syntax", without message literals.
"""

import re
from dataclasses import dataclass

MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "map"})

_TOKEN = re.compile(
    r"""(?:\s|//[^\n]*)*(?:
      (?P<text>[rRbB]{0,2}(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[uU]?)
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}])
    | (?P<end>$)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_LEVELS = (
    ("||",),
    ("&&",),
    ("<", "<=", ">", ">=", "==", "!=", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
_CONSTANTS = frozenset({"true", "false", "null"})
_DEPTH_MAX = 48


class CelSyntaxError(Exception):
    """The text is no CEL expression that we know how to bound."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable; `start` and `end` are where it stands in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Select:
    """A field; `start` and `end` are those of the whole chain."""

    operand: "Node"
    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    operand: "Node"
    index: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function, a method (then `target` is set) or an operator."""

    function: str
    target: "Node | None"
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Macro:
    """`range.function(variable, ...bodies)`."""

    function: str
    range: "Node"
    variable: str
    bodies: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list or map literal with all its items, keys and values."""

    items: tuple["Node", ...]


Node = Constant | Name | Select | Index | Call | Macro | Sequence


def parse_cel(source: str) -> Node:
    """Return the tree of `source`; raises CelSyntaxError."""
    parser = _Parser(source)
    node = parser.expression()
    if parser.kind != "end":
        raise CelSyntaxError(f"unexpected `{parser.token}`")
    return node


class _Parser:
    """Recursive descent, one token ahead."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._token_end = 0
        self._token_start = 0
        self._taken_end = 0
        self._depth = 0
        self.kind = ""
        self.token = ""
        self._advance()

    def _advance(self) -> str:
        found = _TOKEN.match(self._source, self._position)
        if found is None:
            raise CelSyntaxError(f"unexpected `{self._source[self._position :][:20].strip()}`")
        token, self._position = self.token, found.end()
        self.kind = str(found.lastgroup)
        self.token = found.group(self.kind)
        self._taken_end = self._token_end
        self._token_start, self._token_end = found.span(self.kind)
        return token

    def _takes(self, *tokens: str) -> bool:
        if self.kind in ("sign", "name") and self.token in tokens:
            self._advance()
            return True
        return False

    def _at(self, sign: str) -> bool:
        return self.kind == "sign" and self.token == sign

    def _expect(self, token: str) -> None:
        if not self._takes(token):
            raise CelSyntaxError(f"expected `{token}`, found `{self.token or 'the end'}`")

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise CelSyntaxError("nested too deeply")
        node = self._binary(0)
        if self._takes("?"):
            chosen = self._binary(0)
            self._expect(":")
            node = Call("?:", None, (node, chosen, self.expression()))
        self._depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        node = self._binary(level + 1)
        while self.kind in ("sign", "name") and self.token in _LEVELS[level]:
            operator = self._advance()
            node = Call(operator, None, (node, self._binary(level + 1)))
        return node

    def _unary(self) -> Node:
        signs = 0
        while self._takes("!", "-"):
            signs += 1
        start = self._token_start
        node = self._member(self._primary(), start)
        return Call("!", None, (node,)) if signs else node

    def _member(self, node: Node, start: int) -> Node:
        while True:
            if self._takes("."):
                if self.kind != "name":
                    raise CelSyntaxError(f"expected a name after `.`, found `{self.token}`")
                field = self._advance()
                end = self._taken_end
                is_call = self._takes("(")
                node = self._call(field, node) if is_call else Select(node, field, start, end)
            elif self._takes("["):
                node = Index(node, self.expression())
                self._expect("]")
            else:
                return node

    def _call(self, function: str, target: Node | None) -> Node:
        arguments = self._list(")")
        if target is not None and function in MACROS and len(arguments) > 1:
            variable, *bodies = arguments
            if not isinstance(variable, Name):
                raise CelSyntaxError(f"the first argument of `{function}` is a name")
            return Macro(function, target, variable.name, tuple(bodies))
        return Call(function, target, arguments)

    def _list(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._takes(end):
            items.append(self.expression())
            if end == "}":
                self._expect(":")
                items.append(self.expression())
            if not self._takes(","):
                self._expect(end)
                break
        return tuple(items)

    def _primary(self) -> Node:
        kind = self.kind
        if kind in ("text", "number"):
            return Constant(self._advance())
        if self._takes("("):
            node = self.expression()
            self._expect(")")
            return node
        if self._takes("["):
            return Sequence(self._list("]"))
        if self._takes("{"):
            return Sequence(self._list("}"))
        if self.kind != "name":
            raise CelSyntaxError(f"unexpected `{self.token or 'end'}`")
        start, name = self._token_start, self._advance()
        end = self._taken_end
        if self._takes("("):
            return self._call(name, None)
        if self._at("{"):
            raise CelSyntaxError("message literals are not available")
        return Constant(name) if name in _CONSTANTS else Name(name, start, end)
