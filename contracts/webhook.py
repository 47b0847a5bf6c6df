"""Webhooks: the secrets that senders share with a workflow, and the deliveries that came lately."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.actor import Actor
from contracts.base import Command, Fact, Instant, JsonObject

DeliveryVerdict = Literal["accepted", "repeated", "refused"]


# -- secrets -----------------------------------------------------------------------------------------------------------


class RotateWebhookSecret(Command):
    """Give a workflow's webhook a new secret: the one given, or one that is made; the former ones end with `overlap`.

    Refused with `webhook-secret-not-used` unless the trigger keeps a secret of its own.
    """

    workflow_id: UUID
    secret: str | None = Field(default=None, min_length=1, max_length=1_000)
    overlap: str = Field(default="24h", max_length=40)
    actor: Actor


class NewWebhookSecret(Fact):
    """The answer to RotateWebhookSecret: the only time that a secret is shown; None if it was given."""

    secret: str | None = None
    created_at: Instant
    former_expires_at: Instant | None = None
    """When the former secrets stop being taken; None if there were none."""


class GetWebhookSecrets(Command):
    """Ask which secrets a workflow's webhook takes; never for the secrets themselves."""

    workflow_id: UUID


class WebhookSecretItem(Fact):
    """A secret that is taken now; the current one never expires."""

    created_at: Instant
    created_by: str
    expires_at: Instant | None = None


class WebhookSecrets(Fact):
    """Newest first. `named` is the secret of that name which the trigger refers to instead."""

    items: list[WebhookSecretItem]
    named: str | None = None


# -- deliveries --------------------------------------------------------------------------------------------------------


class ListDeliveries(Command):
    """Ask for a workflow's last deliveries, newest first."""

    workflow_id: UUID
    limit: int = Field(default=50, ge=1, le=100)


class GetDelivery(Command):
    """Ask for one of them, whole."""

    workflow_id: UUID
    delivery_id: UUID


class ReplayDelivery(Command):
    """Start `run_id` with a kept delivery, as the workflow is now; its trigger's `headers` say of what it is a replay.

    Refused with `delivery-not-authentic` for one whose sender had not proved itself.
    """

    workflow_id: UUID
    delivery_id: UUID
    run_id: UUID
    actor: Actor


class DeliveryItem(Fact):
    """A delivery in a list. `id` is ours; `sent_as` is what its sender calls it."""

    id: UUID
    received_at: Instant
    method: str
    content_type: str | None = None
    body_bytes: int
    sent_as: str | None = None
    verdict: DeliveryVerdict
    run_id: UUID | None = None
    code: str | None = None
    message: str | None = None
    authentic: bool
    """The sender had proved itself, or need not: it can be replayed."""


class DeliveryView(DeliveryItem):
    """A delivery, whole. What could open a door is left out of the headers; a long body is cut."""

    headers: list[tuple[str, str]]
    query: JsonObject
    body: str
    body_encoding: Literal["text", "base64"] = "text"
    body_cut: bool = False


class DeliveryPage(Fact):
    """The last deliveries of a workflow."""

    items: list[DeliveryItem]
