"""In whose name a caller acts."""

from services.gateway.app.ports import Credentials
from services.gateway.domain.identity import ByAdminToken, ByApiToken, BySession, Identity, User


async def account_of(identity: Identity, credentials: Credentials) -> User:
    """Return the caller's user; the admin token acts for the first admin. Raises Transient."""
    match identity:
        case ByAdminToken():
            return await credentials.admin()
        case BySession(user=user) | ByApiToken(user=user):
            return user
