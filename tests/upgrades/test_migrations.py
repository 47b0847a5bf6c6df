"""A migration holds writes up for no longer than it must: it does its long work before it takes a lock."""

import re
from pathlib import Path

import pytest

from tests.support.processes import ROOT

MIGRATIONS = sorted((ROOT / "services").glob("*/**/migrations/*.sql"))
MADE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")
LOCKING = re.compile(r"(?:CREATE (?:UNIQUE )?INDEX \w+\s+ON|ALTER TABLE|LOCK TABLE) (\w+)")
LONG = re.compile(r"^(?:WITH\b.*\b)?(?:INSERT INTO\b.*\bSELECT|UPDATE|DELETE FROM)\b", re.DOTALL)


def statements_of(path: Path) -> list[str]:
    """The statements of a migration, without comments and the bodies of functions."""
    text = re.sub(r"\$\$.*?\$\$", "$$", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"--.*", "", text)
    return [statement.strip() for statement in text.split(";") if statement.strip()]


def name_of(path: Path) -> str:
    return "/".join(path.parts[-4:])


@pytest.mark.parametrize("path", MIGRATIONS, ids=name_of)
def test_nothing_long_follows_a_lock_on_a_table_in_use(path: Path) -> None:
    """The lock is held to the end of the file, which is one transaction; who writes waits for all of it."""
    made: set[str] = set()
    locked: str | None = None
    for statement in statements_of(path):
        made |= set(MADE.findall(statement))
        assert locked is None or not LONG.match(statement), f"{statement[:60]} after {locked}"
        locking = LOCKING.match(statement)
        if locking is not None and locking[1] not in made:
            locked = statement[:60]


def test_the_rule_knows_what_it_looks_for() -> None:
    assert len(MIGRATIONS) > 15
    assert LONG.match("WITH a AS (SELECT 1)\nINSERT INTO b SELECT 2")
    assert LONG.match("INSERT INTO b (c)\nSELECT 2")
    assert not LONG.match("INSERT INTO b DEFAULT VALUES")
    assert LOCKING.match("CREATE INDEX a ON b (c)")
