"""`/healthz`, `/readyz` and `/metrics`."""

from collections.abc import Awaitable, Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from services.chassis import telemetry
from services.gateway.entry.answers import documented, value_answer

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
Checks = Callable[[], Awaitable[dict[str, bool]]]


class HealthRoutes:
    """What an operator's tools ask; it says nothing that is secret."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["health"])
        text = documented(None)
        text[200]["content"] = {"text/plain": {"schema": {"type": "string"}}}
        add("/healthz", self.healthz, responses=documented(None))
        add("/readyz", self.readyz, responses=documented(None, 503))
        add("/metrics", self.metrics, responses=text, response_class=Response)

    async def healthz(self) -> Response:
        """Tell that the process runs."""
        return value_answer({"status": "ok"})

    async def readyz(self) -> Response:
        """Tell whether requests can be served, and what is missing if not."""
        checks = await self._checks()
        return value_answer(checks, 200 if all(checks.values()) else 503)

    async def metrics(self) -> Response:
        """Tell the metrics in the Prometheus text format."""
        return Response(telemetry.render_metrics(), media_type=telemetry.METRICS_CONTENT_TYPE)
