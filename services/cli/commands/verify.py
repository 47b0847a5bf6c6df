"""`flusso verify`: whether everything holds, looked at while everything works."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.base import JsonObject
from services.cli.adapters.api import Api
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.verify_report import (
    finding_lines,
    look_of,
    share_done,
    summary_line,
)
from services.cli.options import AsJson
from services.cli.session import session_of

poll_seconds = 0.3
PATH = "/system/verifications"
_EXAMPLES = """\
[bold]Examples[/bold]
  flusso verify
  flusso verify --since 2026-11-24T08:00:00Z
  flusso verify --limit 10000 --json
  flusso verify --resume"""
_Limit = Annotated[int | None, typer.Option(min=1, help="At most so many runs, and as many tasks.")]
_Since = Annotated[
    str | None,
    typer.Option(help="Only what moved since then.", metavar="TIME"),
]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on where the last one was stopped.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(verify)


def verify(
    context: typer.Context,
    limit: _Limit = None,
    since: _Since = None,
    resume: _Resume = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Prove that logs, snapshots, lists, counters and both services agree; ends with 1 if something does not.

    It reads, and changes nothing. Ctrl-C stops it where it is; --resume goes on.
    """
    if resume and (limit is not None or since is not None):
        raise CliError("--resume goes on with the limits of before.", ExitCode.USAGE)
    session = session_of(context)
    with session.api() as api:
        look = _last_stopped(api) if resume else _begun(api, limit, since)
        try:
            look = _watched(api, session.terminal, look, as_json=json)
        except KeyboardInterrupt:
            api.post(f"{PATH}/{look['id']}/stop", {})
            session.terminal.note("Stopped; `flusso verify --resume` goes on from here.")
            raise
    if json:
        session.terminal.json(look)
    else:
        _say(session.terminal, look)
    if look["found"] or look["state"] != "done":
        raise typer.Exit(ExitCode.FAILED)


def _begun(api: Api, limit: int | None, since: str | None) -> JsonObject:
    given = {"limit": limit, "since": since}
    return api.post(PATH, {name: value for name, value in given.items() if value is not None})


def _last_stopped(api: Api) -> JsonObject:
    for look in api.get(PATH, limit=50)["items"]:
        if look["state"] == "running":
            return dict(look)
        if look["state"] == "stopped":
            return api.post(f"{PATH}/{look['id']}/resume", {})
    raise CliError("No verification was stopped: `flusso verify` begins one.")


def _watched(api: Api, terminal: Terminal, look: JsonObject, *, as_json: bool) -> JsonObject:
    with _bar(terminal, is_shown=terminal.is_interactive and not as_json) as progress:
        task = progress.add_task(look_of(look), total=1.0)
        while look["state"] == "running":
            time.sleep(poll_seconds)
            look = api.get(f"{PATH}/{look['id']}")
            progress.update(task, description=look_of(look), completed=share_done(look))
    return look


@contextmanager
def _bar(terminal: Terminal, *, is_shown: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal.out, transient=True, disable=not is_shown) as bar:
        yield bar


def _say(terminal: Terminal, look: JsonObject) -> None:
    for finding in look["findings"]:
        where, *more = finding_lines(finding)
        terminal.say(where, "red")
        for line in more:
            terminal.say(line)
    terminal.say(summary_line(look), "green" if not look["found"] else "bold")
