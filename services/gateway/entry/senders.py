"""Whose request this is, as far as can be told before it is looked at: enough for shares, proof of nothing."""

from starlette.types import Scope

from services.gateway.entry.doorway import address_of, session_cookies_of

DELIVERIES = "/api/webhooks/"


def sender_of(scope: Scope) -> str:
    """Return who must share with others: a workflow's deliveries, a token, a session, else an address.

    Secrets go in as hashes of this process. Whoever makes tokens up gets many small shares, and `401` for each.
    """
    path: str = scope["path"]
    if path.startswith(DELIVERIES):
        return path
    for name, value in scope["headers"]:
        if name == b"authorization":
            return f"token {hash(value)}"
        if name == b"cookie" and (secrets := session_cookies_of(value.decode("latin-1"))):
            return f"session {hash(secrets[0])}"
    return f"address {address_of(scope)}"
