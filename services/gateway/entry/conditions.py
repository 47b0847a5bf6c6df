"""`ETag` and `If-Match`."""

from starlette.requests import Request

from services.chassis.errors import Refused


def etag(tag: str) -> str:
    """Return the tag as a strong ETag."""
    return f'"{tag}"'


def wanted_tag(request: Request) -> str | None:
    """Return the tag that `If-Match` asks for, None if anything will do. Raises Refused if it names several."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    tag = header.strip()
    if len(tag) < len('""') or not (tag.startswith('"') and tag.endswith('"')) or "," in tag:
        raise Refused("invalid-request", 'If-Match must be one strong ETag, such as "abc", or *.')
    return tag[1:-1]
