"""Texts with variables: Liquid output and nothing else, compiled once, evaluated once.

python-liquid parses; the evaluation is ours, so that a text reaches only the run's data, a value that contains `{{`
stays text, and paths without filters (nearly all of them) cost next to nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import orjson

from contracts.base import Json
from contracts.run import SecretUse
from services.engine.domain.evidence import explained, shown
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.filters import Filter
from services.engine.domain.scope import Data, Scope

Escape = Callable[[str], str]


class _Missing:
    """The value of a variable that is not there."""


MISSING = _Missing()


class Operand(Protocol):
    """Something inside `{{ }}` that has a value, or MISSING."""

    def look_up(self, data: Data) -> Json:
        """Return the value or MISSING."""
        ...

    def variables(self) -> Iterator["Variable"]:
        """Yield every variable that is read."""
        ...


@dataclass(frozen=True, slots=True)
class Literal:
    value: Json

    def look_up(self, data: Data) -> Json:  # noqa: ARG002 - the same for every run
        return self.value

    def variables(self) -> Iterator["Variable"]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Variable:
    """A path into the run's data; a segment in brackets is itself a variable."""

    name: str
    path: tuple["str | int | Variable", ...]
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", all(isinstance(part, str) for part in self.path))

    def look_up(self, data: Data) -> Json:
        value: Json = data
        if self.plain:
            try:
                for part in self.path:
                    value = value[part]
            except (KeyError, TypeError):
                pass
            else:
                return value
            value = data
        for part in self.path:
            key = part.look_up(data) if isinstance(part, Variable) else part
            value = _member(value, key)
            if value is MISSING:
                return MISSING
        return value

    def known_path(self) -> tuple[str, ...]:
        """Return the leading part of the path that is known without data."""
        known: list[str] = []
        for part in self.path:
            if not isinstance(part, str):
                break
            known.append(part)
        return tuple(known)

    def variables(self) -> Iterator["Variable"]:
        yield self
        for part in self.path:
            if isinstance(part, Variable):
                yield from part.variables()


def _member(value: Json, key: Json) -> Json:
    """Return a member as Liquid finds it: by key, by index, or the special `size`, `first` and `last`."""
    match value, key:
        case dict(), str():
            if key in value:
                return value[key]
            return len(value) if key == "size" else MISSING
        case list(), bool():
            return MISSING
        case list(), int():
            return value[key] if -len(value) <= key < len(value) else MISSING
        case list() | str(), "size":
            return len(value)
        case list(), "first" | "last" if value:
            return value[0 if key == "first" else -1]
        case _:
            return MISSING


@dataclass(frozen=True, slots=True)
class FilterCall:
    """A filter with its arguments as written."""

    name: str
    apply: Filter
    arguments: tuple[Operand, ...]
    options: tuple[tuple[str, Operand], ...]


@dataclass(frozen=True, slots=True)
class Output:
    """One `{{ }}`: a value, then filters."""

    head: Operand
    filters: tuple[FilterCall, ...] = ()

    def evaluate(self, scope: Scope) -> Json:
        """Return the value; a missing one passes by all filters up to the first `default`."""
        data = scope.data
        value = self.head.look_up(data)
        for call in self.filters:
            if value is MISSING and call.name != "default":
                continue
            given = None if value is MISSING else value
            arguments = [_present(argument, data) for argument in call.arguments]
            options = {name: _present(argument, data) for name, argument in call.options}
            try:
                value = call.apply(scope.work, given, arguments, options)
            except EvaluationFailed as failure:
                failure.details |= {"filter": call.name, "value": shown(given)}
                raise
        return value if value is not MISSING else _present(self.head, data)

    def variables(self) -> Iterator[Variable]:
        yield from self.head.variables()
        for call in self.filters:
            for argument in (*call.arguments, *(operand for _, operand in call.options)):
                yield from argument.variables()

    def is_guarded(self) -> bool:
        """Tell whether a `default` catches a missing variable."""
        return any(call.name == "default" for call in self.filters)


@dataclass(frozen=True, slots=True)
class Secret:
    """`{{ secrets.NAME }}`: nothing in the text, and a note where a worker puts the value.

    `pointer` leads from the request of the node to the text.
    """

    name: str
    pointer: str = ""


