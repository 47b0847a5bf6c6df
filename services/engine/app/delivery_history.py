"""The deliveries that a workflow's page shows, and their replay as new runs."""

import base64

from contracts.run import StartedRun
from contracts.webhook import (
    DeliveryPage,
    DeliveryView,
    GetDelivery,
    ListDeliveries,
    ReplayDelivery,
)
from services.chassis import telemetry
from services.chassis.errors import Refused
from services.engine.app.delivery_journal import DeliveryJournal, body_shown_bytes_max
from services.engine.app.orders import RunPipeline, StartTriggered, order_for
from services.engine.app.ports import Versions, workflow_not_found
from services.engine.app.starts import started_run
from services.engine.app.webhook_ports import DeliveryStore, KeptDelivery
from services.engine.domain import webhook
from services.engine.domain.triggers.webhook import WebhookTriggerConfig


class DeliveryHistory:
    """Answers for the last deliveries."""

    def __init__(
        self,
        store: DeliveryStore,
        journal: DeliveryJournal,
        versions: Versions,
        pipeline: RunPipeline,
    ) -> None:
        self._store = store
        self._journal = journal
        self._versions = versions
        self._pipeline = pipeline

    async def page(self, question: ListDeliveries) -> DeliveryPage:
        """Return the last deliveries, newest first. Raises Refused("workflow-not-found")."""
        if not await self._versions.heads([question.workflow_id]):
            raise workflow_not_found()
        await self._journal.flush()
        items = await self._store.page(question.workflow_id, question.limit)
        return DeliveryPage(items=items)

    async def get(self, question: GetDelivery) -> DeliveryView:
        """Return one, with the beginning of its body. Raises Refused("delivery-not-found")."""
        return _view(await self._store.get(question.workflow_id, question.delivery_id))

    async def replay(self, command: ReplayDelivery) -> StartedRun:
        """Start a run with the delivery as it came, read by the workflow as it is now.

        Raises Refused: `delivery-not-found`, `delivery-not-authentic`, and whatever the body is refused for.
        """
        kept = await self._store.get(command.workflow_id, command.delivery_id)
        if not kept.authentic:
            message = "The sender of this delivery had not proved itself: it starts nothing."
            raise Refused("delivery-not-authentic", message)
        config = await self._config(command)
        order = StartTriggered(
            workflow_id=command.workflow_id,
            trigger="webhook",
            trigger_output=webhook.replayed(
                webhook.trigger_output(config, kept.method, kept.headers, kept.query, kept.body),
                kept.id,
                kept.run_id,
            ),
            actor=command.actor,
        )
        traceparent = telemetry.current_traceparent()
        done = await self._pipeline.execute(
            order_for(command.run_id, order, actor=command.actor.id, traceparent=traceparent)
        )
        return started_run(command.run_id, done)

    async def _config(self, command: ReplayDelivery) -> WebhookTriggerConfig:
        head = (await self._versions.heads([command.workflow_id])).get(command.workflow_id)
        if head is None:
            raise workflow_not_found()
        compiled = await self._versions.compiled(command.workflow_id, head.version)
        config = compiled.definition.trigger.config
        if not isinstance(config, WebhookTriggerConfig):
            message = "This workflow is not started by a webhook any more."
            raise Refused("delivery-not-replayable", message)
        return config


def _view(kept: KeptDelivery) -> DeliveryView:
    shown = kept.body[:body_shown_bytes_max]
    is_cut = len(shown) < kept.body_bytes
    text = _text_of(shown, is_cut=is_cut)
    return DeliveryView(
        id=kept.id,
        received_at=kept.received_at,
        method=kept.method,
        content_type=webhook.content_type(kept.headers),
        body_bytes=kept.body_bytes,
        sent_as=kept.sent_as,
        verdict=kept.verdict,
        run_id=kept.run_id,
        code=kept.code,
        message=kept.message,
        authentic=kept.authentic,
        headers=list(kept.headers),
        query=webhook.gathered(kept.query),
        body=base64.b64encode(shown).decode() if text is None else text,
        body_encoding="base64" if text is None else "text",
        body_cut=is_cut,
    )


def _text_of(shown: bytes, *, is_cut: bool) -> str | None:
    """Return the body if it is a text; a cut may go through its last character."""
    for dropped in range(4 if is_cut else 1):
        try:
            text = shown[: len(shown) - dropped].decode()
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None
