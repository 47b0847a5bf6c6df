"""Everything that a verification can find has its Italian words, and these tell nothing that the finding does not."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from services.tasks.app.verify_chain import Fault as ChainFault

ROOT = Path(__file__).parents[2]
WORDS = ROOT / "services/gateway/web/src/settings/findings-it.ts"
COMPUTED: Mapping[str, set[str]] = {
    "inbox-has": set(),
    "inbox-lacks": set(),
    "inbox-differs": {"fields"},
    "history-has": set(),
    "history-lacks": set(),
    "history-differs": {"fields"},
    "resolved-not-taken": {"status"},
    "closed-not-taken": {"status"},
    "run": {"id"},
    **{fault: set() for fault in get_args(ChainFault)},
}
"""Codes that are put together where they are said, with their parameters."""


def made() -> Iterator[tuple[str, set[str]]]:
    """Return the codes that are written out in the services, each with its parameters."""
    for path in (ROOT / "services").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "chassis.findings" not in text:
            continue
        for call in ast.walk(ast.parse(text)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "said":
                code = call.args[0]
                if isinstance(code, ast.Constant):
                    yield str(code.value), {each.arg or "" for each in call.keywords}


def translated() -> dict[str, set[str]]:
    entries = re.findall(r'(?m)^  "?([a-z][a-z-]*)"?:\s*"(.*)",$', WORDS.read_text("utf-8"))
    return {code: set(re.findall(r"\{(\w+)\}", text)) for code, text in entries}


def test_every_finding_has_italian_words_and_no_words_are_left_over() -> None:
    assert {code for code, _ in made()} | COMPUTED.keys() == translated().keys()


def test_italian_words_tell_only_what_the_finding_tells() -> None:
    of_subjects = {"id", "checkpoint", "position", "kind", "workflow", "status", "day"}
    of_subjects |= {"table", "hour"}
    known = {code: params | of_subjects for code, params in {**COMPUTED, **dict(made())}.items()}
    unnamed = {code for code, params in made() if "" in params}
    for code, told in translated().items():
        more = {"task", "outcome"} if code in unnamed else set()
        more |= {"missing", "version"} if code == "version-gap" else set()
        assert told <= known[code] | more, code