def _present(operand: Operand, data: Data) -> Json:
    value = operand.look_up(data)
    if value is MISSING:
        name = operand.name if isinstance(operand, Variable) else "value"
        raise EvaluationFailed("missing-variable", f"`{name}` is missing.", variable=name)
    return value


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text. `parts` alternate freely between plain text, output and secrets."""

    source: str
    parts: tuple[str | Output | Secret, ...]
    constant: bool = field(init=False)
    secret: bool = field(init=False)
    """It has secrets in it."""
    single: Output | None = field(init=False)
    """The one variable that the text is, if it is nothing else: its value keeps its type."""

    def __post_init__(self) -> None:
        outputs = [part for part in self.parts if isinstance(part, Output)]
        filled = [part for part in self.parts if not isinstance(part, str) or part.strip()]
        secret = any(isinstance(part, Secret) for part in self.parts)
        object.__setattr__(self, "constant", not outputs and not secret)
        object.__setattr__(self, "secret", secret)
        object.__setattr__(self, "single", outputs[0] if outputs and len(filled) == 1 else None)

    def evaluate(self, scope: Scope) -> Json:
        """Return the value with its type; raises EvaluationFailed."""
        if self.constant:
            return self._plain()
        single = self.single
        if single is None:
            return self.text(scope)
        try:
            value = _value_of(single, scope)
            if isinstance(value, str):
                scope.work.spend(len(value))
            elif isinstance(value, dict | list):
                # One large value in many places would be gigabytes once it is written out.
                scope.work.spend(size_of(value))
        except EvaluationFailed as failure:
            raise self._explained(failure, single, scope) from failure.__cause__
        return value

    def text(self, scope: Scope, escape: Escape | None = None) -> str:
        """Return the text; `escape` is applied to what variables bring in. Raises EvaluationFailed."""
        if self.constant:
            return self._plain()
        pieces: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, Secret):
                offset = sum(map(len, pieces))
                use = SecretUse(name=part.name, pointer=part.pointer, offset=offset)
                scope.secrets.append(use)
            else:
                try:
                    piece = as_text(_value_of(part, scope))
                    scope.work.spend(len(piece))
                except EvaluationFailed as failure:
                    raise self._explained(failure, part, scope) from failure.__cause__
                pieces.append(escape(piece) if escape else piece)
        return "".join(pieces)

    def _plain(self) -> str:
        return "".join(part for part in self.parts if isinstance(part, str))

    def _explained(
        self, failure: EvaluationFailed, output: Output, scope: Scope
    ) -> EvaluationFailed:
        paths = [variable.known_path() for variable in output.variables()]
        return explained(failure, self.source, scope.data, paths)

    def secrets(self) -> Iterator[str]:
        """Yield the name of each secret."""
        for part in self.parts:
            if isinstance(part, Secret):
                yield part.name

    def pointing(self, pointer: str) -> "Template":
        """Return the same text, at its place in the request of a node."""
        parts = (
            Secret(part.name, pointer) if isinstance(part, Secret) else part for part in self.parts
        )
        return Template(self.source, tuple(parts))

    def variables(self) -> Iterator[tuple[Variable, bool]]:
        """Yield each variable, and whether it may be missing."""
        for part in self.parts:
            if isinstance(part, Output):
                guarded = part.is_guarded()
                for variable in part.variables():
                    yield variable, guarded


def _value_of(output: Output, scope: Scope) -> Json:
    if not output.filters:
        value = output.head.look_up(scope.data)
        if value is not MISSING:
            return value
    return output.evaluate(scope)


def size_of(value: Json) -> int:
    """Return the size of a value as JSON, in bytes; raises EvaluationFailed for what has no JSON."""
    try:
        return len(orjson.dumps(value))
    except TypeError as error:
        raise EvaluationFailed("invalid-output", f"A value has no JSON form: {error}.") from error


def as_text(value: Json) -> str:
    """Return a value as it reads inside a text: `null` is empty, objects and lists are JSON."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return orjson.dumps(value).decode()
        case _:
            return str(value)
