"""Takes values of secrets out of what comes back from outside, in the forms in which servers give it back."""

import base64
import html
import json
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from contracts.base import Json
from services.engine.domain.secret_places import MARK

CHARACTERS_MIN = 4
"""Shorter values are everywhere; none is accepted as a secret."""
LINE_CHARACTERS_MIN = 8
"""Lines of a long value, such as a private key, are masked alone too."""
FRAGMENT_CHARACTERS_MIN = 8
"""Letters with digits among them: such runs are in keys, and hardly in words."""
WORD_CHARACTERS_MIN = 12
"""Letters or digits alone: shorter ones may be words of the language."""
CORE_CHARACTERS_MIN = 4
_PADDED = r"[A-Za-z0-9+/_=-]{0,4}"


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of a value: a part that it must hold, in lower case, which is cheap to look for, and its pattern."""

    needle: str
    pattern: str


class Mask:
    """The values that one request has used."""

    def __init__(self, values: Iterable[str]) -> None:
        forms: dict[str, _Form] = {}
        for value in values:
            texts = _written(value)
            found = [_Form(text.lower(), re.escape(text)) for text in texts | _fragments(value)]
            encoded = [form for text in texts for form in _base64_forms(text)]
            forms |= {form.pattern: form for form in (*found, *encoded)}
        # The longest first, so that no part of a form is left beside a mark.
        self._forms = sorted(forms.values(), key=lambda form: len(form.pattern), reverse=True)

    def text(self, text: str) -> str:
        """Return the text with a mark for each value."""
        lowered = text.lower()
        patterns = [form.pattern for form in self._forms if form.needle in lowered]
        if not patterns:
            return text
        return re.sub("|".join(patterns), MARK, text, flags=re.IGNORECASE)

    def members(self, value: Json) -> Json:
        """Return an object of ours with a mark for each value in its members, whose names are ours too."""
        if isinstance(value, dict):
            return {name: self.value(member) for name, member in value.items()}
        return self.value(value)

    def value(self, value: Json) -> Json:
        """Return a JSON value with a mark for each value in its texts, keys and numbers."""
        if not self._forms:
            return value
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(key): self.value(item) for key, item in value.items()}
            case list():
                return [self.value(item) for item in value]
            case int() | float() if not isinstance(value, bool):
                written = json.dumps(value)
                return value if self.text(written) == written else MARK
            case _:
                return value


def _written(value: str) -> set[str]:
    """Return the ways in which a value may come back, also when one way was used inside of another."""
    once = {form for part in _parts(value) for form in _forms(part)}
    return once | {form for text in once for form in _nested(text)}


def _parts(value: str) -> Iterator[str]:
    """Yield the value, without the space around it, and its longer lines."""
    stripped = value.strip()
    if len(stripped) >= CHARACTERS_MIN:
        yield stripped
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= LINE_CHARACTERS_MIN)


def _forms(text: str) -> Iterator[str]:
    """Yield a text as it is, escaped for URLs, JSON, HTML or Python, and its bytes read as latin-1."""
    yield text
    yield from _nested(text)
    for safe in ("", "/", "/:@!$&'()*+,;=", "!*'()~", string.punctuation):
        yield quote(text, safe=safe)
    yield html.escape(text, quote=False)
    yield repr(text)[1:-1]
    yield repr(text.encode())[2:-1]
    yield text.encode().decode("latin-1")


def _nested(text: str) -> Iterator[str]:
    """Yield a text as other texts hold it: JSON inside JSON, a document in a query."""
    yield quote(text)
    yield quote_plus(text)
    yield html.escape(text)
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", r"\/")


def _fragments(value: str) -> set[str]:
    """Return the long runs of letters and digits: every way to write a value leaves them whole."""
    found = re.findall(rf"[A-Za-z0-9]{{{FRAGMENT_CHARACTERS_MIN},}}", value)
    return {text for text in found if len(text) >= WORD_CHARACTERS_MIN or _is_mixed(text)}


def _is_mixed(text: str) -> bool:
    return not text.isalpha() and not text.isdigit()


def _base64_forms(value: str) -> Iterator[_Form]:
    """Yield what finds the value inside longer texts in base64, wherever in them it begins.

    Three bytes become four characters. What the bytes around the value have a part in is no part of the needle; it is
    masked along with it.
    """
    plain = value.encode()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain).decode().rstrip("=")
        is_whole = (before + len(plain)) % 3 == 0
        core = encoded[(0, 2, 3)[before] : None if is_whole else -1]
        if len(core) >= CORE_CHARACTERS_MIN:
            around = _PADDED if before else ""
            for needle in {core, core.replace("+", "-").replace("/", "_")}:
                yield _Form(needle.lower(), f"{around}{re.escape(needle)}{_PADDED}")
