"""Secrets that webhooks share with their senders: taken out of definitions, encrypted, rotated, never shown again."""

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.base import JsonObject
from contracts.webhook import (
    GetWebhookSecrets,
    NewWebhookSecret,
    RotateWebhookSecret,
    WebhookSecrets,
)
from services.chassis.errors import Broken, Refused
from services.chassis.ids import new_id
from services.engine.app.ports import Draft, Sealer, Versions, workflow_not_found
from services.engine.app.webhook_ports import (
    DROP,
    NamedSecrets,
    NewSecret,
    StoredSecret,
    WebhookSecretStore,
)
from services.engine.domain.duration import parse_duration
from services.engine.domain.triggers.webhook import (
    KEPT,
    NAME,
    STANDARD_PREFIX,
    Kept,
    Named,
    SecretSource,
    WebhookTriggerConfig,
    Written,
    secret_source,
)

SECRET_BYTES = 32
overlap_days_max = 30
_NO_OVERLAP = frozenset({"0", "0s", "none"})


def _now() -> datetime:
    return datetime.now(UTC)


def context_of(workflow_id: UUID) -> bytes:
    """Return what binds an encrypted secret to its workflow."""
    return b"webhook-secret:" + workflow_id.bytes


def seal(sealer: Sealer, workflow_id: UUID, secret: str) -> NewSecret:
    """Return a secret as it is kept; raises Refused if there is no key to encrypt it with."""
    return NewSecret(new_id(), sealer.encrypt(secret.encode(), context_of(workflow_id)))


def without_secret(definition: JsonObject) -> JsonObject:
    """Return the definition of a webhook with the mark of a kept secret in the place of the secret itself."""
    trigger = definition["trigger"]
    config = {**trigger["config"], "secret": KEPT}
    return {**definition, "trigger": {**trigger, "config": config}}


def written_secret(definition: JsonObject) -> SecretSource | None:
    """Return where the secret of a valid definition is; None if its trigger is no webhook, or has none."""
    trigger = definition["trigger"]
    secret = trigger.get("config", {}).get("secret")
    if trigger["type"] != NAME or secret is None or not str(secret).strip():
        return None
    return secret_source(str(secret))


