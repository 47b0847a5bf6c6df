"""The OpenAPI 3.1 document: FastAPI's, with what it cannot know of lean routes, security and problem details."""

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.gateway.domain.problem import CONTENT_TYPE
from services.gateway.entry.forms import (
    DecideForm,
    ProblemAnswer,
    QueuedRun,
    StartRunForm,
    SubmitForm,
)
from services.gateway.entry.gate import is_gated

VERSION = "1"
_REFERENCE = "#/components/schemas/{model}"
_LEAN_MODELS: tuple[type[BaseModel], ...] = (
    DecideForm,
    SubmitForm,
    StartRunForm,
    QueuedRun,
    ProblemAnswer,
)
_DESCRIPTION = """\
Workflows that stop and ask a person. Errors are RFC 9457 problem details with a stable `code`. Lists take `limit` and
`cursor`. Every `POST` that creates or decides takes `Idempotency-Key`: the same key and body give the first answer
again. `429` and `503` come with `Retry-After`; repeating the request under the same key is safe.
"""
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "flusso_session",
        "description": "A browser's session; unsafe methods also need X-CSRF-Token.",
    },
}
_OPEN_OPERATIONS = {
    ("post", "/api/v1/session"),
    ("post", "/api/webhooks/{workflow_id}"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
_PROBLEM_CONTENT = {CONTENT_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemAnswer")}}}
_AWAY = {
    "description": "A part of Flusso is away, or too much is asked; try again after Retry-After.",
    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    "content": _PROBLEM_CONTENT,
}
_TOO_MANY = _AWAY | {
    "description": "More of yours are here than your share while others ask too; try again after Retry-After."
}
_BODIES = {
    "400": "The body is no JSON that can be kept.",
    "408": "The body did not arrive in time.",
    "413": "The body is too large.",
    "415": "The body is not JSON in UTF-8, or is compressed.",
}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": _PROBLEM_CONTENT}


def header(name: str, description: str) -> dict[str, Any]:
    """Return the documentation of an optional request header."""
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", "maxLength": 255},
    }


IDEMPOTENCY_KEY = header("Idempotency-Key", "The same key and body give the first answer again.")
LAST_EVENT_ID = header("Last-Event-ID", "The id of the last event that was seen; resumes after it.")
IF_MATCH = header("If-Match", "The ETag of what was seen; 412 if it is no longer so.")

IF_NONE_MATCH = header("If-None-Match", "`*`: only if there is none yet; else 412.")


def extra(*parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what FastAPI is to add to a route's documentation."""
    return {"parameters": list(parameters)}


def lean(form: type[BaseModel] | None, path_id: str, *headers: dict[str, Any]) -> dict[str, Any]:
    """Return the whole documentation of a lean route's input; without a form it takes any bytes."""
    path = {
        "name": path_id,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    kind = "*/*" if form is None else "application/json"
    schema = {} if form is None else {"$ref": _REFERENCE.format(model=form.__name__)}
    return {
        "parameters": [path, *headers],
        "requestBody": {"content": {kind: {"schema": schema}}},
    }


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """Return the document of all routes of the application."""
    document = get_openapi(
        title="Flusso",
        version=VERSION,
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=app.routes,
    )
    _add_models(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(method, path, operation)
    document["components"]["securitySchemes"] = _SCHEMES
    document["security"] = [{"bearer": []}, {"session": []}]
    return document


def _add_models(document: dict[str, Any]) -> None:
    inputs: list[tuple[type[BaseModel], Literal["validation"]]] = [
        (model, "validation") for model in _LEAN_MODELS
    ]
    _, schemas = models_json_schema(inputs, ref_template=_REFERENCE)
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components.update(schemas["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.setdefault("503", _AWAY)
    if is_gated(path):
        answers.setdefault("429", _TOO_MANY)
    if (method, path) in _OPEN_OPERATIONS:
        operation["security"] = []
    else:
        answers.setdefault("401", _problem("Not signed in, or the token is not valid."))
        if method != "get":
            answers.setdefault("403", _problem("Not allowed, or the CSRF token is missing."))
    if "requestBody" in operation:
        for status, description in _BODIES.items():
            answers.setdefault(status, _problem(description))
    default = answers.get("422")
    if default is not None and "application/json" in default.get("content", {}):
        default["content"] = _PROBLEM_CONTENT
        default["description"] = "The request is not understood; `faults` says where."
