"""Cursors of keyset pages: opaque to callers, stable while rows come and go."""

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

import orjson

from services.chassis.errors import Refused


def encode_cursor(key: str | int | datetime, row_id: UUID | None = None) -> str:
    """Return the cursor of the row with this sort key and id."""
    text = key.isoformat() if isinstance(key, datetime) else key
    parts = [text] if row_id is None else [text, str(row_id)]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def time_cursor(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """Return (time, id) of a cursor, or (None, None) for the first page. Raises Refused("invalid-cursor")."""
    if cursor is None:
        return None, None
    try:
        moment, row_id = _parts(cursor)
        return datetime.fromisoformat(moment).astimezone(UTC), UUID(str(row_id))
    except (TypeError, ValueError, OverflowError) as error:
        raise _invalid() from error


def text_cursor(cursor: str | None) -> tuple[str | None, UUID | None]:
    """Return (text, id) of a cursor, or (None, None) for the first page. Raises Refused("invalid-cursor")."""
    if cursor is None:
        return None, None
    try:
        text, row_id = _parts(cursor)
        key = str(text), UUID(str(row_id))
    except (TypeError, ValueError) as error:
        raise _invalid() from error
    if "\0" in key[0]:
        raise _invalid()
    return key


def number_cursor(cursor: str | None) -> int | None:
    """Return the number of a cursor, or None for the first page. Raises Refused("invalid-cursor")."""
    if cursor is None:
        return None
    try:
        (number,) = _parts(cursor)
        return int(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise _invalid() from error


def _parts(cursor: str) -> list[str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(cursor) from error
    if not isinstance(parts, list):
        raise TypeError(cursor)
    return parts


def _invalid() -> Refused:
    return Refused(
        "invalid-cursor", "The cursor is not one that a list answered; start again without it."
    )
