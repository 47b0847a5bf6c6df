"""The words by which a task is found: the same for what is stored and for what is asked."""

import re
from collections.abc import Iterable
from unicodedata import normalize

SEARCHED_CHARACTERS_MAX = 20_000
WORDS_MAX = 1_000
WORD_CHARACTERS_MAX = 64
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str, words_max: int = WORDS_MAX) -> list[str]:
    """Return the distinct words of the text's beginning, folded so that case and Unicode forms do not matter."""
    folded = fold(text[:SEARCHED_CHARACTERS_MAX])
    found = dict.fromkeys(word[:WORD_CHARACTERS_MAX] for word in _WORD.findall(folded))
    return list(found)[:words_max]


def assignee_word(assignee: str) -> str:
    """Return the one word that stands for a person; no word of a text can be equal to it."""
    return "@" + " ".join(fold(assignee).replace("\0", "").split())[:200]


def task_words(texts: Iterable[str], assignees: Iterable[str]) -> list[str]:
    """Return everything that a task can be found by."""
    return [*words_of(" ".join(texts)), *map(assignee_word, assignees)]


def fold(text: str) -> str:
    """Return the text without differences of case and of Unicode's compatible forms."""
    return text.lower() if text.isascii() else normalize("NFKC", text).casefold()
