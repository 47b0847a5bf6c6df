"""What the use cases of secrets need from outside. Every method raises Transient when it is away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.secret import ListSecrets, UsingWorkflow


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret that is to be kept: `ciphertext` is what a Sealer has made of its value."""

    name: str
    description: str | None
    ciphertext: str
    key_id: str
    by: str


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A secret as it is listed."""

    name: str
    description: str
    key_id: str
    created_at: datetime
    updated_at: datetime
    updated_by: str
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Users:
    """The first workflows that use a secret, and how many there are."""

    workflows: Sequence[UsingWorkflow] = ()
    total: int = 0


class SecretStore(Protocol):
    """Secrets, by name."""

    async def put(
        self, secret: SealedSecret, now: datetime, secrets_max: int
    ) -> StoredSecret | None:
        """Set or replace a secret; None if it is new and there are too many."""
        ...

    async def page(self, question: ListSecrets) -> Sequence[StoredSecret]:
        """Return up to one secret more than the page holds."""
        ...

    async def users(self, names: Sequence[str], workflows_max: int) -> Mapping[str, Users]:
        """Return who uses these secrets; those that nobody uses are left out."""
        ...

    async def delete(self, name: str, *, force: bool) -> bool:
        """Delete a secret that nobody uses, or whoever does; tell whether it was there and could be."""
        ...

    async def names(self, limit: int) -> frozenset[str]:
        """Return the names of all secrets."""
        ...


class SecretNames(Protocol):
    """Which secrets there are."""

    async def names(self) -> frozenset[str]:
        """Return the names of all secrets."""
        ...


class SealedValues(Protocol):
    """Secrets as a worker asks for them."""

    async def ciphertexts(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        """Return those that exist, and remember when they were used."""
        ...


@dataclass(frozen=True, slots=True)
class SealedText:
    """An encrypted text in some table; `id` finds it there again."""

    id: str
    text: str
    context: bytes


class SealedTexts(Protocol):
    """A table with encrypted texts."""

    async def under_other_keys(
        self, key_id: str, after: str | None, limit: int
    ) -> Sequence[SealedText]:
        """Return texts after that id that were not encrypted with this key, by id."""
        ...

    async def replace(self, old: SealedText, text: str, key_id: str) -> bool:
        """Replace a text unless somebody else has; tell whether it was."""
        ...
