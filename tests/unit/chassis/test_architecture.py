"""House rules that neither the linter nor the type checker can hold."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts import subjects

ROOT = Path(__file__).parents[3]
CODE = ("contracts", "services", "deploy", "tests")
LINES_MAX = 400
UNWELCOME = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}


def files(folders: tuple[str, ...], suffix: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


MODULES = files(CODE, ".py")
SERVICE_MODULES = files(("services",), ".py")
STATEMENTS = [path for path in files(("services",), ".sql") if path.parent.name == "sql"]
MIGRATIONS = [path for path in files(("services",), ".sql") if path.parent.name == "migrations"]


def comment_of(statement: str) -> str:
    """Return the comment lines that a statement begins with."""
    lines = []
    for line in statement.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line)
    return "\n".join(lines)


def parameters_in(text: str) -> set[int]:
    """Return every `$n`, and those between the ends of a `$m to $n`."""
    found = {int(number) for number in re.findall(r"\$(\d+)", text)}
    for first, last in re.findall(r"\$(\d+) to \$(\d+)", text):
        found |= set(range(int(first), int(last) + 1))
    return found


def texts_in(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


# -- SQL -------------------------------------------------------------------------------------------


def explains_itself(statement: str) -> bool:
    """Say whether it begins with what it is for, and names each of its parameters there and no others."""
    comment = comment_of(statement)
    named = parameters_in(statement.removeprefix(comment)) == parameters_in(comment)
    return len(comment) > len("-- ") and named


def is_one_statement(text: str) -> bool:
    return ";" not in re.sub(r"--.*|'[^']*'", "", text).strip().removesuffix(";")


def waits_only_so_long_for_a_lock(migration: str) -> bool:
    return comment_of(migration) != "" and "SET LOCAL lock_timeout" in migration


def without(rule: Callable[[str], bool], paths: list[Path]) -> list[str]:
    """Return the files that a rule does not hold for."""
    return [name_of(path) for path in paths if not rule(path.read_text(encoding="utf-8"))]


def test_a_statement_begins_with_what_it_is_for_and_what_each_parameter_is() -> None:
    assert STATEMENTS
    assert without(explains_itself, STATEMENTS) == []
    assert not explains_itself("-- Count.\nSELECT $1")


def test_a_file_holds_one_statement() -> None:
    assert without(is_one_statement, STATEMENTS) == []
    assert not is_one_statement("SELECT 1; SELECT 2;")


def test_a_migration_says_what_it_is_for_and_waits_only_so_long_for_a_lock() -> None:
    assert MIGRATIONS
    assert without(waits_only_so_long_for_a_lock, MIGRATIONS) == []
    assert not waits_only_so_long_for_a_lock("-- Adds.\nALTER TABLE runs ADD x int")


def test_migrations_are_numbered_without_gaps() -> None:
    for folder in {path.parent for path in MIGRATIONS}:
        names = sorted(path.name for path in folder.glob("*.sql"))
        assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name) for name in names)
        assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


# -- modules ---------------------------------------------------------------------------------------


def test_a_module_is_not_too_long() -> None:
    assert MODULES
    assert without(lambda text: len(text.splitlines()) <= LINES_MAX, MODULES) == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [name_of(path) for path in MODULES if path.name in UNWELCOME] == []


def test_sql_lives_in_files() -> None:
    """Except for the ledger of migrations, which is there before any of them."""
    sql = re.compile(r"\s*(SELECT\b.+\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", re.DOTALL)
    found = [
        f"{name_of(path)}:{line}"
        for path in SERVICE_MODULES
        if path != ROOT / "services/chassis/database.py"
        for line, text in texts_in(path)
        if sql.match(text)
    ]

    assert found == []


# -- names on the wire -----------------------------------------------------------------------------


def test_names_on_the_wire_are_written_once() -> None:
    """A fact's type may look like a subject; those are told apart by hand, not here."""
    names = {
        value
        for name, value in vars(subjects).items()
        if name.isupper() and isinstance(value, str) and value != subjects.RUN_NODE_SCHEDULED
    }
    found = [
        f"{name_of(path)}:{line}"
        for path in SERVICE_MODULES
        for line, text in texts_in(path)
        if text in names
    ]

    assert found == []


def test_every_durable_consumer_is_registered() -> None:
    durable = re.compile(r"(engine|tasks|gateway|worker)-[a-z-]+-on-[a-z-]+")
    found = [
        f"{name_of(path)}:{line}"
        for path in SERVICE_MODULES
        for line, text in texts_in(path)
        if durable.fullmatch(text)
    ]

    assert found == []


# -- documents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["engine", "tasks", "gateway"])
def test_a_service_says_on_one_page_what_it_owns_hears_and_says(service: str) -> None:
    page = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")

    assert len(page.splitlines()) <= 150


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    broken = [
        f"{name_of(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []
