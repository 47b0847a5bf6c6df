"""`flusso tasks`, `task`, `approve`, `reject` and `submit`: the inbox, and the decisions."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import typer

from contracts.base import Json, JsonObject
from contracts.task import TaskAction, TaskView
from services.cli.adapters.api import Api
from services.cli.adapters.terminal import Terminal
from services.cli.adapters.texts import read_text
from services.cli.commands.workflows import find_workflow
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.inputs import parse_object, parse_pairs
from services.cli.domain.task_report import (
    FIELD_COLUMNS,
    TASK_COLUMNS,
    field_row,
    head_lines,
    outcome_line,
    task_row,
)
from services.cli.options import AsJson, Limit, OfWorkflow
from services.cli.session import session_of

_ID = "019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de"
_TASKS_EXAMPLES = """\
[bold]Examples[/bold]
  flusso tasks
  flusso tasks --workflow "Refund above a limit" --kind approval
  flusso tasks --sort due --assignee me
  flusso tasks --all --q espresso --json"""
_TASK_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso task {_ID}"""
_DECIDE_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso approve {_ID} --comment "Goods are back."
  flusso reject {_ID} --comment "No receipt.\""""
_SUBMIT_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso submit {_ID} amount=12.5 reason="Broken on arrival"
  flusso submit {_ID} --values '{{"amount": 12.5}}'
  flusso submit {_ID} --values @values.json"""
Task = Annotated[UUID, typer.Argument(help="The id of the task.", metavar="TASK")]
Comment = Annotated[str | None, typer.Option("--comment", "-m", help="Kept with the decision.")]
Digest = Annotated[
    str | None,
    typer.Option(help="The digest of what you saw (`flusso task --json`); refused if it differs."),
]
_Kind = Annotated[
    Literal["approval", "manual_input"] | None, typer.Option(help="Only those of this kind.")
]
_Search = Annotated[str | None, typer.Option("--q", help="Only those with these words.")]
_All = Annotated[bool, typer.Option("--all", help="The decided and closed ones too.")]
_Sort = Annotated[Literal["oldest", "newest", "due"], typer.Option(help="Which come first.")]
_Overdue = Annotated[bool, typer.Option("--overdue", help="Only those whose due date is past.")]
_Assignee = Annotated[str | None, typer.Option(help="Only those for this person; me is you.")]
_Pairs = Annotated[
    list[str] | None, typer.Argument(help="The values of the form.", metavar="FIELD=VALUE...")
]
_Values = Annotated[
    str | None, typer.Option("--values", help="All values as a JSON object, or @FILE with one.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog=_TASKS_EXAMPLES)(tasks)
    app.command(epilog=_TASK_EXAMPLES)(task)
    app.command(epilog=_DECIDE_EXAMPLES)(approve)
    app.command(epilog=_DECIDE_EXAMPLES)(reject)
    app.command(epilog=_SUBMIT_EXAMPLES)(submit)


def tasks(  # noqa: PLR0913, PLR0917 - a command has as many parameters as options
    context: typer.Context,
    workflow: OfWorkflow = None,
    kind: _Kind = None,
    q: _Search = None,
    assignee: _Assignee = None,
    overdue: _Overdue = False,  # noqa: FBT002
    sort: _Sort = "oldest",
    every: _All = False,  # noqa: FBT002
    limit: Limit = 50,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the tasks that wait, oldest first."""
    session = session_of(context)
    with session.api() as api:
        workflow_id = None if workflow is None else str(find_workflow(api, workflow))
        query = {"workflow_id": workflow_id, "kind": kind, "q": q, "assignee": assignee}
        late = "true" if overdue else None
        found = list(api.items("/tasks", limit, status="pending", sort=sort, overdue=late, **query))
        if every:
            found += api.items("/tasks", limit, status="decided", sort="newest", **query)
    if json:
        session.terminal.json(found)
        return
    now = datetime.now(UTC)
    columns = (*TASK_COLUMNS[:-1], "status", "id") if every else TASK_COLUMNS
    rows = [
        _with_status(item, task_row(item, now)) if every else task_row(item, now) for item in found
    ]
    session.terminal.table(columns, rows, "id")


