"""No sentence of the user guide's page on tasks is without a browser test that cites it."""

import ast
from pathlib import Path

from tests.browser.guide import SENTENCES, sentences_in

TESTS = Path(__file__).parents[2] / "browser" / "test_guide.py"


def cited() -> set[str]:
    """Return the sentences that the tests list in their docstrings."""
    functions = [
        node
        for node in ast.parse(TESTS.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    return {
        sentence
        for function in functions
        for sentence in sentences_in(ast.get_docstring(function) or "")
    }


def test_every_sentence_of_the_guide_is_cited_by_a_browser_test() -> None:
    assert sorted(set(SENTENCES) - cited()) == []


def test_what_the_browser_tests_cite_stands_in_the_guide() -> None:
    assert sorted(cited() - set(SENTENCES)) == []
