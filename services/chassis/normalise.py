"""The one door for JSON from outside: what it returns can be stored, sent, read back and shown; all else is refused.

PostgreSQL refuses NUL and half surrogate pairs, many readers refuse more than 64 bits, Python writes `Infinity`, which
nobody reads, and of two equal keys each parser believes another.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import NoReturn

from contracts.base import Json
from services.chassis.errors import Refused

bytes_max_default = 262_144
depth_max_default = 64
keys_max_default = 10_000

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**64 - 1
_DIGITS_MAX = 400
"""Characters of one number: a double written out in full has no more."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_BYTE_ORDER_MARK = "\ufeff"


def normalise_json(
    raw: bytes | str,
    *,
    bytes_max: int = bytes_max_default,
    depth_max: int = depth_max_default,
    keys_max: int = keys_max_default,
) -> Json:
    """Return the value of a JSON text; raises Refused("invalid-json") with the `path` (JSON pointer) of the fault."""
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > bytes_max:
        _refuse(
            "", f"This is {size:,} bytes; the limit is {bytes_max:,}.", size=size, limit=bytes_max
        )
    text = _decode(raw).removeprefix(_BYTE_ORDER_MARK)
    _check_depth(text, depth_max)
    value = _parse(text)
    # Without an escape, a valid text holds neither NUL nor surrogates.
    _Walk(depth_max, keys_max, check_texts="\\u" in text).check(value, "", 0)
    return value


def normalise_value(
    value: Json,
    *,
    bytes_max: int = bytes_max_default,
    depth_max: int = depth_max_default,
    keys_max: int = keys_max_default,
) -> Json:
    """Return a value that was parsed elsewhere, held to the same limits; raises Refused("invalid-json")."""
    _Walk(depth_max, keys_max, check_texts=True).check(value, "", 0)
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size > bytes_max:
        _refuse(
            "", f"This is {size:,} bytes; the limit is {bytes_max:,}.", size=size, limit=bytes_max
        )
    return value


class _Duplicate(dict[str, Json]):
    """An object with a key that comes twice; the walk knows where it is."""

    key = ""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    duplicate = _Duplicate(members)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            duplicate.key = key
        seen.add(key)
    return duplicate


class _NumberError(ValueError):
    """A number that JSON or we do not have."""


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise _NumberError
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > _DIGITS_MAX:
        raise _NumberError
    return float(digits)


def _constant(name: str) -> NoReturn:
    raise _NumberError(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _decode(raw: bytes | str) -> str:
    try:
        return raw if isinstance(raw, str) else raw.decode()
    except UnicodeDecodeError as error:
        _refuse("", f"This is not UTF-8 (at byte {error.start}).")


def _parse(text: str) -> Json:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        _refuse(
            "",
            f"This is no JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
        )
    except _NumberError as error:
        what = f"`{error}` is no number in JSON." if str(error) else "A number has too many digits."
        _refuse("", what)


def _check_depth(text: str, depth_max: int) -> None:
    """Refuse towers of brackets before a recursive parser meets them."""
    if text.count("[") + text.count("{") <= depth_max:
        return
    depth = 0
    for bracket in _brackets(text):
        depth += 1 if bracket in "[{" else -1
        if depth > depth_max:
            _refuse("", f"This is nested deeper than {depth_max} levels.", limit=depth_max)


def _brackets(text: str) -> Iterable[str]:
    return (found.group() for found in _BRACKET.finditer(_TEXT.sub("", text)))


class _Walk:
    """Visits every value once."""

    def __init__(self, depth_max: int, keys_max: int, *, check_texts: bool) -> None:
        self._depth_max = depth_max
        self._keys_max = keys_max
        self._keys_left = keys_max
        self._check_texts = check_texts

    def check(self, value: Json, path: str, depth: int) -> None:  # noqa: C901 - one case for each kind of value
        match value:
            case str():
                if self._check_texts and _UNSTORABLE.search(value):
                    _refuse(path, "A text holds NUL or half of a surrogate pair.")
            case None | bool():
                pass
            case int():
                if not INTEGER_MIN <= value <= INTEGER_MAX:
                    _refuse(path, "A whole number needs more than 64 bits.")
            case float():
                if not math.isfinite(value):
                    _refuse(path, "A number is not finite.")
            case dict():
                self._check_object(value, path, depth + 1)
            case list():
                self._check_depth(path, depth + 1)
                for index, item in enumerate(value):
                    self.check(item, f"{path}/{index}", depth + 1)
            case _:
                _refuse(path, f"A {type(value).__name__} is no JSON.")

    def _check_object(self, value: dict[str, Json], path: str, depth: int) -> None:
        self._check_depth(path, depth)
        if isinstance(value, _Duplicate):
            _refuse(f"{path}/{_escape(value.key)}", "This key comes twice.")
        self._keys_left -= len(value)
        if self._keys_left < 0:
            _refuse(path, f"There are more than {self._keys_max:,} keys.", limit=self._keys_max)
        for key, item in value.items():
            if not isinstance(key, str):
                _refuse(path, "A key is no text.")
            inner = f"{path}/{_escape(key)}"
            if self._check_texts and _UNSTORABLE.search(key):
                _refuse(path, "A key holds NUL or half of a surrogate pair.")
            self.check(item, inner, depth)

    def _check_depth(self, path: str, depth: int) -> None:
        if depth > self._depth_max:
            _refuse(
                path, f"This is nested deeper than {self._depth_max} levels.", limit=self._depth_max
            )


def _escape(key: str) -> str:
    shown = _UNSTORABLE.sub("\ufffd", key[:200])
    return shown.replace("~", "~0").replace("/", "~1") if "~" in shown or "/" in shown else shown


def _refuse(path: str, message: str, **details: Json) -> NoReturn:
    raise Refused("invalid-json", message, path=path[-500:], **details)
