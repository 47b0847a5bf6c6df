"""`flusso validate`: every fault of workflow files, offline."""

from pathlib import Path
from typing import Annotated

import typer

from contracts.workflow import Fault
from services.cli.adapters.files import FoundFile, find_files
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import ExitCode
from services.cli.domain.safe_text import safe_line
from services.cli.domain.workflow_file import InvalidFile, read_workflow_file
from services.cli.options import AsJson
from services.cli.session import session_of

_EXAMPLES = """\
[bold]Examples[/bold]
  flusso validate workflow.yaml
  flusso validate workflows/ --json
  cat workflow.yaml | flusso validate -"""
Paths = Annotated[
    list[Path],
    typer.Argument(help="Files, folders, or - for standard input.", metavar="FILE|DIR..."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(validate)


def validate(context: typer.Context, paths: Paths, json: AsJson = False) -> None:  # noqa: FBT002
    """Find every fault of workflow files, without a server.

    Says FILE:LINE:COLUMN: PATH: what is wrong, and what was probably meant. Ends with 1 if there is any.
    """
    terminal = session_of(context).terminal
    files = find_files(paths)
    found = {file.label: faults_of(file) for file in files}
    count = sum(map(len, found.values()))
    if json:
        terminal.json(
            [
                {"file": label, "valid": not faults, "faults": [f.model_dump() for f in faults]}
                for label, faults in found.items()
            ]
        )
    else:
        tell_faults(terminal, found)
        terminal.note(_summary(len(files), count), "red" if count else "green")
    if count:
        raise typer.Exit(ExitCode.FAILED)


def faults_of(file: FoundFile) -> list[Fault]:
    """Return every fault of a file, in the order of its lines."""
    try:
        read_workflow_file(file.text, file.format)
    except InvalidFile as invalid:
        return sorted(invalid.faults, key=lambda fault: (fault.line or 0, fault.column or 0))
    return []


def tell_faults(terminal: Terminal, found: dict[str, list[Fault]]) -> None:
    """Write a line for each fault, as editors and compilers do."""
    for label, faults in found.items():
        for fault in faults:
            terminal.say(fault_line(label, fault))


def fault_line(label: str, fault: Fault) -> str:
    """Return `file:line:column: path: message (suggestion)`."""
    place = f"{label}:{fault.line or 1}:{fault.column or 1}"
    path = f" {fault.path}:" if fault.path else ""
    hint = f" (did you mean `{fault.suggestion}`?)" if fault.suggestion else ""
    return safe_line(f"{place}:{path} {fault.message}{hint}")


def _summary(files: int, faults: int) -> str:
    what = "1 file" if files == 1 else f"{files} files"
    if not faults:
        return f"{what}, no faults."
    return f"{what}, 1 fault." if faults == 1 else f"{what}, {faults} faults."
