"""What a value must be to be kept: of a bounded size, and of a form that can be stored."""

from typing import NoReturn

import orjson

from contracts.base import Json
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.limits import STATE_BYTES_MAX, VALUE_BYTES_MAX
from services.engine.domain.run_state import Live

_NUL_ESCAPED = b"\\u0000"


def check_size(value: Json, state: Live) -> None:
    """Hold a value, and all outputs with it, to what can be stored and sent; raises EvaluationFailed."""
    size = check_value("The output", value)
    if state.size_bytes + size > STATE_BYTES_MAX:
        refuse_size("All outputs of the run", state.size_bytes + size, STATE_BYTES_MAX)


def check_value(what: str, value: Json, limit: int = VALUE_BYTES_MAX) -> int:
    """Hold a single value to what can be stored and sent, and return its size; raises EvaluationFailed."""
    try:
        encoded = orjson.dumps(value)
    except TypeError as error:
        raise EvaluationFailed("invalid-output", f"{what} has no JSON form: {error}.") from error
    size = len(encoded)
    if size > limit:
        refuse_size(what, size, limit)
    if _NUL_ESCAPED in encoded and _has_nul(value):
        raise EvaluationFailed("invalid-output", f"{what} holds a NUL character.")
    return size


def refuse_size(what: str, size: int, limit: int) -> NoReturn:
    """Raise EvaluationFailed for a value that is too large, in bytes as JSON."""
    raise EvaluationFailed(
        "output-too-large",
        f"{what} would be {size:,} bytes as JSON; the limit is {limit:,}.",
        size=size,
        limit=limit,
    )


def _has_nul(value: Json) -> bool:
    match value:
        case str():
            return "\x00" in value
        case list():
            return any(_has_nul(item) for item in value)
        case dict():
            return any("\x00" in key or _has_nul(item) for key, item in value.items())
        case _:
            return False
