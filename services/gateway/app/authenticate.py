"""Tells who is calling from the secret that they show; a short memory keeps the database out of the hot path.

A credential revoked here is forgotten at once; other replicas forget it when their memory ends, 5 s later.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from services.chassis.errors import Refused
from services.gateway.app.ports import Clock, Credentials
from services.gateway.domain.credential import (
    could_be_api_token,
    could_be_secret,
    csrf_token_of,
    digest_of,
)
from services.gateway.domain.identity import (
    ByAdminToken,
    ByApiToken,
    BySession,
    Identity,
    holds,
    session_expiry,
    touch_every,
)

memory_seconds = 5.0
remembered_max = 10_000
_ADMIN = ByAdminToken()


@dataclass(frozen=True, slots=True)
class _Remembered:
    identity: Identity
    until: float


class Doorman:
    """Looks credentials up and remembers them for a few seconds."""

    def __init__(
        self,
        credentials: Credentials,
        admin_token: str | None,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._admin_digest = None if admin_token is None else digest_of(admin_token)
        self._clock = clock
        self._monotonic = monotonic
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()

    def recall(self, token: str) -> ByAdminToken | ByApiToken | None:
        """Return who shows this bearer token if that needs no look-up."""
        digest = digest_of(token)
        if self._admin_digest is not None and compare_digest(digest, self._admin_digest):
            return _ADMIN
        identity = self._recall(digest)
        return identity if isinstance(identity, ByApiToken) else None

    def has_met(self, token: str) -> bool:
        """Tell whether this bearer token was good lately; it may be no more."""
        return digest_of(token) in self._remembered

    async def by_bearer(self, token: str) -> ByApiToken:
        """Look this bearer token up. Raises Refused or Transient."""
        if could_be_api_token(token):
            identity = await self._find_api_token(digest_of(token))
            if identity is not None:
                return identity
        raise Refused("invalid-token", "The bearer token is not known, or has expired.")

    async def by_session(self, secret: str) -> BySession:
        """Return whose session cookie this is. Raises Refused or Transient."""
        if could_be_secret(secret):
            digest = digest_of(secret)
            match self._recall(digest) or await self._find_session(secret, digest):
                case BySession() as identity:
                    return identity
                case _:
                    pass
        raise Refused("not-signed-in", "Sign in again: the session is not known, or has ended.")

    async def still_holds(self, identity: Identity) -> bool:
        """Tell whether a long-lived connection may go on. Raises Transient."""
        now = self._clock()
        match identity:
            case ByAdminToken():
                return True
            case ByApiToken(digest=digest):
                return await self._credentials.api_token(digest, now) is not None
            case BySession(digest=digest):
                return await self._credentials.session(digest, now) is not None

    def forget(self, digest: bytes) -> None:
        """Look this credential up anew the next time."""
        self._remembered.pop(digest, None)

    def _recall(self, digest: bytes) -> Identity | None:
        remembered = self._remembered.get(digest)
        if remembered is None or remembered.until < self._monotonic():
            return None
        return remembered.identity if holds(remembered.identity, self._clock()) else None

    def _remember(self, digest: bytes, identity: Identity) -> None:
        self._remembered[digest] = _Remembered(identity, self._monotonic() + memory_seconds)
        self._remembered.move_to_end(digest)
        if len(self._remembered) > remembered_max:
            self._remembered.popitem(last=False)

    async def _find_api_token(self, digest: bytes) -> ByApiToken | None:
        now = self._clock()
        found = await self._credentials.api_token(digest, now)
        if found is None:
            return None
        if _is_stale(found.last_used_at, now):
            await self._credentials.touch_api_token(found.token_id, now)
        self._remember(digest, found)
        return found

    async def _find_session(self, secret: str, digest: bytes) -> BySession | None:
        now = self._clock()
        found = await self._credentials.session(digest, now)
        if found is None:
            return None
        if _is_stale(found.last_seen_at, now):
            expiry = session_expiry(found.created_at, now)
            await self._credentials.touch_session(digest, now, expiry)
        identity = BySession(
            found.actor,
            found.user,
            digest,
            csrf_token_of(secret),
            found.created_at,
            found.last_seen_at,
            found.expires_at,
        )
        self._remember(digest, identity)
        return identity


def _is_stale(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last >= touch_every
