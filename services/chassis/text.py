"""Text from people, as it is kept: one way to end a line, nothing that PostgreSQL or JSON cannot hold."""

import re

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


def normalised_text(text: str) -> str | None:
    """Return the text with line feeds as its only line endings, or None if it holds NUL or half a surrogate pair."""
    if _FORBIDDEN.search(text) is not None:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")
