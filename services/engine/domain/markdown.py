"""Text from data inside Markdown: it stays text, whatever it holds.

Only what CommonMark or GFM would take for markup at that place is escaped, so that names, mail addresses and numbers
read the same in Markdown and out of it.
"""

import re

_SUSPECT = re.compile(r"(?i)[\\`*\[\]<|~_&\n#>=]|^[\s\d:+-]|://|www\.")
"""What every rule below needs one of: nearly all values have none."""
_INLINE = re.compile(
    r"(?P<mark>[\\`*\[\]<|]|~~|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))"
    r"|(?<![^\W_])(?i:(?:https?|ftp)(?=://)|www(?=\.))"
)
_BLOCK = re.compile(
    r"^(?P<lead>\ {0,3})(?:"
    r"(?P<mark>\#{1,6}(?=\s|$)|>|[-+](?=\s|$)|-[-\ \t]*$|=+[\ \t]*$|~{3,}|:?-+:?(?=[\ \t]*\|))"
    r"|(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$))"
    r"|^(?P<indent>\ {4,}|\ *\t[\ \t]*|(?<=\n)\ +\Z)",
    re.MULTILINE | re.VERBOSE,
)
_NO_BREAK_SPACE = "\u00a0"


def escape_markdown(text: str) -> str:
    """Return Markdown that shows `text` as it is."""
    if _SUSPECT.search(text) is None:
        return text
    return _BLOCK.sub(_block, _INLINE.sub(_inline, text))


def _inline(found: re.Match[str]) -> str:
    mark = found.group("mark")
    if mark is None:
        # A bare address would become a link; with `\:` or `\.` it stays text, and still works as a link's target.
        return f"{found.group()}\\"
    return "".join(f"\\{character}" for character in mark)


def _block(found: re.Match[str]) -> str:
    indent = found.group("indent")
    if indent is not None:
        return _NO_BREAK_SPACE * len(indent)
    number = found.group("number")
    escaped = f"\\{found.group('mark')}" if number is None else f"{number}\\{found.group('dot')}"
    return found.group("lead") + escaped
