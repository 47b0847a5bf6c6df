"""What others may ask of the engine about webhooks: their secrets and the last deliveries."""

from faststream.nats import NatsBroker

from contracts import subjects
from contracts.webhook import (
    GetDelivery,
    GetWebhookSecrets,
    ListDeliveries,
    ReplayDelivery,
    RotateWebhookSecret,
)
from services.chassis.rpc import serve
from services.engine.app.delivery_history import DeliveryHistory
from services.engine.app.webhook_secrets import SecretKeeper
from services.engine.entry.requests import QUEUE


def serve_webhooks(broker: NatsBroker, secrets: SecretKeeper, history: DeliveryHistory) -> None:
    """Answer what people ask; deliveries themselves come in by `DeliveryServer`."""
    serve(broker, subjects.ROTATE_WEBHOOK_SECRET, QUEUE, RotateWebhookSecret, secrets.rotate)
    serve(broker, subjects.GET_WEBHOOK_SECRETS, QUEUE, GetWebhookSecrets, secrets.get)
    serve(broker, subjects.LIST_DELIVERIES, QUEUE, ListDeliveries, history.page)
    serve(broker, subjects.GET_DELIVERY, QUEUE, GetDelivery, history.get)
    serve(broker, subjects.REPLAY_DELIVERY, QUEUE, ReplayDelivery, history.replay)
