"""Identifiers: new ones grow with time, derived ones repeat for ever."""

from uuid import UUID, uuid5

import uuid_utils.compat

_NAMESPACE = UUID("5e0c1d0e-7d53-5a3f-9c1e-6f1f0a5c7b11")


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and roughly in order of creation, which keeps indexes dense."""
    return uuid_utils.compat.uuid7()


def derived_id(*parts: str) -> UUID:
    """Return the UUIDv5 of the parts; other parts, or the same ones split elsewhere, give another id."""
    return uuid5(_NAMESPACE, "\x1f".join(parts))
