"""Words as a PostgreSQL `tsquery`: quoted, so that no word can become an operator."""

from services.tasks.app.ports import Words


def tsquery_of(words: Words) -> str:
    """Return the query that finds all beginnings and any of the assignees."""
    parts = [f"{_quoted(word)}:*" for word in words.beginnings]
    if words.assignees:
        parts.append(f"({' | '.join(_quoted(word) for word in words.assignees)})")
    return " & ".join(parts)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
