"""How a use case's result becomes an HTTP answer, and how the answers of a route are documented."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response

from contracts.base import Json
from services.gateway.domain.problem import CONTENT_TYPE
from services.gateway.entry.forms import ProblemAnswer

Documented = dict[int | str, dict[str, Any]]
_NO_STORE = {"cache-control": "no-store"}
_PROBLEM = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}}


def json_answer(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON that is bytes already."""
    together = {**_NO_STORE, **headers} if headers else _NO_STORE
    return Response(body, status, headers=together, media_type="application/json")


def model_answer(model: BaseModel, status: int = 200) -> Response:
    """Return a model as JSON."""
    return json_answer(model.model_dump_json(by_alias=True).encode(), status)


def value_answer(value: Json, status: int = 200) -> Response:
    """Return a plain value as JSON."""
    return json_answer(orjson.dumps(value), status)


def no_content() -> Response:
    """Return an answer without a body."""
    return Response(status_code=204, headers=_NO_STORE)


def documented(
    model: type[BaseModel] | None, *problems: int, status: int = 200, note: str = "Done."
) -> Documented:
    """Return the documentation of a route's answers; 401 and 503 are added to every route elsewhere."""
    answers: Documented = {status: {"description": note}}
    if model is not None:
        answers[status]["model"] = model
    for problem in problems:
        answers[problem] = {"description": "See `code`.", "content": _PROBLEM}
    return answers


__all__ = [
    "Documented",
    "ProblemAnswer",
    "documented",
    "json_answer",
    "model_answer",
    "no_content",
    "value_answer",
]
