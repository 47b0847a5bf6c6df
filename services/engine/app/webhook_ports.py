"""What webhooks need from outside; `adapters` gives it to them. Every method raises Transient when it is away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from contracts.base import JsonObject
from contracts.webhook import DeliveryItem, DeliveryVerdict, WebhookSecretItem


class NamedSecrets(Protocol):
    """The secrets that have a name."""

    async def values(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return those that exist."""
        ...


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that becomes a workflow's current one, encrypted; the former ones end at once, or with the overlap."""

    id: UUID
    ciphertext: str


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret that is taken now, encrypted."""

    ciphertext: str
    is_current: bool


class WebhookSecretStore(Protocol):
    """The secrets that workflows keep for their senders."""

    async def taken(
        self, workflow_ids: Collection[UUID], now: datetime
    ) -> Mapping[UUID, Sequence[StoredSecret]]:
        """Return the secrets of each workflow that has any."""
        ...

    async def items(self, workflow_id: UUID, now: datetime) -> list[WebhookSecretItem]:
        """Return when they were made and expire, the current one first."""
        ...

    async def rotate(
        self, workflow_id: UUID, new: NewSecret, by: str, former_until: datetime, now: datetime
    ) -> datetime | None:
        """Make it the current one; return when the former ones end. Raises Refused("workflow-not-found")."""
        ...


@dataclass(frozen=True, slots=True)
class WrittenSecret:
    """A version in whose definition a secret stands, from before they were kept apart."""

    workflow_id: UUID
    version: int
    is_current: bool
    definition: JsonObject


class WrittenSecrets(Protocol):
    """Definitions from before secrets were kept apart from them."""

    async def written(self, after: tuple[UUID, int], limit: int) -> Sequence[WrittenSecret]:
        """Return versions in order of workflow and version."""
        ...

    async def set_apart(self, found: WrittenSecret, new: NewSecret | None, now: datetime) -> None:
        """Store the definition, which has no secret in it any more, and the secret unless the workflow keeps one."""
        ...


@dataclass(frozen=True, slots=True)
class KeptDelivery:
    """A delivery with its verdict, as it is kept. `headers` have no secrets; of one not authentic the body is cut."""

    id: UUID
    workflow_id: UUID
    received_at: datetime
    method: str
    headers: Sequence[tuple[str, str]]
    query: Sequence[tuple[str, str]]
    body: bytes
    body_bytes: int
    sent_as: str | None
    authentic: bool
    verdict: DeliveryVerdict
    run_id: UUID | None = None
    code: str | None = None
    message: str | None = None


class DeliveryStore(Protocol):
    """The last deliveries of each workflow, and the runs of named ones."""

    async def keep(self, deliveries: Sequence[KeptDelivery], kept_max: int) -> None:
        """Add them, then forget all but the last `kept_max` authentic and as many other ones of each workflow."""
        ...

    async def claim_names(
        self, names: Sequence[tuple[UUID, str, UUID]]
    ) -> Mapping[tuple[UUID, str], UUID]:
        """Return the run of each (workflow, name): the one given, unless the name has one already."""
        ...

    async def page(self, workflow_id: UUID, limit: int) -> list[DeliveryItem]:
        """Return the last ones, newest first."""
        ...

    async def get(self, workflow_id: UUID, delivery_id: UUID) -> KeptDelivery:
        """Return one. Raises Refused("delivery-not-found")."""
        ...


SecretChange = NewSecret | Literal["keep", "drop"]
"""What saving a definition does to the secret that its workflow keeps."""
KEEP: SecretChange = "keep"
DROP: SecretChange = "drop"
