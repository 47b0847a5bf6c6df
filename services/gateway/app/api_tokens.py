"""API tokens: made, listed and revoked by the person in whose name they act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from services.chassis.errors import Refused
from services.chassis.ids import derived_id, new_id
from services.gateway.app.account import account_of
from services.gateway.app.authenticate import Doorman
from services.gateway.app.ports import Chance, Clock, Credentials, NewToken, TokenItem
from services.gateway.domain.credential import api_token_text, digest_of, secret_bytes
from services.gateway.domain.identity import Identity, principal_of

listed_max = 200


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A fresh token. `token` is None when the same request is repeated: it is shown once and not kept."""

    item: TokenItem
    token: str | None


class ApiTokens:
    """The API tokens of one person at a time."""

    def __init__(
        self, credentials: Credentials, doorman: Doorman, clock: Clock, chance: Chance
    ) -> None:
        self._credentials = credentials
        self._doorman = doorman
        self._clock = clock
        self._chance = chance

    async def make(
        self,
        identity: Identity,
        name: str,
        expires_in_days: int | None,
        *,
        idempotency_key: str | None,
        request_digest: str,
    ) -> MadeToken:
        """Make a token that acts for the caller's user. Raises Refused, Transient."""
        now = self._clock()
        user = await account_of(identity, self._credentials)
        text = api_token_text(self._chance(secret_bytes))
        principal = principal_of(identity.actor)
        token = NewToken(
            id=derived_id(principal, "make-token", idempotency_key)
            if idempotency_key
            else new_id(),
            digest=digest_of(text),
            user_id=user.id,
            name=name,
            created_at=now,
            expires_at=None if expires_in_days is None else now + timedelta(days=expires_in_days),
            request_digest=request_digest,
        )
        item = await self._credentials.add_api_token(token)
        return MadeToken(item, text if item.created_at == now else None)

    async def list(self, identity: Identity) -> Sequence[TokenItem]:
        """Return the caller's tokens, newest first. Raises Transient."""
        user = await account_of(identity, self._credentials)
        return await self._credentials.api_tokens(user.id, listed_max)

    async def revoke(self, identity: Identity, token_id: UUID) -> None:
        """End a token of the caller's at once. Raises Refused if there is none, Transient."""
        user = await account_of(identity, self._credentials)
        digest = await self._credentials.revoke_api_token(token_id, user.id)
        if digest is None:
            raise Refused("token-not-found", "There is no such token, or it was revoked before.")
        self._doorman.forget(digest)
