import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from services.engine.domain.markdown import escape_markdown
from tests.support.runs import node, started, workflow

_RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_HARMLESS = {"paragraph_open", "paragraph_close", "inline", "text", "softbreak", "hardbreak"}
_SHOWN_AS = str.maketrans({"\u00a0": " "})


def tokens_of(markdown: str) -> list[Token]:
    tokens = _RENDERER.parse(markdown)
    return tokens + [child for token in tokens for child in token.children or []]


def shown(markdown: str) -> str:
    """The words that a reader sees."""
    pieces = [
        " " if token.type in ("softbreak", "hardbreak", "paragraph_close") else token.content
        for block in _RENDERER.parse(markdown)
        for token in block.children or [block]
    ]
    return " ".join("".join(pieces).translate(_SHOWN_AS).split())


def is_only_text(markdown: str) -> bool:
    return {token.type for token in tokens_of(markdown)} <= _HARMLESS


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b>bold</b> &lt; &#60; <!-- x -->",
        "[click](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "<https://evil.example>",
        "**bold** *em* __bold__ _em_ `code` ~~gone~~",
        "# heading",
        "> quote",
        "- item\n+ item\n* item",
        "1. item\n2) item",
        "text\n===\nmore\n---\n***\n___",
        "```\ncode\n```",
        "~~~\ncode\n~~~",
        "    indented code",
        "a\n\n\tcode after a tab",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "a | b\n:-|-:\n1 | 2",
        "[ref]: https://evil.example\n\n[ref]",
        "back\\slash \\* \\\\",
        "trailing  \nbreak\\\nhere",
        "_leading and trailing_ _a_b_",
    ],
)
def test_markup_in_a_value_stays_text(text: str) -> None:
    escaped = escape_markdown(text)

    assert is_only_text(escaped), escaped
    assert shown(escaped) == " ".join(text.replace("\\\n", "\\ ").split())


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.com",
        "first_last@example.co.uk",
        "Ada Lovelace",
        "EUR 1,200.50 (net) - 20 % off!",
        "-5",
        "3.14",
        "2026-03-01T09:30:00Z",
        "snake_case_name, A & B; #42",
        "What? Yes: a/b + c = d.",
        "Grüße, 東京, 🎉",
    ],
)
def test_ordinary_values_read_the_same_in_markdown_and_out_of_it(text: str) -> None:
    assert escape_markdown(text) == text


_PIECES = st.sampled_from(
    [*"*_`~<>[]()!#+-=|:.&;\\\n \t1aé\u00a0", "\n\n", "    ", "***", "---", "```", "&amp;", "](x)"]
)


@settings(max_examples=1_000)
@given(st.lists(_PIECES, max_size=16).map("".join))
def test_no_value_can_add_markup(text: str) -> None:
    for markdown in (escape_markdown(text), f"Before {escape_markdown(text)} after"):
        assert is_only_text(markdown), (text, markdown)


@given(st.lists(_PIECES, max_size=16).map("".join))
def test_no_value_loses_a_word(text: str) -> None:
    expected = " ".join(re.sub(r"\u00a0", " ", text).split())

    assert shown(escape_markdown(text)) == expected


@pytest.mark.parametrize(
    "address", ["https://evil.example/a_b?c=1", "HTTP://x.y", "www.evil.example"]
)
def test_an_address_in_a_value_stays_text_and_still_works_as_the_target_of_a_link(
    address: str,
) -> None:
    escaped = escape_markdown(address)

    assert address not in escaped
    assert shown(escaped) == address
    (link,) = [one for one in tokens_of(f"[open]({escaped})") if one.type == "link_open"]
    assert link.attrs["href"] == address


def test_the_markdown_of_the_author_works_and_that_of_the_data_does_not() -> None:
    raw = workflow([node("ask", "approval", prompt="**Send** to {{ trigger.output.to }}?")])

    prompt = started(raw, {"to": "**<b>all</b>**"}).task("ask").prompt

    assert prompt == r"**Send** to \*\*\<b>all\</b>\*\*?"
