"""`Idempotency-Key`: the same key and body give the first answer again, from ids that derive from the key."""

from hashlib import sha256
from uuid import UUID

from starlette.requests import Request

from contracts.actor import Actor
from services.chassis.errors import Refused
from services.chassis.ids import derived_id, new_id
from services.gateway.domain.identity import principal_of

key_length_max = 255


def key_of(request: Request) -> str | None:
    """Return the caller's key. Raises Refused if it is no visible ASCII of 1 to 255 characters, or given twice."""
    keys = request.headers.getlist("idempotency-key")
    if not keys:
        return None
    key = keys[0]
    fits = 0 < len(key) <= key_length_max and key.isascii() and key.isprintable()
    if not fits or len(keys) > 1:
        raise Refused(
            "invalid-request",
            "Idempotency-Key must be one visible ASCII text of 1 to 255 characters.",
        )
    return key


def id_for(actor: Actor, route: str, key: str | None) -> UUID:
    """Return the id of what this request creates: the same for the same caller, route and key."""
    return new_id() if key is None else derived_id(principal_of(actor), route, key)


def request_digest(request: Request, raw: bytes) -> str:
    """Return what tells two requests under one key apart."""
    digest = sha256(f"{request.method} {request.scope['path']}\n".encode())
    digest.update(raw)
    return digest.hexdigest()
