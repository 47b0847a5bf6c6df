"""Puts routes, errors and documentation together into the ASGI application."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from contracts.base import JsonObject
from services.chassis.errors import Refused, Transient
from services.gateway.entry.answers import json_answer
from services.gateway.entry.doorway import OPENAPI, WORKFLOW_SCHEMA, Doorway
from services.gateway.entry.edge import Edge
from services.gateway.entry.gate import Gate
from services.gateway.entry.openapi import build_openapi
from services.gateway.entry.problems import problem_of, problem_response
from services.gateway.entry.routing import ApiRoute, HotRoute
from services.gateway.entry.web import WebApp

_WORKFLOW_SCHEMA = Path(__file__).parents[3] / "docs" / "workflow.schema.json"


class Routes(Protocol):
    """A group of routes."""

    def add_to(self, router: APIRouter) -> None: ...


def make_application(
    groups: Sequence[Routes],
    web: WebApp,
    doorway: Doorway,
    gate: Gate,
    monotonic: Callable[[], float],
) -> Edge:
    """Return the whole HTTP face of the gateway."""
    app = _routed(groups)
    _document(app)
    for family in (Refused, Transient, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(family, _on_error)
    hot = [route for route in app.router.routes if isinstance(route, HotRoute)]
    return Edge(app, web, hot, doorway, monotonic, gate)


def describe(groups: Sequence[Routes]) -> JsonObject:
    """Return the OpenAPI document of these routes, without serving them."""
    return build_openapi(_routed(groups))


def _routed(groups: Sequence[Routes]) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.router.route_class = ApiRoute
    for group in groups:
        group.add_to(app.router)
    return app


def _document(app: FastAPI) -> None:
    @cache
    def document() -> bytes:
        return orjson.dumps(build_openapi(app))

    async def openapi() -> Response:
        return json_answer(document())

    @cache
    def schema() -> bytes:
        if not _WORKFLOW_SCHEMA.is_file():  # an installed package has no documentation
            raise HTTPException(404)
        return _WORKFLOW_SCHEMA.read_bytes()

    async def workflow_schema() -> Response:
        return json_answer(schema())

    app.router.add_api_route(OPENAPI, openapi, include_in_schema=False)
    app.router.add_api_route(WORKFLOW_SCHEMA, workflow_schema, include_in_schema=False)


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:  # noqa: PLR2004
        error.headers = {"Allow": ", ".join(_allowed(request))}
    return problem_response(problem_of(error))


def _allowed(request: Request) -> list[str]:
    """Return the methods that this path answers to, over all routes."""
    routes = [
        route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({method for route in routes for method in getattr(route, "methods", ())})
