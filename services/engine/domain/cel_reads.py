"""Which of a run's data an expression reads.

Each path is replaced by a name of its own before the library compiles, so that the library converts and clones the
value that is meant and nothing around it. Paths inside `has` stay as they are: there the path is the question.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from contracts.base import Json
from services.engine.domain.cel_syntax import (
    MACROS,
    Call,
    Constant,
    Index,
    Macro,
    Name,
    Node,
    Select,
    Sequence,
)

MACRO_DEPTH_MAX = 4
"""Each level doubles the work of bounding the cost; nobody reads deeper ones."""

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

Path = tuple[str, ...]
Wanted = dict[str, "Wanted"]
"""Which members are read, by name; an empty one means all of it."""


class CelFault(Exception):  # noqa: N818 - one thing wrong with a text
    """A text that is no CEL expression; the message is for its author."""

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


@dataclass(slots=True)
class Reads:
    """`names` gives each path its name; `probed` is what `has` asks for."""

    prefix: str
    names: dict[Path, str] = field(default_factory=dict)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    probed: Wanted = field(default_factory=dict)
    may_be_costly: bool = False
    """It has macros or patterns, which cost much even on little data."""

    def paths(self) -> Iterator[Path]:
        """Yield every path that is read."""
        yield from self.names
        yield from _leaves(self.probed)

    def rewrite(self, source: str) -> str:
        """Return the expression with names in the place of paths."""
        for start, end, name in sorted(self.spans, reverse=True):
            source = source[:start] + name + source[end:]
        return source

    def name(self, node: Name | Select, path: Path) -> None:
        name = self.names.setdefault(path, f"{self.prefix}{len(self.names)}")
        self.spans.append((node.start, node.end, name))


def read_paths(source: str, tree: Node) -> Reads:
    """Return what a tree reads; raises CelFault for functions that do not exist."""
    prefix = "_v"
    while prefix in source:
        prefix += "_"
    reads = Reads(prefix)
    _collect(tree, (), reads, probing=False)
    return reads


def path_of(node: Name | Select) -> tuple[Node, Path]:
    """Return what a chain of fields begins with, and the names along it (the first one included, if it is one)."""
    fields: list[str] = []
    root: Node = node
    while isinstance(root, Select):
        fields.append(root.field)
        root = root.operand
    if isinstance(root, Name):
        fields.append(root.name)
    return root, tuple(reversed(fields))


def _collect(node: Node, bound: tuple[str, ...], reads: Reads, *, probing: bool) -> None:
    match node:
        case Constant():
            return
        case Name() | Select():
            _collect_path(node, bound, reads, probing=probing)
        case Index(operand=operand, index=index):
            _collect_all((operand, index), bound, reads)
        case Sequence(items=items):
            _collect_all(items, bound, reads)
        case Call(function=function, target=target, arguments=arguments):
            _check_function(function, arguments, is_method=target is not None)
            reads.may_be_costly = reads.may_be_costly or function == "matches"
            nodes = arguments if target is None else (target, *arguments)
            _collect_all(nodes, bound, reads, probing=function == "has")
        case Macro(range=of, variable=variable, bodies=bodies):
            if len(bound) == MACRO_DEPTH_MAX:
                raise CelFault(
                    "invalid-expression", "Macros are nested too deeply.", reason="nested"
                )
            reads.may_be_costly = True
            _collect(of, bound, reads, probing=False)
            _collect_all(bodies, (*bound, variable), reads)
        case _:
            assert_never(node)


def _collect_all(
    nodes: tuple[Node, ...], bound: tuple[str, ...], reads: Reads, *, probing: bool = False
) -> None:
    for node in nodes:
        _collect(node, bound, reads, probing=probing)


def _collect_path(
    node: Name | Select, bound: tuple[str, ...], reads: Reads, *, probing: bool
) -> None:
    root, path = path_of(node)
    if not isinstance(root, Name):
        _collect(root, bound, reads, probing=False)
    elif path[0] in bound:
        return
    elif probing:
        _want(reads.probed, path)
    else:
        reads.name(node, path)


def _check_function(name: str, arguments: tuple[Node, ...], *, is_method: bool) -> None:
    known = METHODS if is_method else FUNCTIONS
    if name.isidentifier() and name != "in" and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise CelFault(
            "unknown-function",
            f"CEL has no function `{name}` here.",
            near[0] if near else None,
            name=name,
        )
    if name == "matches" and not all(isinstance(argument, Constant) for argument in arguments):
        raise CelFault(
            "invalid-expression",
            "The pattern of `matches` is written out as a text.",
            reason="pattern",
        )


def _want(wanted: Wanted, path: Path) -> None:
    """Add a path; a shorter one wins over what begins with it."""
    *parents, last = path
    for name in parents:
        if name in wanted and not wanted[name]:
            return
        wanted = wanted.setdefault(name, {})
    wanted[last] = {}


def _leaves(wanted: Wanted) -> Iterator[Path]:
    for name, inner in wanted.items():
        if not inner:
            yield (name,)
        for path in _leaves(inner):
            yield (name, *path)


def pick(value: Json, wanted: Wanted) -> Json:
    """Return only what is asked for of a value."""
    if not wanted or not isinstance(value, dict):
        return value
    return {name: pick(value[name], inner) for name, inner in wanted.items() if name in value}
