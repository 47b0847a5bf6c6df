"""`flusso export`: workflows of the server as files that `flusso apply` takes."""

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.cli.adapters.texts import write_text
from services.cli.commands.apply import load_stored
from services.cli.commands.workflows import find_workflow, list_names
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.plan import exported
from services.cli.options import Workflow
from services.cli.session import session_of
from services.engine.domain.definition_text import write_definition

NAME_CHARACTERS_MAX = 80
_EXAMPLES = """\
[bold]Examples[/bold]
  flusso export "Refund above a limit"            to standard output
  flusso export --all -o workflows/               a file each
  flusso export --all -o workflows/ --format json"""
_Folder = Annotated[
    Path | None, typer.Option("--output", "-o", help="A folder; a file each.", metavar="DIR")
]
_All = Annotated[bool, typer.Option("--all", help="Every workflow.")]
_Format = Annotated[Literal["yaml", "json"], typer.Option(help="How the files are written.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(export)


def export(
    context: typer.Context,
    workflow: Workflow = None,
    every: _All = False,  # noqa: FBT002
    folder: _Folder = None,
    format: _Format = "yaml",  # noqa: A002 - the name of the option
) -> None:
    """Write workflows as files; applying them again changes nothing.

    The secret of a webhook is written as `generate`: applied here it keeps what there is, elsewhere it makes another.
    """
    if every == (workflow is not None):
        raise CliError("Name one workflow, or give --all.", ExitCode.USAGE)
    if every and folder is None:
        raise CliError("--all needs a folder: give -o DIR.", ExitCode.USAGE)
    session = session_of(context)
    terminal = session.terminal
    names: set[str] = set()
    with session.api() as api:
        known = list_names(api)
        times = Counter(name for _, name in known)
        wanted = [workflow_id for workflow_id, _ in known]
        if workflow is not None:
            wanted = [find_workflow(api, workflow)]
        for workflow_id in wanted:
            stored = load_stored(api, workflow_id)
            document = exported(stored, with_id=times[stored.name] > 1)
            text = write_definition(document, format)
            if folder is None:
                typer.echo(text, nl=False)
                continue
            path = folder / f"{free_name(stored.name, names)}.{format}"
            names.add(path.stem)
            write_text(path, text)
            terminal.say(str(path))


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a file's name for a workflow's, another one for each: letters and digits of any script, and dashes."""
    plain = re.sub(r"[\W_]+", "-", name.casefold()).strip("-")[:NAME_CHARACTERS_MAX] or "workflow"
    free, number = plain, 1
    while free in taken:
        number += 1
        free = f"{plain}-{number}"
    return free
