"""Patterns of text fields, matched in time linear in the text.

They are regular expressions as Rust's `regex` crate reads them, through pydantic: no backtracking, so no text and no
pattern can make the service hang. Look-around and back-references do not exist in it.
"""

from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

PATTERN_CHARACTERS_MAX = 500
PATTERN_SUBJECT_MAX = 2_000
"""A longer text is refused before it meets a pattern; linear still means pattern times text."""
COMPILED_MAX = 256


def matches(pattern: str, text: str) -> bool | None:
    """Tell whether the whole text matches, as an HTML `pattern` does; None if the pattern cannot be used."""
    compiled = _compiled(pattern)
    if compiled is None:
        return None
    try:
        compiled.validate_python(text)
    except ValidationError:
        return False
    return True


@lru_cache(maxsize=COMPILED_MAX)
def _compiled(pattern: str) -> TypeAdapter[str] | None:
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        return None
    try:
        # Alone first: what only compiles inside our brackets, such as `a)|(b`, must not.
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
        return TypeAdapter(Annotated[str, StringConstraints(pattern=rf"\A(?:{pattern})\z")])
    except SchemaError:
        return None
