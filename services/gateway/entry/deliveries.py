"""A workflow's webhook over HTTP: its secrets, and its last deliveries with their replay."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.run import StartedRun
from contracts.webhook import (
    DeliveryPage,
    DeliveryView,
    GetDelivery,
    GetWebhookSecrets,
    ListDeliveries,
    NewWebhookSecret,
    ReplayDelivery,
    RotateWebhookSecret,
    WebhookSecrets,
)
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer
from services.gateway.entry.forms import DeliveriesQuery, WebhookSecretForm
from services.gateway.entry.idempotency import id_for, key_of
from services.gateway.entry.openapi import IDEMPOTENCY_KEY, extra
from services.gateway.entry.routing import identity_of

SECRETS = "/api/v1/workflows/{workflow_id}/webhook-secret"
ALL = "/api/v1/workflows/{workflow_id}/deliveries"
ONE = ALL + "/{delivery_id}"


class DeliveryRoutes:
    """Routes of a workflow's webhook."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["webhooks"])
        rotated = documented(
            NewWebhookSecret, 400, 404, 409, 413, 415, 422, status=201, note="The only time."
        )
        add(SECRETS, self.rotate_secret, methods=["POST"], status_code=201, responses=rotated)
        add(SECRETS, self.list_secrets, responses=documented(WebhookSecrets, 404, 409))
        add(ALL, self.list_deliveries, responses=documented(DeliveryPage, 404, 422))
        add(ONE, self.get_delivery, responses=documented(DeliveryView, 404))
        add(
            f"{ONE}/replay",
            self.replay,
            methods=["POST"],
            status_code=201,
            responses=documented(StartedRun, 404, 409, status=201, note="Started."),
            openapi_extra=extra(IDEMPOTENCY_KEY),
        )

    async def rotate_secret(
        self, request: Request, workflow_id: UUID, form: WebhookSecretForm | None = None
    ) -> Response:
        """Make a new secret for the workflow's webhook, shown this once; the former ones are taken for a while yet."""
        given = form or WebhookSecretForm()
        order = RotateWebhookSecret(
            workflow_id=workflow_id,
            secret=given.secret,
            overlap=given.overlap,
            actor=identity_of(request).actor,
        )
        return json_answer(await self._asking.ask(subjects.ROTATE_WEBHOOK_SECRET, order), 201)

    async def list_secrets(self, workflow_id: UUID) -> Response:
        """List when the secrets that are taken now were made and expire; never the secrets."""
        question = GetWebhookSecrets(workflow_id=workflow_id)
        return json_answer(await self._asking.ask(subjects.GET_WEBHOOK_SECRETS, question))

    async def list_deliveries(
        self, workflow_id: UUID, query: Annotated[DeliveriesQuery, Query()]
    ) -> Response:
        """List the last deliveries, newest first."""
        question = ListDeliveries(workflow_id=workflow_id, limit=query.limit)
        return json_answer(await self._asking.ask(subjects.LIST_DELIVERIES, question))

    async def get_delivery(self, workflow_id: UUID, delivery_id: UUID) -> Response:
        """Get a delivery with its headers and the first 64 KiB of its body."""
        question = GetDelivery(workflow_id=workflow_id, delivery_id=delivery_id)
        return json_answer(await self._asking.ask(subjects.GET_DELIVERY, question))

    async def replay(self, request: Request, workflow_id: UUID, delivery_id: UUID) -> Response:
        """Start a run with a kept delivery, as the workflow is now; refused for one that was not authentic."""
        actor = identity_of(request).actor
        order = ReplayDelivery(
            workflow_id=workflow_id,
            delivery_id=delivery_id,
            run_id=id_for(actor, f"replay-delivery {delivery_id}", key_of(request)),
            actor=actor,
        )
        answer = await self._asking.ask(subjects.REPLAY_DELIVERY, order)
        return json_answer(answer, 201, {"location": f"/api/v1/runs/{order.run_id}"})
