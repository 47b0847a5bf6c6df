"""Named secrets: set, replaced, listed and deleted. Their values go in and never come out."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from contracts.base import Nothing
from contracts.secret import DeleteSecret, ListSecrets, PutSecret, SecretItem, SecretPage
from services.chassis.errors import Refused
from services.chassis.pages import encode_cursor
from services.engine.app.fitting import fitting
from services.engine.app.ports import NUL, Sealer
from services.engine.app.secret_ports import SealedSecret, SecretStore, StoredSecret, Users
from services.engine.domain.masking import CHARACTERS_MIN
from services.engine.domain.secret_names import NAME_RULE, as_name, context_of, is_name

secrets_max = 1_000
"""A page of names, and a look at all of them at each save, stay small."""
value_characters_max = 16_384
"""The longest keys and certificates are a few thousand."""
description_characters_max = 1_000
users_shown_max = 20
NO_ID = UUID(int=0)
"""Names are unique: a cursor needs no more."""


def _now() -> datetime:
    return datetime.now(UTC)


class Secrets:
    """The use cases of secrets."""

    def __init__(
        self, store: SecretStore, sealer: Sealer, clock: Callable[[], datetime] = _now
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock

    async def put(self, command: PutSecret) -> SecretItem:
        """Set a secret or replace its value. Raises Refused."""
        _check_name(command.name)
        _check_value(command.value)
        _check_description(command.description)
        sealed = self._sealer.encrypt(command.value.encode(), context_of(command.name))
        key_id = self._sealer.key_id
        assert key_id is not None, "it has encrypted"
        secret = SealedSecret(command.name, command.description, sealed, key_id, command.actor.name)
        stored = await self._store.put(secret, self._clock(), secrets_max)
        if stored is None:
            code = "too-many-secrets"
            raise Refused(code, f"There are {secrets_max:,} secrets, which is the limit.")
        return (await self._items([stored]))[0]

    async def names(self) -> frozenset[str]:
        """Return the names of all secrets."""
        return await self._store.names(secrets_max)

    async def page(self, question: ListSecrets) -> SecretPage:
        """Return a page of secrets, without their values."""
        found = await self._store.page(question)
        items, cursor = fitting(await self._items(found[: question.limit])), None
        if len(items) < len(found):
            cursor = encode_cursor(items[-1].name, NO_ID)
        return SecretPage(items=items, next_cursor=cursor, key_id=self._sealer.key_id)

    async def delete(self, command: DeleteSecret) -> Nothing:
        """Forget a secret. Raises Refused: `secret-not-found`, `secret-in-use` with the workflows that use it."""
        name = command.name
        if not is_name(name) or name not in await self._store.names(secrets_max):
            raise _not_found()
        if await self._store.delete(name, force=command.force):
            return Nothing()
        users = (await self._store.users([name], users_shown_max)).get(name)
        if users is None:
            raise _not_found()
        code = "secret-in-use"
        text = "Workflows use this secret; their next requests would fail."
        workflows = [workflow.model_dump(mode="json") for workflow in users.workflows]
        raise Refused(code, text, workflows=workflows, total=users.total)

    async def _items(self, stored: Sequence[StoredSecret]) -> list[SecretItem]:
        users = await self._store.users([secret.name for secret in stored], users_shown_max)
        return [self._item(secret, users.get(secret.name, Users())) for secret in stored]

    def _item(self, stored: StoredSecret, users: Users) -> SecretItem:
        return SecretItem(
            name=stored.name,
            description=stored.description,
            created_at=stored.created_at,
            updated_at=stored.updated_at,
            updated_by=stored.updated_by,
            used_at=stored.used_at,
            key_id=stored.key_id,
            readable=self._sealer.has_key(stored.key_id),
            used_by=list(users.workflows),
            used_by_total=users.total,
        )


def _not_found() -> Refused:
    return Refused("secret-not-found", "There is no such secret.")


def _check_name(name: str) -> None:
    if not is_name(name):
        near = as_name(name)
        code = "invalid-secret-name"
        raise Refused(code, NAME_RULE, **({"suggestion": near} if near else {}))


def _check_value(value: str) -> None:
    """Refuse what could not be masked or kept; the message never shows it."""
    code = "invalid-secret"
    if NUL in value:
        raise Refused(code, "A secret's value holds no NUL character.")
    if len(value.strip()) < CHARACTERS_MIN or len(value) > value_characters_max:
        text = (
            f"A secret's value has {CHARACTERS_MIN} to {value_characters_max:,} characters:"
            " a shorter one could not be told from other text, and would show in traces."
        )
        raise Refused(code, text)


def _check_description(description: str | None) -> None:
    if description is not None and (
        NUL in description or len(description) > description_characters_max
    ):
        code = "invalid-secret"
        text = f"A description has at most {description_characters_max:,} characters."
        raise Refused(code, text)
