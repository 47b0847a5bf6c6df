"""Text from outside as a terminal may have it: what could move the cursor, recolour or reorder it is written out."""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_UNSAFE_IN_LINE = re.compile(_UNSAFE.pattern[:-1] + "\n\t]")


def safe_text(text: str) -> str:
    """Return the text with its control and direction characters written out in hexadecimal; lines and tabs stay."""
    return _UNSAFE.sub(_written_out, text.replace("\r\n", "\n"))


def safe_line(text: str) -> str:
    """Return the same as one line: every run of white space is one blank."""
    return _UNSAFE_IN_LINE.sub(_written_out, " ".join(text.split()))


def shortened(text: str, longest: int) -> str:
    """Return the text, or its beginning with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte
