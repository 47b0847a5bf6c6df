"""Workflow files on disk: those that are named, and those below a folder that are meant as workflows."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.cli.adapters.texts import BYTES_READ_MAX, read_text
from services.cli.domain.errors import CliError
from services.cli.domain.workflow_file import looks_like_workflow
from services.engine.domain.definition_text import Format

FORMATS: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
STDIN = Path("-")
FILES_MAX = 10_000
"""More below one folder are no workflows, but a mistake in its name."""
_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A text that is, or is meant as, a workflow."""

    label: str
    text: str
    format: Format


def find_files(paths: Iterable[Path]) -> list[FoundFile]:
    """Return the files in their order, each once. Raises CliError for what cannot be read, and if there is none."""
    named = list(paths)
    found: dict[str, FoundFile] = {}
    for path in named:
        for file in _files_of(path):
            found.setdefault(file.label, file)
    if not found:
        places = ", ".join(map(str, named))
        raise CliError(f"There is no workflow file in {places} (*.yaml, *.yml, *.json).")
    return list(found.values())


def _files_of(path: Path) -> Iterator[FoundFile]:
    if path == STDIN:
        yield FoundFile("<stdin>", sys.stdin.read(BYTES_READ_MAX), "yaml")
    elif path.is_dir():
        for inner in _below(path):
            file = _found(inner)
            if looks_like_workflow(file.text, file.format):
                yield file
    else:
        yield _found(path)


def _below(folder: Path) -> Iterator[Path]:
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _PASSED_OVER
        )
        for name in sorted(names):
            if Path(name).suffix in FORMATS and not name.startswith("."):
                count += 1
                if count > FILES_MAX:
                    raise CliError(
                        f"{folder} has more than {FILES_MAX:,} files: name a smaller one."
                    )
                yield Path(place) / name


def _found(path: Path) -> FoundFile:
    return FoundFile(str(path), read_text(path), FORMATS.get(path.suffix, "yaml"))
