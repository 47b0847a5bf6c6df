"""Who is calling, how they proved it, and until when that holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.actor import Actor

Role = Literal["admin", "member"]
session_idle_max = timedelta(days=7)
session_age_max = timedelta(days=30)
sign_in_link_age_max = timedelta(minutes=15)
touch_every = timedelta(minutes=1)
"""How exact "last used" is; more exact would be a write per request."""

ADMIN_TOKEN_ACTOR = Actor(
    kind="token", id="admin-token", name="admin", means="token", is_admin=True
)


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class ByAdminToken:
    """The holder of `FLUSSO_ADMIN_TOKEN`."""

    actor: Actor = ADMIN_TOKEN_ACTOR
    expires_at: None = None


@dataclass(frozen=True, slots=True)
class ByApiToken:
    """A program with an API token; it may what its maker may."""

    actor: Actor
    token_id: str
    user: User
    digest: bytes
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class BySession:
    """A browser with a session cookie; unsafe methods need the CSRF token too."""

    actor: Actor
    user: User
    digest: bytes
    csrf_token: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


Identity = ByAdminToken | ByApiToken | BySession


def principal_of(actor: Actor) -> str:
    """Return the name under which idempotency keys are kept: keys of different callers never meet."""
    return f"{actor.kind}:{actor.id}"


def session_expiry(created_at: datetime, last_seen_at: datetime) -> datetime:
    """Return when a session ends: some time after its last use, and in any case some time after it began."""
    return min(last_seen_at + session_idle_max, created_at + session_age_max)


def holds(identity: Identity, now: datetime) -> bool:
    """Tell whether the proof has not expired."""
    return identity.expires_at is None or now < identity.expires_at
