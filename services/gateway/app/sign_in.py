"""Signing in by a one-time link, and out again."""

from dataclasses import dataclass
from datetime import datetime

from services.chassis.errors import Refused
from services.gateway.app.account import account_of
from services.gateway.app.authenticate import Doorman
from services.gateway.app.ports import Chance, Clock, Credentials
from services.gateway.domain.credential import (
    could_be_secret,
    csrf_token_of,
    digest_of,
    secret_bytes,
    secret_text,
)
from services.gateway.domain.identity import (
    BySession,
    Identity,
    User,
    session_expiry,
    sign_in_link_age_max,
)


@dataclass(frozen=True, slots=True)
class SignInLink:
    """Where to sign in, once, before `expires_at`. The token stands behind `#`, so no server or proxy logs it."""

    url_path: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A fresh session: `secret` goes into the cookie and nowhere else."""

    secret: str
    user: User
    csrf_token: str
    expires_at: datetime


class SignIn:
    """Makes links, exchanges each for one session, ends sessions."""

    def __init__(
        self, credentials: Credentials, doorman: Doorman, clock: Clock, chance: Chance
    ) -> None:
        self._credentials = credentials
        self._doorman = doorman
        self._clock = clock
        self._chance = chance

    async def make_link(self, identity: Identity) -> SignInLink:
        """Make a link for the caller. Raises Refused if they are no admin, Transient."""
        if not identity.actor.is_admin:
            raise Refused("forbidden", "Only an admin can make sign-in links.")
        now = self._clock()
        token = secret_text(self._chance(secret_bytes))
        user = await account_of(identity, self._credentials)
        expires_at = now + sign_in_link_age_max
        await self._credentials.add_sign_in_link(digest_of(token), user.id, now, expires_at)
        return SignInLink(f"/sign-in#token={token}", expires_at)

    async def exchange(self, token: str) -> StartedSession:
        """Spend the link and begin a session. Raises Refused if it was spent, has expired, or never was; Transient."""
        if could_be_secret(token):
            now = self._clock()
            secret = secret_text(self._chance(secret_bytes))
            expires_at = session_expiry(now, now)
            user = await self._credentials.use_sign_in_link(
                digest_of(token), digest_of(secret), now, expires_at
            )
            if user is not None:
                return StartedSession(secret, user, csrf_token_of(secret), expires_at)
        raise Refused(
            "invalid-sign-in-token",
            "This sign-in link was used, or has expired. Ask for a new one.",
        )

    async def end(self, session: BySession) -> None:
        """End the session."""
        await self.end_by_secret_digest(session.digest)

    async def end_by_secret_digest(self, digest: bytes) -> None:
        """End the session with this digest, if there is one."""
        await self._credentials.end_session(digest)
        self._doorman.forget(digest)
