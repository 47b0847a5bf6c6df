"""Where a list goes on, as an opaque text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from contracts.base import rfc3339
from services.chassis.errors import Refused
from services.tasks.app.ports import Place

CURSOR_CHARACTERS_MAX = 200


def encode_cursor(place: Place) -> str:
    """Return the cursor of the page after this place."""
    return urlsafe_b64encode(f"{rfc3339(place.at)} {place.task_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Place:
    """Return the place. Raises Refused (`invalid-cursor`) for what `encode_cursor` never made."""
    try:
        padded = cursor[:CURSOR_CHARACTERS_MAX] + "=" * (-len(cursor) % 4)
        at, _, task_id = urlsafe_b64decode(padded).decode("ascii").partition(" ")
        return Place(datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%f%z"), UUID(task_id))
    except ValueError as error:
        raise Refused("invalid-cursor", "This cursor is not one of ours.") from error
