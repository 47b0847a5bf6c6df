"""`flusso follow`: a run in the terminal, live, until it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import orjson
import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from contracts.run_view import RunView, TraceStep
from services.cli.adapters.run_watch import RunWatch, watching
from services.cli.adapters.terminal import STYLES, Terminal
from services.cli.domain.run_report import (
    ENDED,
    Seen,
    changes,
    ending_of,
    exit_code_of,
    seen_of,
    step_line,
    title_of,
    waiting_steps,
)
from services.cli.domain.safe_text import safe_line, shortened
from services.cli.options import AsJson
from services.cli.session import Session, checked_url, session_of

OUTPUT_SHOWN = 4_000
STEPS_SHOWN = 40
"""Rows of the live table: the last ones, so that it fits a screen."""
TICKS_A_SECOND = 4
_EXAMPLES = """\
[bold]Examples[/bold]
  flusso follow 019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de
  flusso follow "$RUN" --json | jq .output"""
_Run = Annotated[UUID, typer.Argument(help="The id of the run.", metavar="RUN")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(follow)


def follow(context: typer.Context, run_id: _Run, json: AsJson = False) -> None:  # noqa: FBT002
    """Follow a run until it ends: its steps as they move, and whom it waits for.

    Ends with 0 if the run completed, 1 if it failed or was cancelled. With --json it says nothing until the end, and
    then the run, whole. Ctrl-C stops following; the run goes on.
    """
    follow_run(session_of(context), str(run_id), as_json=json)


def follow_run(session: Session, run_id: str, *, as_json: bool) -> None:
    """Follow a run, and end the command with its exit code."""
    run = asyncio.run(_follow(session, run_id, quiet=as_json))
    if as_json:
        session.terminal.json(run.model_dump(mode="json"))
    else:
        _tell_ending(session.terminal, run)
    raise typer.Exit(exit_code_of(run))


async def _follow(session: Session, run_id: str, *, quiet: bool) -> RunView:
    terminal = session.terminal
    async with watching(checked_url(session.url), session.token, run_id) as watch:
        if quiet:
            return await _last(watch)
        if terminal.is_interactive:
            return await _follow_live(terminal, watch, session.url)
        return await _follow_lines(terminal, watch, session.url)


async def _last(watch: RunWatch) -> RunView:
    """Wait for the end in silence."""
    async for run in watch.views():
        if run.status in ENDED:
            return run
    raise AssertionError("views end with the run's end")


# -- plain lines -------------------------------------------------------------------------------------------------------


async def _follow_lines(terminal: Terminal, watch: RunWatch, url: str) -> RunView:
    seen: Seen = {}
    told: set[UUID] = set()
    run: RunView | None = None
    async for run in watch.views():
        if not seen and not told:
            terminal.say(title_of(run))
        for step in changes(run.trace, seen):
            _say_step(terminal, step)
        seen = seen_of(run.trace)
        for line in await _new_waits(watch, run, told, url):
            terminal.say(line)
    assert run is not None, "there is at least one view"
    return run


def _say_step(terminal: Terminal, step: TraceStep) -> None:
    line = step_line(step, datetime.now(UTC))
    at = line.at.astimezone().strftime("%H:%M:%S")
    took = f"  ({line.took})" if line.took and step.finished_at is not None else ""
    note = f"  {line.note}" if line.note else ""
    terminal.say(f"{at}  {line.status:<10} {line.name}{took}{note}")


async def _new_waits(watch: RunWatch, run: RunView, told: set[UUID], url: str) -> list[str]:
    lines = []
    for step in waiting_steps(run):
        assert step.task_id is not None, "waiting_steps sees to it"
        if step.task_id not in told:
            told.add(step.task_id)
            lines += ["          " + line for line in await _wait_lines(watch, step, url)]
    return lines


async def _wait_lines(watch: RunWatch, step: TraceStep, url: str) -> list[str]:
    """Return who must decide a waiting step, and how."""
    task = await watch.task(str(step.task_id))
    who = ", ".join(map(safe_line, task.assignees)) if task and task.assignees else "anybody"
    verb = "submit" if step.type == "manual_input" else "approve"
    return [
        f"waits for {who}: flusso task {step.task_id}, flusso {verb} {step.task_id}",
        f"or {url.rstrip('/')}/tasks/{step.task_id}",
    ]


def _tell_ending(terminal: Terminal, run: RunView) -> None:
    terminal.say(ending_of(run), STYLES.get(run.status, ""))
    if run.output is not None:
        text = orjson.dumps(run.output, option=orjson.OPT_INDENT_2).decode()
        terminal.say(shortened(text, OUTPUT_SHOWN))


# -- live --------------------------------------------------------------------------------------------------------------


class _Screen:
    """What is shown of a run now; drawn anew several times a second, so that times go on."""

    def __init__(self) -> None:
        self.run: RunView | None = None
        self.waits: list[str] = []

    def __rich__(self) -> Group:
        if self.run is None:
            return Group(Text("..."))
        run = self.run
        head = Text(f"{title_of(run)}  ")
        head.append(run.status, STYLES.get(run.status, ""))
        return Group(head, _steps_table(run), *map(Text, self.waits))


def _steps_table(run: RunView) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    hidden = len(run.trace) - STEPS_SHOWN
    if hidden > 0:
        table.add_row("", f"... {hidden} steps before", "", "")
    for step in run.trace[-STEPS_SHOWN:]:
        line = step_line(step, datetime.now(UTC))
        status = Text(line.status, STYLES.get(line.status, ""))
        table.add_row(status, Text(line.name), Text(line.took), Text(line.note, "dim"))
    return table


async def _follow_live(terminal: Terminal, watch: RunWatch, url: str) -> RunView:
    async with _drawn(terminal) as screen:
        async for run in watch.views():
            screen.run = run
            lines = [await _wait_lines(watch, step, url) for step in waiting_steps(run)]
            screen.waits = [line for pair in lines for line in pair]
    assert screen.run is not None, "there is at least one view"
    return screen.run


@asynccontextmanager
async def _drawn(terminal: Terminal) -> AsyncIterator[_Screen]:
    screen = _Screen()
    with Live(screen, console=terminal.out, refresh_per_second=TICKS_A_SECOND):
        yield screen
