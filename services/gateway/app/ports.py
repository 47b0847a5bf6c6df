"""What the use cases need from outside: other services, the gateway's tables, time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import BaseModel

from services.gateway.domain.identity import ByApiToken, BySession, User
from services.gateway.domain.profile import Change, Profile

Clock = Callable[[], datetime]
"""Returns the time in UTC."""
Chance = Callable[[int], bytes]
"""Returns that many unpredictable bytes."""


class Asking(Protocol):
    """The way to the engine and to tasks."""

    async def ask(
        self,
        subject: str,
        command: BaseModel,
        *,
        timeout_seconds: float | None = None,
        patient: bool = True,
    ) -> bytes:
        """Return the answer as JSON. Raises Refused, or Transient if no answer came: it may have been done.

        Who is not `patient` is told at once that nobody listens, others after a second.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenItem:
    """An API token in a list; the token itself is known to its holder only."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """An API token to be kept, by its digest."""

    id: UUID
    digest: bytes
    user_id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    request_digest: str | None


class Credentials(Protocol):
    """Users, sessions, sign-in links and API tokens. Every method raises Transient while the database is away."""

    async def session(self, digest: bytes, now: datetime) -> BySession | None: ...

    async def touch_session(self, digest: bytes, now: datetime, expires_at: datetime) -> None: ...

    async def end_session(self, digest: bytes) -> None: ...

    async def api_token(self, digest: bytes, now: datetime) -> ByApiToken | None: ...

    async def touch_api_token(self, token_id: str, now: datetime) -> None: ...

    async def add_api_token(self, token: NewToken) -> TokenItem:
        """Keep the token; the one that has this id already wins. Raises Refused if that was another request."""
        ...

    async def api_tokens(self, user_id: str, limit: int) -> Sequence[TokenItem]: ...

    async def revoke_api_token(self, token_id: UUID, user_id: str) -> bytes | None:
        """Return the digest of the token that is no more, None if there was none."""
        ...

    async def admin(self) -> User:
        """Return the user that the first start made."""
        ...

    async def add_sign_in_link(
        self, digest: bytes, user_id: str, now: datetime, expires_at: datetime
    ) -> None: ...

    async def use_sign_in_link(
        self, digest: bytes, session_digest: bytes, now: datetime, expires_at: datetime
    ) -> User | None:
        """Spend the link and begin the session, both or neither; of two at once one gets None."""
        ...


class Profiles(Protocol):
    """What people chose. Every method raises Transient while the database is away."""

    async def profile(self, user_id: str) -> Profile: ...

    async def change(self, user_id: str, change: Change, now: datetime) -> None:
        """Change the wishes that are named, and no other, whoever else changes them meanwhile."""
        ...

    async def rename(self, user_id: str, name: str) -> bool:
        """Return whether the name was free."""
        ...


IntakeKind = Literal["start_run", "receive_delivery"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run start or a webhook delivery that waits for the engine; `command` is the order as JSON."""

    run_id: UUID
    workflow_id: UUID
    kind: IntakeKind
    command: str
    request_digest: str | None
    traceparent: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """An arrival that this replica may forward until its lease ends."""

    run_id: UUID
    kind: IntakeKind
    command: str
    traceparent: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Parked:
    """What is known of a run that the engine has not taken yet, or has refused."""

    run_id: UUID
    workflow_id: UUID
    kind: IntakeKind
    received_at: datetime
    refused_at: datetime | None
    refused_code: str | None
    refused_message: str | None
    became_run_id: UUID | None = None
    """The delivery had come before, in other words of its sender's: this is its run."""


class Intake(Protocol):
    """What arrived while the engine was away. Every method raises Transient while the database is away."""

    async def keep(self, arrival: Arrival) -> None:
        """Keep it; the same again changes nothing.

        Of starts, another request under the same id is Refused; of deliveries both are kept, since only the engine can
        tell which one is authentic. Many that come at once are written together.
        """
        ...

    async def find(self, run_id: UUID) -> Parked | None: ...

    async def count(self) -> int:
        """Return how many wait."""
        ...

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> Sequence[Claimed]:
        """Return the oldest that are due, each to one replica only."""
        ...

    async def forwarded(self, run_ids: Sequence[UUID]) -> None:
        """Let go of what the engine has taken."""
        ...

    async def became(self, run_id: UUID, became_run_id: UUID, now: datetime) -> None:
        """The engine knows this delivery already, as another run: remember which, for those who were told this one."""
        ...

    async def refused(self, run_id: UUID, code: str, message: str, now: datetime) -> None:
        """Keep the engine's reason beside the arrival."""
        ...

    async def retry_at(self, run_ids: Sequence[UUID], due_at: datetime) -> None:
        """Give them back, to be claimed again from `due_at` on."""
        ...

    async def prune(self, before: datetime) -> None:
        """Forget refused arrivals from before that time."""
        ...
