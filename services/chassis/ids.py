"""Identifiers: new ones grow with time, derived ones repeat for ever."""

from hashlib import sha1
from uuid import UUID, uuid5

import uuid_utils.compat

_TIME_SHIFT = 80
_SPREAD_BITS = (1 << _TIME_SHIFT) - 1 & ~(0xF << 76 | 0b11 << 62)
_VERSION_AND_VARIANT = 8 << 76 | 0b10 << 62
_NAMESPACE = UUID("5e0c1d0e-7d53-5a3f-9c1e-6f1f0a5c7b11")
_NAMESPACE_BYTES = _NAMESPACE.bytes


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and roughly in order of creation, which keeps indexes dense."""
    return uuid_utils.compat.uuid7()


def derived_beside(near: UUID, *parts: str) -> UUID:
    """Return the UUIDv8 that derives from the parts and stands beside `near` in order.

    Rows that belong together then lie together in every index, which random ids would scatter. The first 48 bits are
    those of `near` (of a UUIDv7 its time), the others those of the UUIDv5 of `near` and the parts.
    """
    spread = _spread(str(near), *parts) & _SPREAD_BITS
    kept = near.int >> _TIME_SHIFT << _TIME_SHIFT
    return UUID(int=kept | spread | _VERSION_AND_VARIANT)


def _spread(*parts: str) -> int:
    """Return the bits of the UUIDv5 of the parts, but for its version and variant."""
    name = _NAMESPACE_BYTES + "\x1f".join(parts).encode()
    return int.from_bytes(sha1(name, usedforsecurity=False).digest()[:16])


def derived_id(*parts: str) -> UUID:
    """Return the UUIDv5 of the parts; other parts, or the same ones split elsewhere, give another id."""
    return uuid5(_NAMESPACE, "\x1f".join(parts))
