"""The words by which a task is found."""

from hypothesis import given
from hypothesis import strategies as st

from services.tasks.adapters.tsquery import tsquery_of
from services.tasks.app.ports import Words
from services.tasks.domain.search import (
    WORD_CHARACTERS_MAX,
    WORDS_MAX,
    assignee_word,
    task_words,
    words_of,
)


def test_case_and_unicode_forms_do_not_matter() -> None:
    assert words_of("Straße ﬁnal ÀB") == words_of("STRASSE final àb")


def test_an_address_is_found_by_its_parts() -> None:
    assert words_of("fetch_user: ada@example.com") == ["fetch", "user", "ada", "example", "com"]


def test_a_million_characters_cost_no_more_than_the_first() -> None:
    assert len(words_of(" ".join(map(str, range(500_000))))) <= WORDS_MAX
    assert words_of("x" * 1_000_000) == ["x" * WORD_CHARACTERS_MAX]


def test_no_text_can_pretend_to_be_an_assignee() -> None:
    assert assignee_word("Ada") not in words_of("@ada @Ada Ada")
    assert assignee_word("Ada Lovelace") == assignee_word("ada  lovelace")


def test_a_task_is_found_by_its_texts_and_its_people() -> None:
    assert task_words(["Review", "the letter"], ["Ada"]) == ["review", "the", "letter", "@ada"]


def test_words_cannot_become_operators() -> None:
    words = Words(["a'b", "c\\d"], ["@x | y", "@z"])
    assert tsquery_of(words) == "'a''b':* & 'c\\\\d':* & ('@x | y' | '@z')"


@given(st.text())
def test_every_text_becomes_words_without_white_space_or_case(text: str) -> None:
    for word in words_of(text):
        assert word
        assert word.split() == [word]
        assert "@" not in word
