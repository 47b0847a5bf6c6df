"""Inbound webhooks: the bytes and headers as they came, for the engine to judge."""

from base64 import b64encode
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.run import ReceiveDelivery
from services.chassis.errors import Refused
from services.chassis.ids import derived_id, new_id
from services.gateway.app.begin_run import BeginRun
from services.gateway.app.ports import Clock
from services.gateway.domain.delivery import delivery_digest, delivery_id_of
from services.gateway.entry.answers import documented, model_answer, value_answer
from services.gateway.entry.body import read_body, value_bytes_max
from services.gateway.entry.forms import AcceptedDelivery
from services.gateway.entry.gate import KEPT
from services.gateway.entry.openapi import lean
from services.gateway.entry.routing import HotRoute, path_id

query_parameters_max = 100
CHALLENGE = "webhook-challenge"
"""A sender asks whether the address is ours, and has proved who it is."""


class WebhookRoutes:
    """`/api/webhooks/{workflow_id}`."""

    def __init__(self, begin: BeginRun, clock: Clock) -> None:
        self._begin = begin
        self._clock = clock

    def add_to(self, router: APIRouter) -> None:
        """Register the route; only POST, since a link that is opened must change nothing."""
        router.add_api_route(
            "/api/webhooks/{workflow_id}",
            self.receive,
            methods=["POST"],
            summary="Deliver a webhook",
            tags=["webhooks"],
            status_code=202,
            responses=documented(
                AcceptedDelivery, 400, 401, 404, 409, 413, 415, status=202, note="Accepted."
            ),
            openapi_extra=lean(None, "workflow_id"),
            route_class_override=HotRoute,
        )

    async def receive(self, request: Request) -> Response:
        """Start a run with a delivery; the same delivery again is the same run."""
        workflow_id = path_id(request, "workflow_id", "workflow-not-found")
        body = await read_body(request, value_bytes_max)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
        ]
        delivery_id = delivery_id_of(headers, body) or str(new_id())
        delivery = ReceiveDelivery(
            workflow_id=workflow_id,
            run_id=derived_id(str(workflow_id), delivery_id),
            delivery_id=delivery_id,
            method="POST",
            headers=headers,
            query=_query_of(request),
            body=b64encode(body).decode(),
            received_at=self._clock(),
        )
        try:
            digest = delivery_digest(headers, body)
            if request.scope["state"].get(KEPT):
                run_id = await self._begin.keep_delivery(delivery, digest)
            else:
                run_id = await self._begin.receive(delivery, digest)
        except Refused as refusal:
            if refusal.code != CHALLENGE:
                raise
            return value_answer({"challenge": refusal.details.get("challenge")})
        return model_answer(AcceptedDelivery(run_id=run_id), 202)


def _query_of(request: Request) -> list[tuple[str, str]]:
    raw = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(raw, keep_blank_values=True, max_num_fields=query_parameters_max)
    except ValueError:
        raise Refused("invalid-request", "The query has too many parameters.") from None
