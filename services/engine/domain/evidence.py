"""What a failed evaluation saw: the values of the variables that it read, shortened, for whoever built the workflow."""

import difflib
from collections.abc import Iterable, Sequence

import orjson

from contracts.base import Json, JsonObject
from services.engine.domain.failure import EvaluationFailed

CHARACTERS_MAX = 200
"""Of one value: enough to see what is wrong with it."""
VALUES_MAX = 20
EXPRESSION_MAX = 500

Path = Sequence[str]


def explained(
    failure: EvaluationFailed, expression: str, data: Json, paths: Iterable[Path]
) -> EvaluationFailed:
    """Return the failure with what was evaluated, and on which values; what it says already stays."""
    failure.details.setdefault("expression", expression[:EXPRESSION_MAX])
    values: JsonObject = {}
    for path in paths:
        if len(values) == VALUES_MAX:
            break
        known, value = _reach(data, path)
        if known:
            values[".".join(path[:known])] = shown(value)
            if known < len(path) and failure.code == "missing-variable":
                _suggest(failure, path, known, value)
    if values:
        failure.details.setdefault("values", values)
    return failure


def shown(value: Json) -> Json:
    """Return the value, or the beginning of its text, or of its JSON, where it is long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else _json(value)
    if len(text) > CHARACTERS_MAX:
        return text[: CHARACTERS_MAX - 1] + "…"
    return value


def _json(value: Json) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return "…"


def _reach(data: Json, path: Path) -> tuple[int, Json]:
    """Return how much of a path is there, and the value that it leads to."""
    for known, part in enumerate(path):
        if not isinstance(data, dict) or part not in data:
            return known, data
        data = data[part]
    return len(path), data


def _suggest(failure: EvaluationFailed, path: Path, known: int, value: Json) -> None:
    """Name the member that was probably meant."""
    members = list(value)[:1_000] if isinstance(value, dict) else []
    near = difflib.get_close_matches(path[known], members, n=1)
    if near:
        suggestion = ".".join((*path[:known], near[0], *path[known + 1 :]))
        failure.details.setdefault("suggestion", suggestion)
