"""Texts on disk, in UTF-8."""

from pathlib import Path

from services.cli.domain.errors import CliError

BYTES_READ_MAX = 1_048_576
"""A longer text is refused by its reader; nobody needs all of it for that."""


def read_text(path: Path | str) -> str:
    """Return the text of a file. Raises CliError."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(BYTES_READ_MAX)
    except UnicodeDecodeError:
        raise CliError(f"{path} is no text in UTF-8.") from None
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}.") from None


def write_text(path: Path, text: str) -> None:
    """Write a file, and its folder if need be. Raises CliError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}.") from None
