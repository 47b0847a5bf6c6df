"""`flusso simulate`: which tasks a workflow file would create for an input, before it is activated."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.base import Json, JsonObject
from contracts.run import FormField
from services.chassis.errors import Refused
from services.cli.adapters.files import find_files
from services.cli.adapters.terminal import Terminal
from services.cli.adapters.texts import read_text
from services.cli.commands.validate import fault_line
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.inputs import parse_object, parse_pairs
from services.cli.domain.spans import span
from services.cli.domain.workflow_file import InvalidFile, read_workflow_file
from services.cli.options import AsJson
from services.cli.session import session_of

if TYPE_CHECKING:
    from services.testkit.simulation import Answer, AskedTask, Simulation

_EXAMPLES = """\
[bold]Examples[/bold]
  flusso simulate workflow.yaml --input '{"amount_cents": 48900}'
  flusso simulate workflow.yaml --input @order.json --answer approve_refund=reject
  flusso simulate workflow.yaml --answer 'details={"start": "2026-12-01"}' --answer review=timeout
  flusso simulate workflow.yaml --output 'fetch_user={"status": 200, "body": {"email": "ada@example.com"}}'"""
_File = Annotated[Path, typer.Argument(help="A workflow file, or - for standard input.")]
_Input = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", help="A JSON object, @FILE with one, or key=value; repeatable."),
]
_Answer = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        "-a",
        help="NODE=approve, NODE=reject, NODE=timeout, or NODE={values of its form}; repeatable.",
    ),
]
_Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output", "-o", help="NODE={output} of a node that would reach outside; repeatable."
    ),
]
_CHOICES = ("approve", "reject", "timeout")
_PROMPT_LINES_MAX = 6


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="simulate", epilog=_EXAMPLES)(run_simulation)


def run_simulation(
    context: typer.Context,
    file: _File,
    given: _Input = None,
    answer: _Answer = None,
    output: _Output = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Show which tasks a workflow would create for an input, and how it would end. Nothing outside is reached.

    Approvals are approved and forms are submitted with their defaults unless an answer says otherwise; a node that
    would reach outside gets an empty answer unless its output is given. Time passes by itself.
    """
    from services.testkit.simulation import simulate  # noqa: PLC0415 - half a second that no other command needs

    terminal = session_of(context).terminal
    definition = _definition_of(file, terminal)
    try:
        found = simulate(
            definition,
            _input_of(given or []),
            answers=_answers_of(answer or []),
            outputs=dict(_pair(one, "--output") for one in output or []),
        )
    except Refused as refused:
        raise CliError(refused.message) from None
    if json:
        terminal.json(_as_json(found))
    else:
        _tell(terminal, found)
    if found.status == "Failed":
        raise typer.Exit(ExitCode.FAILED)


def _definition_of(path: Path, terminal: Terminal) -> JsonObject:
    files = find_files([path])
    if len(files) != 1:
        raise CliError(f"{path} is not one file; simulate takes one.", ExitCode.USAGE)
    try:
        return read_workflow_file(files[0].text, files[0].format).definition
    except InvalidFile as invalid:
        for fault in invalid.faults:
            terminal.say(fault_line(files[0].label, fault))
        raise CliError("The workflow has faults; nothing was simulated.") from None


def _input_of(given: list[str]) -> JsonObject | None:
    if not given:
        return None
    if len(given) == 1 and given[0].startswith("@"):
        return parse_object(read_text(given[0][1:]), given[0])
    if len(given) == 1 and given[0].lstrip().startswith("{"):
        return parse_object(given[0], "--input")
    return parse_pairs(given, {})


def _answers_of(pairs: list[str]) -> "dict[str, Answer]":
    answers: dict[str, Answer] = {}
    for pair in pairs:
        node, _, text = pair.partition("=")
        if text in _CHOICES:
            answers[node] = (
                "approve" if text == "approve" else "reject" if text == "reject" else "timeout"
            )
        else:
            answers.update([_pair(pair, "--answer")])
    return answers


def _pair(text: str, option: str) -> tuple[str, JsonObject]:
    node, separator, value = text.partition("=")
    if not separator or not node:
        raise CliError(f"`{text}` is no NODE=VALUE for {option}.", ExitCode.USAGE)
    return node, parse_object(value, f"{option} {node}")


def _tell(terminal: Terminal, found: "Simulation") -> None:
    for number, asked in enumerate(found.tasks, 1):
        _tell_task(terminal, number, asked)
    count = len(found.tasks)
    terminal.say()
    tasks = "no task" if not count else "1 task" if count == 1 else f"{count} tasks"
    terminal.outcome(found.status, f"{tasks}, after {_clock(found.took)}")
    if found.error is not None:
        terminal.say(f"  {found.error.message}", "red")
    if found.assumed:
        nodes = ", ".join(found.assumed)
        terminal.note(f"Assumed an empty answer of {nodes}; give --output NODE={{...}}.", "yellow")
    if found.unused:
        terminal.note(f"The run never came to: {', '.join(found.unused)}.", "yellow")


def _tell_task(terminal: Terminal, number: int, asked: "AskedTask") -> None:
    opened = asked.opened
    terminal.say(f"{number}. {opened.title}", "bold")
    who = ", ".join(opened.assignees) or "anybody"
    terminal.say(
        f"   {opened.kind} at {opened.node}, after {_clock(asked.after)}, for {who}", "dim"
    )
    for label, moment in (("due", opened.due_at), ("ends by itself", opened.timeout_at)):
        if moment is not None:
            terminal.say(f"   {label} after {_clock(moment - opened.created_at)}", "dim")
    lines = opened.prompt.strip().splitlines()
    for line in lines[:_PROMPT_LINES_MAX]:
        terminal.say(f"   | {line}")
    if len(lines) > _PROMPT_LINES_MAX:
        terminal.say(f"   | ... {len(lines) - _PROMPT_LINES_MAX} more lines", "dim")
    for one in opened.fields:
        terminal.say(f"   - {_field(one)}")
    terminal.say(f"   => {asked.answer}")


def _field(one: FormField) -> str:
    star = " *" if one.required else ""
    default = "" if one.default is None else f", default {one.default!r}"
    return f"{one.label}{star} ({one.name}: {one.type}{default})"


def _clock(length: timedelta) -> str:
    return "no time" if not length else span(length)


def _as_json(found: "Simulation") -> Json:
    return {
        "status": found.status,
        "took_seconds": found.took.total_seconds(),
        "tasks": [
            {
                "after_seconds": asked.after.total_seconds(),
                "answer": asked.answer,
                **asked.opened.model_dump(
                    mode="json", exclude={"run_id", "workflow_id", "workflow_version", "digest"}
                ),
            }
            for asked in found.tasks
        ],
        "trace": [step.model_dump(mode="json") for step in found.trace],
        "output": found.output,
        "error": None if found.error is None else found.error.model_dump(mode="json"),
        "assumed": list(found.assumed),
        "unused": list(found.unused),
    }
