"""What the documentation says of the command line is true of it."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from services.cli.domain.workflow_file import read_workflow_file
from services.cli.main import build_app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "cli.md", ROOT / "docs" / "operations.md", ROOT / "README.md"]
COMMANDS = getattr(typer.main.get_command(build_app()), "commands", {})


def shown_commands(page: Path) -> list[list[str]]:
    """Return the words of every call of `flusso` in a page: in blocks of code, and between backticks."""
    text = page.read_text(encoding="utf-8")
    calls = re.findall(r"(?:^|\$ |`)(flusso [a-z][^`\n#|>]*)", text, re.MULTILINE)
    return [shlex.split(call) for call in calls]


def options_of(command: str, words: list[str]) -> set[str]:
    """Return the options of a command, or of the one that its first word names."""
    found = COMMANDS[command]
    inner = getattr(found, "commands", {})
    chosen = inner[words[0]] if inner else found
    return {name for parameter in chosen.params for name in parameter.opts} | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + "/" + page.name)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    calls = shown_commands(page)
    assert len(calls) >= 5
    for _, command, *words in calls:
        assert command in COMMANDS
        given = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
        assert given <= options_of(command, words), command


def test_the_page_shows_every_command() -> None:
    text = (ROOT / "services" / "cli" / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not re.search(rf"`{name}\b", text)] == []


def test_the_page_s_workflow_file_has_no_faults() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_workflow_file(block, "yaml").name == "Refund"
