"""Users, sessions, sign-in links and API tokens in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from contracts.actor import Actor
from services.chassis.database import Pool
from services.chassis.errors import Refused
from services.gateway.adapters.database import fetch, fetch_one
from services.gateway.app.ports import NewToken, TokenItem
from services.gateway.domain.identity import ByApiToken, BySession, User

expired_kept = timedelta(days=1)


class StoredCredentials:
    """The `Credentials` port over a pool on the schema `gateway`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def session(self, digest: bytes, now: datetime) -> BySession | None:
        row = await fetch_one(self._pool, "find_session", digest, now)
        if row is None:
            return None
        user = User(str(row["id"]), row["name"], row["role"])
        return BySession(
            actor=_actor_of(user),
            user=user,
            digest=digest,
            csrf_token="",
            created_at=row["created_at"],
            last_seen_at=row["last_seen_at"],
            expires_at=row["expires_at"],
        )

    async def touch_session(self, digest: bytes, now: datetime, expires_at: datetime) -> None:
        await fetch(self._pool, "touch_session", digest, now, expires_at)

    async def end_session(self, digest: bytes) -> None:
        await fetch(self._pool, "end_session", digest)

    async def api_token(self, digest: bytes, now: datetime) -> ByApiToken | None:
        row = await fetch_one(self._pool, "find_api_token", digest, now)
        if row is None:
            return None
        user = User(str(row["user_id"]), row["user_name"], row["role"])
        return ByApiToken(
            actor=Actor(
                kind="token",
                id=str(row["id"]),
                name=row["name"],
                means="token",
                is_admin=user.role == "admin",
            ),
            token_id=str(row["id"]),
            user=user,
            digest=digest,
            last_used_at=row["last_used_at"],
            expires_at=row["expires_at"],
        )

    async def touch_api_token(self, token_id: str, now: datetime) -> None:
        await fetch(self._pool, "touch_api_token", token_id, now)

    async def add_api_token(self, token: NewToken) -> TokenItem:
        await fetch(
            self._pool,
            "add_api_token",
            token.id,
            token.digest,
            token.user_id,
            token.name,
            token.created_at,
            token.expires_at,
            token.request_digest,
        )
        row = await fetch_one(self._pool, "get_api_token", token.id)
        if row is None or row["request_digest"] != token.request_digest:
            raise Refused("idempotency-key-reused", "This key was used for another request.")
        return _token_item(row)

    async def api_tokens(self, user_id: str, limit: int) -> Sequence[TokenItem]:
        rows = await fetch(self._pool, "list_api_tokens", user_id, limit)
        return [_token_item(row) for row in rows]

    async def revoke_api_token(self, token_id: UUID, user_id: str) -> bytes | None:
        row = await fetch_one(self._pool, "revoke_api_token", token_id, user_id)
        return None if row is None else row["digest"]

    async def admin(self) -> User:
        row = await fetch_one(self._pool, "find_admin")
        assert row is not None, "the first migration makes an admin"
        return User(str(row["id"]), row["name"], row["role"])

    async def add_sign_in_link(
        self, digest: bytes, user_id: str, now: datetime, expires_at: datetime
    ) -> None:
        await fetch(self._pool, "forget_expired_links", now - expired_kept)
        await fetch(self._pool, "add_sign_in_link", digest, user_id, now, expires_at)

    async def use_sign_in_link(
        self, digest: bytes, session_digest: bytes, now: datetime, expires_at: datetime
    ) -> User | None:
        row = await fetch_one(
            self._pool, "use_sign_in_link", digest, session_digest, now, expires_at
        )
        if row is None:
            return None
        await fetch(self._pool, "forget_expired_sessions", now - expired_kept)
        return User(str(row["id"]), row["name"], row["role"])


def _actor_of(user: User) -> Actor:
    return Actor(
        kind="user",
        id=user.id,
        name=user.name,
        means="session",
        is_admin=user.role == "admin",
    )


def _token_item(row: Record) -> TokenItem:
    return TokenItem(
        row["id"], row["name"], row["created_at"], row["last_used_at"], row["expires_at"]
    )
