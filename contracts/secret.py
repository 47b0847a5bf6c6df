"""Secrets as the engine answers for them: names and dates. A value goes in and never comes out."""

from uuid import UUID

from pydantic import ConfigDict, Field

from contracts.actor import Actor
from contracts.base import Command, Fact, Instant


class PutSecret(Command):
    """Set a secret, or replace its value; without a description the old one stays.

    Refused with `invalid-secret-name`, `invalid-secret`, `too-many-secrets`, and `secrets-not-available` without a key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    value: str = Field(repr=False)
    description: str | None = None
    actor: Actor


class DeleteSecret(Command):
    """Forget a secret; refused with `secret-in-use` while current versions of workflows use it, unless `force`."""

    name: str
    force: bool = False
    actor: Actor


class ListSecrets(Command):
    """Ask for a page of secrets, by name."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class UsingWorkflow(Fact):
    """A workflow whose current version uses a secret."""

    id: UUID
    name: str


class SecretItem(Fact):
    """A secret without its value; `used_by` has the first workflows of `used_by_total`.

    `readable` is false if the engine lacks the key that it was encrypted with.
    """

    name: str
    description: str
    created_at: Instant
    updated_at: Instant
    updated_by: str
    used_at: Instant | None = None
    key_id: str
    readable: bool
    used_by: list[UsingWorkflow] = Field(default_factory=list)
    used_by_total: int = 0


class SecretPage(Fact):
    """A page of secrets. `key_id` names the key that encrypts; without one none can be set."""

    items: list[SecretItem]
    next_cursor: str | None = None
    key_id: str | None = None
