"""A webhook delivery: judged by the trigger of the workflow's current version, then a run with an id of its own."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from contracts.actor import Actor
from contracts.run import ReceiveDelivery, StartedRun
from services.chassis import telemetry
from services.chassis.errors import Refused
from services.chassis.ids import derived_id
from services.engine.app.orders import RunPipeline, StartTriggered, order_for
from services.engine.app.ports import Versions, workflow_not_found
from services.engine.app.starts import started_run
from services.engine.domain import webhook
from services.engine.domain.triggers.webhook import WebhookTriggerConfig


def _now() -> datetime:
    return datetime.now(UTC)


class Deliveries:
    """Lets deliveries in or refuses them."""

    def __init__(
        self,
        definitions: Versions,
        pipeline: RunPipeline,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._definitions = definitions
        self._pipeline = pipeline
        self._clock = clock

    async def receive(self, delivery: ReceiveDelivery) -> StartedRun:
        """Start a run, or answer with the one that this delivery has started before.

        Raises Refused: `workflow-not-found` (also for workflows without a webhook), `invalid-signature`, and only for
        those who proved the secret `workflow-not-active`.
        """
        head = (await self._definitions.heads([delivery.workflow_id])).get(delivery.workflow_id)
        if head is None:
            raise workflow_not_found()
        compiled = await self._definitions.compiled(delivery.workflow_id, head.version)
        config = compiled.definition.trigger.config
        if not isinstance(config, WebhookTriggerConfig):
            raise workflow_not_found()
        body = _body(delivery)
        webhook.verify(config, delivery.headers, body, self._clock())
        if head.status != "Active":
            code = "workflow-not-active"
            raise Refused(code, "This workflow does not take deliveries now.", status=head.status)
        output = webhook.trigger_output(
            config, delivery.method, delivery.headers, delivery.query, body
        )
        order = StartTriggered(
            workflow_id=delivery.workflow_id,
            trigger="webhook",
            trigger_output=output,
            actor=Actor(kind="webhook", id=str(delivery.workflow_id), name="Webhook"),
        )
        run_id = self._run_id(delivery, webhook.delivery_id(config, delivery.headers, body))
        done = await self._pipeline.execute(
            order_for(run_id, order, actor="webhook", traceparent=telemetry.current_traceparent())
        )
        return started_run(run_id, done)

    def _run_id(self, delivery: ReceiveDelivery, delivery_id: str | None) -> UUID:
        if delivery_id is None or delivery_id == delivery.delivery_id:
            return delivery.run_id
        return derived_id("delivery", str(delivery.workflow_id), delivery_id)


def _body(delivery: ReceiveDelivery) -> bytes:
    try:
        return base64.b64decode(delivery.body, validate=True)
    except binascii.Error as error:
        code = "invalid-request"
        raise Refused(code, "The body is not base64.") from error
