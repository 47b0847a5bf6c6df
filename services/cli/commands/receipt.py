"""`flusso receipt`: the proof of what was shown, who decided and when, for a person or as a file to keep."""

import time
from typing import Annotated
from uuid import UUID

import typer

from contracts.base import JsonObject
from contracts.receipt import Receipt
from services.cli.adapters.api import Api, RefusedError, read_answer
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError
from services.cli.domain.receipt_report import (
    fault_of,
    field_lines,
    opened_in,
    outcome_lines,
    proof_lines,
    shown_lines,
)
from services.cli.options import AsJson
from services.cli.session import session_of

ready_tries_max = 20
ready_seconds = 0.5
"""What happened last is sealed within a second or two."""
_ID = "019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de"
_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso receipt {_ID}
  flusso receipt {_ID} --json > receipt.json"""
_Task = Annotated[UUID, typer.Argument(help="The id of the task.", metavar="TASK")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(receipt)


def receipt(context: typer.Context, task_id: _Task, json: AsJson = False) -> None:  # noqa: FBT002
    """Show the receipt of a task: what was shown, who decided, when, and the signed proof of it.

    `--json` writes it whole, to be kept, and checked offline with docs/verify_receipt.py.
    """
    session = session_of(context)
    with session.api() as api:
        answer = _patiently(api, task_id)
    if json:
        session.terminal.json(answer)
    else:
        _show(session.terminal, read_answer(Receipt, answer))


def _patiently(api: Api, task_id: UUID) -> JsonObject:
    tries = ready_tries_max
    while True:
        try:
            return api.get(f"/tasks/{task_id}/receipt")
        except RefusedError as refused:
            tries -= 1
            if refused.problem.code != "receipt-not-ready" or tries == 0:
                raise
        time.sleep(ready_seconds)


def _show(terminal: Terminal, shown: Receipt) -> None:
    fault = fault_of(shown)
    if fault is not None:
        raise CliError(f"This receipt proves nothing: {fault}.")
    opened = opened_in(shown)
    if opened is not None:
        terminal.say(opened.title, "bold")
        for line in shown_lines(opened):
            terminal.say(line, "dim")
        terminal.say()
        terminal.say(opened.prompt)
        for line in field_lines(opened.fields):
            terminal.say(line)
        terminal.say()
    for line in outcome_lines(shown):
        terminal.say(line)
    terminal.say()
    for line in proof_lines(shown):
        terminal.say(line, "dim")
    terminal.say("Keep it with --json; docs/verify_receipt.py checks it offline.", "dim")