class SecretKeeper:
    """Keeps the secrets of webhooks."""

    def __init__(
        self,
        store: WebhookSecretStore,
        sealer: Sealer,
        versions: Versions,
        named: NamedSecrets | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._named = named
        self._sealer = sealer
        self._versions = versions
        self._clock = clock

    async def take_out(self, workflow_id: UUID, draft: Draft) -> Draft:
        """Return what to store: no secret in the definition, and what becomes of the one that is kept apart.

        A definition that names the secret it already has changes nothing, so that applying a file twice is harmless.
        Raises Refused("secrets-not-available") if there is no key to encrypt it with.
        """
        match written_secret(draft.definition):
            case None:
                return draft
            case Kept():
                return replace(draft, definition=without_secret(draft.definition))
            case Named():
                return replace(draft, secret=DROP)
            case Written(text=text):
                kept = replace(draft, definition=without_secret(draft.definition))
                if await self._is_current(workflow_id, text.encode()):
                    return kept
                return replace(kept, secret=seal(self._sealer, workflow_id, text))

    async def _is_current(self, workflow_id: UUID, secret: bytes) -> bool:
        taken = await self._store.taken([workflow_id], self._clock())
        return any(
            one.is_current and secrets.compare_digest(self._open(workflow_id, one), secret)
            for one in taken.get(workflow_id, ())
        )

    def _open(self, workflow_id: UUID, stored: StoredSecret) -> bytes:
        try:
            return self._sealer.decrypt(stored.ciphertext, context_of(workflow_id))
        except Refused as error:  # an operator's fault, which is none of a sender's business
            msg = f"the secret of the webhook of {workflow_id} cannot be read: {error.message}"
            raise Broken(msg) from error

    async def taken(
        self, sources: Mapping[UUID, SecretSource]
    ) -> Mapping[UUID, list[bytes] | Broken]:
        """Return the secrets that each workflow takes now. Raises Transient."""
        own = await self._store.taken(
            [key for key, source in sources.items() if not isinstance(source, Named)],
            self._clock(),
        )
        names = {source.name for source in sources.values() if isinstance(source, Named)}
        named = await self._named.values(names) if names and self._named else {}
        return {
            key: self._opened(key, source, own.get(key, ()), named)
            for key, source in sources.items()
        }

    def _opened(
        self,
        workflow_id: UUID,
        source: SecretSource,
        own: Sequence[StoredSecret],
        named: Mapping[str, bytes],
    ) -> list[bytes] | Broken:
        match source:
            case Named(name=name):
                return [named[name]] if name in named else []
            case Written(text=text) if not own:  # from before secrets were kept apart
                return [text.encode()]
            case _:
                try:
                    return [self._open(workflow_id, one) for one in own]
                except Broken as error:
                    return error

    async def rotate(self, command: RotateWebhookSecret) -> NewWebhookSecret:
        """Give the webhook a new secret and show it this once; the former ones are taken until the overlap ends."""
        config = await self._config(command.workflow_id)
        overlap = _overlap(command.overlap)
        source = secret_source(config.secret)
        if config.auth == "none" or isinstance(source, Named):
            message = "This workflow's webhook has no secret of its own."
            raise Refused("webhook-secret-not-used", message)
        now = self._clock()
        if isinstance(source, Written) and not await self._store.items(command.workflow_id, now):
            await self._make_current(command, source.text, now, now)
        secret = command.secret or _new_secret(config)
        former = await self._make_current(command, secret, now + overlap, now)
        shown = secret if command.secret is None else None
        return NewWebhookSecret(secret=shown, created_at=now, former_expires_at=former)

    async def _make_current(
        self, command: RotateWebhookSecret, secret: str, former_until: datetime, now: datetime
    ) -> datetime | None:
        new = seal(self._sealer, command.workflow_id, secret)
        by = command.actor.name
        return await self._store.rotate(command.workflow_id, new, by, former_until, now)

    async def _config(self, workflow_id: UUID) -> WebhookTriggerConfig:
        head = (await self._versions.heads([workflow_id])).get(workflow_id)
        if head is None:
            raise workflow_not_found()
        compiled = await self._versions.compiled(workflow_id, head.version)
        config = compiled.definition.trigger.config
        if not isinstance(config, WebhookTriggerConfig):
            message = "This workflow is not started by a webhook."
            raise Refused("webhook-secret-not-used", message)
        return config

    async def get(self, question: GetWebhookSecrets) -> WebhookSecrets:
        """Return which secrets are taken, never the secrets."""
        config = await self._config(question.workflow_id)
        source = secret_source(config.secret)
        if isinstance(source, Named):
            return WebhookSecrets(items=[], named=source.name)
        items = await self._store.items(question.workflow_id, self._clock())
        return WebhookSecrets(items=items)

    async def require(self, workflow_id: UUID) -> None:
        """Return unless the workflow's webhook needs a secret of its own and has none yet.

        Raises Refused("webhook-secret-missing").
        """
        try:
            config = await self._config(workflow_id)
        except Refused:
            return
        if config.auth == "none" or not isinstance(secret_source(config.secret), Kept):
            return
        if not await self._store.items(workflow_id, self._clock()):
            message = "This workflow's webhook has no secret yet: make one, then activate it."
            raise Refused("webhook-secret-missing", message)


def _overlap(text: str) -> timedelta:
    if text.strip() in _NO_OVERLAP:
        return timedelta(0)
    try:
        overlap = parse_duration(text)
    except ValueError as error:
        raise Refused("invalid-request", str(error), path="/overlap") from error
    if overlap > timedelta(days=overlap_days_max):
        message = f"An overlap is at most {overlap_days_max} days."
        raise Refused("invalid-request", message, path="/overlap")
    return overlap


def _new_secret(config: WebhookTriggerConfig) -> str:
    random = secrets.token_bytes(SECRET_BYTES)
    if config.preset == "standard_webhooks":
        return STANDARD_PREFIX + base64.b64encode(random).decode()
    return base64.urlsafe_b64encode(random).decode().rstrip("=")
