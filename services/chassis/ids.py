"""Identifiers: new ones grow with time, derived ones repeat for ever."""

from uuid import UUID, uuid5

import uuid_utils.compat

_TIME_SHIFT = 80
_VERSION_SHIFT = 76
_NAMESPACE = UUID("5e0c1d0e-7d53-5a3f-9c1e-6f1f0a5c7b11")


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562): unique, and roughly in order of creation, which keeps indexes dense."""
    return uuid_utils.compat.uuid7()


def derived_beside(near: UUID, *parts: str) -> UUID:
    """Return the UUIDv8 that derives from the parts and stands beside `near` in order.

    Rows that belong together then lie together in every index, which random ids would scatter. The first 48 bits are
    those of `near` (of a UUIDv7 its time), the others those of the UUIDv5 of `near` and the parts.
    """
    spread = derived_id(str(near), *parts).int
    kept = near.int >> _TIME_SHIFT << _TIME_SHIFT
    mixed = kept | spread & ((1 << _TIME_SHIFT) - 1)
    return UUID(int=mixed & ~(0xF << _VERSION_SHIFT) | 8 << _VERSION_SHIFT)


def derived_id(*parts: str) -> UUID:
    """Return the UUIDv5 of the parts; other parts, or the same ones split elsewhere, give another id."""
    return uuid5(_NAMESPACE, "\x1f".join(parts))