def _with_status(item: JsonObject, row: list[str]) -> list[str]:
    decision: Json = item["decision"]
    status = item["status"] if decision is None else decision["outcome"].replace("_", " ")
    return [*row[:-1], status, row[-1]]


def task(context: typer.Context, task_id: Task, json: AsJson = False) -> None:  # noqa: FBT002
    """Show a task, whole: its question, its form, and what became of it."""
    session = session_of(context)
    with session.api() as api:
        if json:
            session.terminal.json(api.get(f"/tasks/{task_id}"))
        else:
            show_task(session.terminal, api.get_as(TaskView, f"/tasks/{task_id}"))


def show_task(terminal: Terminal, shown: TaskView) -> None:
    """Write all that a person must know to decide."""
    title, *others = head_lines(shown, datetime.now(UTC))
    terminal.say(title, "bold")
    for line in others:
        terminal.say(line, "dim")
    terminal.say()
    terminal.say(shown.prompt)
    if shown.fields:
        terminal.say()
        terminal.table(FIELD_COLUMNS, map(field_row, shown.fields), "name")
    if shown.decision is not None and shown.decision.values is not None:
        terminal.say()
        for name, value in shown.decision.values.items():
            terminal.say(f"{name} = {value}")
    terminal.say()
    terminal.say(outcome_line(shown))


def approve(
    context: typer.Context,
    task_id: Task,
    comment: Comment = None,
    digest: Digest = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Approve a task: its run goes on. Ends with 3 if somebody was faster."""
    _decide(context, "approve", task_id, {"comment": comment}, digest, as_json=json)


def reject(
    context: typer.Context,
    task_id: Task,
    comment: Comment = None,
    digest: Digest = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Reject a task of either kind: its run fails, for good. Ends with 3 if somebody was faster."""
    _decide(context, "reject", task_id, {"comment": comment}, digest, as_json=json)


def submit(
    context: typer.Context,
    task_id: Task,
    pairs: _Pairs = None,
    values: _Values = None,
    comment: Comment = None,
    digest: Digest = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Submit the form of a task: its run goes on. Ends with 3 if somebody was faster.

    A field that is left out is submitted with its default. `--values` is taken as it is.
    """
    if bool(pairs) and values is not None:
        raise CliError("Give FIELD=VALUE pairs or --values, not both.", ExitCode.USAGE)
    if values is not None:
        text = read_text(values[1:]) if values.startswith("@") else values
        body = {"values": parse_object(text, "--values"), "comment": comment}
    else:
        body = {"values": None, "comment": comment}
    _decide(context, "submit", task_id, body, digest, as_json=json, pairs=pairs or [])


def _decide(
    context: typer.Context,
    action: TaskAction,
    task_id: UUID,
    body: JsonObject,
    digest: str | None,
    *,
    as_json: bool,
    pairs: list[str] | None = None,
) -> None:
    """Show the task, decide exactly what was shown, and say what came of it."""
    session = session_of(context)
    with session.api() as api:
        shown = api.get_as(TaskView, f"/tasks/{task_id}")
        if body.get("values", ...) is None:
            body = {**body, "values": _values_of(shown, pairs or [])}
        if not as_json and shown.status == "pending":
            _say_what(session.terminal, shown, body)
        answer = _post(api, action, shown, body, digest)
    if as_json:
        session.terminal.json(answer)
    else:
        session.terminal.say(outcome_line(TaskView.model_validate(answer)), "green")


def _values_of(shown: TaskView, pairs: list[str]) -> JsonObject:
    """Return what is submitted, in the order of the form: what was given, else the defaults."""
    given = parse_pairs(pairs, {field.name: field.type for field in shown.fields})
    form = {field.name: given.get(field.name, field.default) for field in shown.fields}
    return {**{name: value for name, value in form.items() if value is not None}, **given}


def _say_what(terminal: Terminal, shown: TaskView, body: JsonObject) -> None:
    terminal.note(head_lines(shown, datetime.now(UTC))[0], "bold")
    if shown.kind == "approval":
        terminal.note(shown.prompt)
    for name, value in (body.get("values") or {}).items():
        terminal.note(f"  {name} = {value}")


def _post(
    api: Api, action: TaskAction, shown: TaskView, body: JsonObject, digest: str | None
) -> JsonObject:
    return api.post(f"/tasks/{shown.id}/{action}", body, if_match=digest or shown.digest)
