"""Every fault that validation can find has its Italian words, and every one of these a fault."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from services.engine.domain.reading import _MESSAGES  # the kinds that have words of ours

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "services/gateway/web/src/editor/faults-it.ts"
MAKERS = {"fault", "TemplateFault", "CelFault", "CronFault", "Fault", "_wrong"}
OF_PYDANTIC = {
    "greater_than",
    "greater_than_equal",
    "less_than_equal",
    "string_pattern_mismatch",
    "string_too_long",
    "string_too_short",
    "too_long",
    "too_short",
}
"""What else the models of configurations can find, with its limits."""
UNREADABLE = {"unreadable", "unreadable-text"}
"""A text that is no definition: said as its parser says it."""


def translated() -> set[str]:
    keys = re.findall(r'(?m)^  "?([a-z][a-z_/-]*)"?:', WORDS.read_text())
    return set(keys)


def made() -> Iterator[tuple[str, str | None]]:
    """Return code and reason of each fault that is written out in the engine."""
    folders = (ROOT / "services/engine/domain", ROOT / "services/engine/app")
    for path in (file for folder in folders for file in folder.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and name_of(call.func) in MAKERS:
                yield from codes_of(call)


def name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def codes_of(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    given = [text_of(argument) for argument in call.args] + [text_of(named.get("code"))]
    if name_of(call.func) == "_wrong":
        given = ["invalid-cron"]
    code = next((one for one in given if one and re.fullmatch(r"[a-z]+(-[a-z]+)*", one)), None)
    if name_of(call.func) == "CronFault":
        code = given[1] if len(given) > 1 else None
    if code is not None:
        yield code, text_of(named.get("reason"))


def text_of(value: ast.expr | None) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def test_every_fault_has_italian_words() -> None:
    known = translated()
    found = {code if reason is None else f"{code}/{reason}" for code, reason in made()}
    kinds = {f"invalid-value/{kind}" for kind in _MESSAGES.keys() | OF_PYDANTIC}
    kinds -= {"invalid-value/none_required"}
    missing = {key for key in (found | kinds) - known if key not in UNREADABLE}
    # These codes are written out with a reason that is computed, and said with it.
    assert missing <= {"invalid-value", "option-not-available", "unknown-variable", "invalid-cron"}


def test_no_words_are_left_over() -> None:
    codes = {code for code, _ in made()} | {"unknown-variable", "variable-not-upstream"}
    assert {key.split("/")[0] for key in translated()} <= codes
