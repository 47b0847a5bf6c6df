"""`flusso rebuild`: makes what is read of tasks anew from the log, while everything works."""

import time
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.base import JsonObject
from services.cli.adapters.api import Api
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError, ExitCode
from services.cli.options import AsJson
from services.cli.session import session_of

poll_seconds = 0.3
PATH = "/system/inbox-rebuild"
_EXAMPLES = """\
[bold]Examples[/bold]
  flusso rebuild inbox
  flusso rebuild inbox --yes --json"""
_What = Annotated[Literal["inbox"], typer.Argument(help="What to make anew.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(rebuild)


def rebuild(
    context: typer.Context,
    what: _What,
    yes: _Yes = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Make the inbox, its history and its counters anew from the log, beside those in use, and swap them.

    Everybody goes on working meanwhile. Ctrl-C stops watching, not the work; one that is under way is watched.
    """
    session = session_of(context)
    with session.api() as api:
        question = f"Make the {what} anew from the log?"
        if not yes and not session.terminal.confirm(question, "--yes"):
            raise typer.Exit(ExitCode.FAILED)
        state = api.post(PATH, {})
        try:
            state = _watched(api, session.terminal, state, as_json=json)
        except KeyboardInterrupt:
            session.terminal.note("It goes on by itself; the same command watches it again.")
            raise
    if json:
        session.terminal.json(state)
    if state["state"] != "done":
        raise CliError(f"It could not be done: {state['message']}")
    if not json:
        session.terminal.say(f"The {what} is made anew: {state['tasks']:,} tasks.", "green")


def _watched(api: Api, terminal: Terminal, state: JsonObject, *, as_json: bool) -> JsonObject:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    hidden = as_json or not terminal.is_interactive
    with Progress(*columns, console=terminal.out, transient=True, disable=hidden) as progress:
        task = progress.add_task("tasks", total=None)
        while state["state"] == "running":
            time.sleep(poll_seconds)
            state = api.get(PATH)
            told = f"tasks: {state['tasks']:,}"
            total = max(state["total"], state["tasks"], 1)
            progress.update(task, description=told, completed=state["tasks"], total=total)
    return state
