"""Definitions as text, JSON or YAML: read strictly, written so that they read back the same, faults found in the lines.

Of YAML only what has one meaning is taken: the core schema of YAML 1.2 (`no` and `on` are texts), one document, text
keys, each key once; no tags, no anchors and aliases (small texts that mean gigabytes).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NoReturn

import orjson
import yaml

from contracts.base import Json
from contracts.workflow import Fault
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json, normalise_value
from services.engine.domain.limits import (
    DEFINITION_BYTES_MAX,
    DEFINITION_DEPTH_MAX,
    DEFINITION_KEYS_MAX,
)

Format = Literal["yaml", "json"]
Position = tuple[int, int]
"""Line and column, from 1."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DIGITS_MAX = 400
_LIMITS = {
    "bytes_max": DEFINITION_BYTES_MAX,
    "depth_max": DEFINITION_DEPTH_MAX,
    "keys_max": DEFINITION_KEYS_MAX,
}


class _Unreadable(Exception):  # noqa: N818 - a verdict on a text
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_definition(text: str, text_format: Format) -> Json | Fault:
    """Return the value of a text, or what makes it unreadable, with its line and column."""
    try:
        if text_format == "json":
            return normalise_json(text, **_LIMITS)
        value, _ = _read_yaml(text)
        return normalise_value(value, **_LIMITS)
    except Refused as refused:
        return _fault_of(refused, text)
    except _Unreadable as unreadable:
        return unreadable.fault


def locate(faults: Iterable[Fault], text: str) -> list[Fault]:
    """Return the faults with their lines in the text that the definition was read from, whatever its format."""
    try:
        # JSON is YAML, but for tabs between tokens.
        _, positions = _read_yaml(text.replace("\t", " "))
    except _Unreadable:
        return list(faults)
    return [_located(fault, positions) for fault in faults]


def write_definition(definition: Json, text_format: Format) -> str:
    """Return the text of a definition."""
    if text_format == "json":
        return orjson.dumps(definition, option=orjson.OPT_INDENT_2).decode() + "\n"
    return yaml.dump(
        definition, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def _located(fault: Fault, positions: dict[str, Position]) -> Fault:
    """Give a fault the place of its path, or of the nearest thing around it that is there."""
    path = fault.path
    while path and path not in positions:
        path = path.rpartition("/")[0]
    line, column = positions.get(path, (1, 1))
    return fault.model_copy(update={"line": line, "column": column})


def _fault_of(refused: Refused, text: str) -> Fault:
    fault = Fault(
        path=str(refused.details.get("path", "")),
        code="unreadable-text",
        message=refused.message,
        line=refused.details.get("line"),
        column=refused.details.get("column"),
    )
    if fault.line is not None or len(text) > DEFINITION_BYTES_MAX:
        return fault
    try:
        _, positions = _read_yaml(text.replace("\t", " "))
    except _Unreadable as unreadable:
        # A key that comes twice is found by both readers, but only this one knows where.
        where = unreadable.fault
        return fault.model_copy(update={"line": where.line, "column": where.column})
    return _located(fault, positions)


# -- YAML --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Builds the value from the parser's events, and remembers where each part begins."""

    events: Iterator[yaml.Event]
    positions: dict[str, Position] = field(default_factory=dict)

    def value(  # noqa: RET503 - the last case raises
        self, event: yaml.Event, path: str, depth: int
    ) -> Json:
        if depth > DEFINITION_DEPTH_MAX:
            _fail(event, f"This is nested deeper than {DEFINITION_DEPTH_MAX} levels.", path)
        _reject_features(event, path)
        self.positions.setdefault(path, _position(event))
        match event:
            case yaml.ScalarEvent():
                return _scalar(event, path)
            case yaml.SequenceStartEvent():
                return list(self._items(path, depth))
            case yaml.MappingStartEvent():
                return dict(self._members(path, depth))
            case _:
                _fail(event, "A value was expected.", path)

    def _items(self, path: str, depth: int) -> Iterator[Json]:
        index = 0
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.value(event, f"{path}/{index}", depth + 1)
            index += 1

    def _members(self, path: str, depth: int) -> Iterator[tuple[str, Json]]:
        seen: set[str] = set()
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            _reject_features(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                _fail(event, "A key is a text.", path)
            key = event.value
            inner = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in seen:
                _fail(event, f"The key `{key[:100]}` comes twice.", inner)
            seen.add(key)
            self.positions[inner] = _position(event)
            yield key, self.value(next(self.events), inner, depth + 1)


def _read_yaml(text: str) -> tuple[Json, dict[str, Position]]:
    """Return the value of a YAML text, and where each JSON pointer is; raises _Unreadable."""
    if len(text.encode("utf-8", "surrogatepass")) > DEFINITION_BYTES_MAX:
        message = f"This has more than {DEFINITION_BYTES_MAX:,} bytes, which is the limit."
        raise _Unreadable(Fault(path="", code="unreadable-text", message=message))
    try:
        events = yaml.parse(text, Loader=_LOADER)
        reader = _Reader(iter(events))
        value = _document(reader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        _raise(
            f"This is no YAML: {error.problem or error.context}.",
            (mark.line + 1, mark.column + 1) if mark else (1, 1),
        )
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        _raise(f"This is no YAML: {str(error).splitlines()[0]}.", (1, 1))
    return value, reader.positions


def _document(reader: _Reader) -> Json:
    next(reader.events)
    if isinstance(event := next(reader.events), yaml.StreamEndEvent):
        return None
    value = reader.value(next(reader.events), "", 0)
    next(reader.events)
    if not isinstance(event := next(reader.events), yaml.StreamEndEvent):
        _fail(event, "There is more than one document.", "")
    return value


def _reject_features(event: yaml.Event, path: str) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        _fail(event, "Anchors and aliases are not available.", path)
    tag = getattr(event, "tag", None)
    if tag is not None and tag != "!":
        _fail(event, "Tags are not available.", path)


def _scalar(event: yaml.ScalarEvent, path: str) -> Json:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _NOT_FINITE.fullmatch(text) or (len(text) > _DIGITS_MAX and _FLOAT.fullmatch(text)):
        _fail(event, "This number cannot be represented.", path)
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith("0") and text[1:2] in ("o", "x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _is_plain_text(text: str) -> bool:
    return not any(
        pattern.fullmatch(text) for pattern in (_NULL, _BOOL, _INTEGER, _FLOAT, _NOT_FINITE)
    )


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _fail(event: yaml.Event, message: str, path: str) -> NoReturn:
    _raise(message, _position(event), path)


def _raise(message: str, position: Position, path: str = "") -> NoReturn:
    line, column = position
    raise _Unreadable(
        Fault(path=path, code="unreadable-text", message=message, line=line, column=column)
    )


class _Dumper(_DUMPER):  # type: ignore[misc, valid-type]  # chosen at run time: libyaml's if it is there
    """Writes long texts as blocks, and in quotes what would else read as a number or a truth value."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - never one
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if _is_plain_text(text) else "'"
    if "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
