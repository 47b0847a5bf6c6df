"""`flusso run`, `flusso runs` and `flusso cancel`."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from contracts.base import Json, JsonObject
from contracts.run import RunStatus, TriggerKind
from services.cli.adapters.api import Api
from services.cli.adapters.texts import read_text
from services.cli.commands.follow import follow_run
from services.cli.commands.workflows import find_workflow
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.inputs import parse_object, parse_pairs
from services.cli.domain.spans import age, moment, span
from services.cli.options import AsJson, Limit, OfWorkflow, Search
from services.cli.session import session_of

_RUN_EXAMPLES = """\
[bold]Examples[/bold]
  flusso run "Refund above a limit" --input amount=1250 --input customer=Ada
  flusso run Refunds --input '{"amount": 1250}' --follow
  flusso run Refunds --input @order.json"""
_RUNS_EXAMPLES = """\
[bold]Examples[/bold]
  flusso runs
  flusso runs --workflow "Refund above a limit" --status Waiting
  flusso runs --limit 200 --json"""
_CANCEL_EXAMPLES = """\
[bold]Examples[/bold]
  flusso cancel 019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de --reason "ordered twice\""""
_Named = Annotated[str, typer.Argument(help="Its exact name, or its id.", metavar="WORKFLOW")]
_Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        help="A JSON object, @FILE with one, or key=value; pairs may be repeated.",
        metavar="INPUT",
    ),
]
_Follow = Annotated[bool, typer.Option("--follow", help="Follow it until it ends.")]
_Status = Annotated[RunStatus | None, typer.Option(help="Only those with this status.")]
_Trigger = Annotated[TriggerKind | None, typer.Option(help="Only those started by this.")]
_Run = Annotated[UUID, typer.Argument(help="The id of the run.", metavar="RUN")]
_Reason = Annotated[str | None, typer.Option(help="Why; its trace shows it.")]
COLUMNS = ("started", "took", "status", "workflow", "trigger", "error", "id")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog=_RUN_EXAMPLES)(run)
    app.command(epilog=_RUNS_EXAMPLES)(runs)
    app.command(epilog=_CANCEL_EXAMPLES)(cancel)


def run(
    context: typer.Context,
    workflow: _Named,
    given: _Input = None,
    follow: _Follow = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Start a run.

    Of key=value, what is a JSON number, true, false, null, object, list or quoted text is taken as that, all else as
    text; a field of the workflow's form as its type says.
    """
    session = session_of(context)
    with session.api() as api:
        workflow_id = find_workflow(api, workflow)
        body = {"input": _input_of(api, workflow_id, given or [])}
        started = api.post(f"/workflows/{workflow_id}/runs", body)
    run_id = str(started["id"])
    if follow:
        follow_run(session, run_id, as_json=json)
    elif json:
        session.terminal.json(started)
    else:
        session.terminal.outcome(str(started["status"]), run_id)
        if started["status"] == "Queued":
            session.terminal.note("The engine is away; the run starts as soon as it is back.")
        session.terminal.note(f"Follow it: flusso follow {run_id}")


def _input_of(api: Api, workflow_id: UUID, given: list[str]) -> JsonObject | None:
    """Return what `--input` says, None if it is not there. Raises CliError."""
    if not given:
        return None
    first = given[0].lstrip()
    if first.startswith(("@", "{")):
        if len(given) > 1:
            message = "Give one JSON object, or any number of key=value."
            raise CliError(message, ExitCode.USAGE)
        text = read_text(first[1:]) if first.startswith("@") else first
        return parse_object(text, "--input")
    return parse_pairs(given, _form_of(api.get(f"/workflows/{workflow_id}")))


def _form_of(workflow: JsonObject) -> dict[str, str]:
    """Return the types of the fields that a run of this workflow asks for."""
    match workflow["definition"]:
        case {"trigger": {"config": {"fields": list(fields)}}}:
            return {field["name"]: field["type"] for field in fields}
        case _:
            return {}


def runs(
    context: typer.Context,
    workflow: OfWorkflow = None,
    status: _Status = None,
    trigger: _Trigger = None,
    q: Search = None,
    limit: Limit = 50,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List runs, newest first."""
    session = session_of(context)
    with session.api() as api:
        workflow_id = None if workflow is None else str(find_workflow(api, workflow))
        query = {"workflow_id": workflow_id, "status": status, "trigger": trigger, "q": q}
        items = list(api.items("/runs", limit, **query))
    if json:
        session.terminal.json(items)
    else:
        now = datetime.now(UTC)
        session.terminal.table(COLUMNS, (_row(item, now) for item in items), "id")


def _row(item: JsonObject, now: datetime) -> list[str]:
    started = moment(item["started_at"])
    error: Json = item.get("error")
    return [
        f"{age(started, now)} ago",
        _took(item),
        item["status"],
        item["workflow_name"],
        item["trigger"],
        "" if error is None else str(error["message"]),
        item["id"],
    ]


def _took(item: JsonObject) -> str:
    length = item.get("duration_ms")
    return "" if length is None else span(timedelta(milliseconds=length))


def cancel(
    context: typer.Context,
    run_id: _Run,
    reason: _Reason = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Cancel a run; its open tasks are closed."""
    session = session_of(context)
    with session.api() as api:
        cancelled = api.post(f"/runs/{run_id}/cancel", {"reason": reason})
    if json:
        session.terminal.json(cancelled)
    else:
        session.terminal.outcome(str(cancelled["status"]), str(run_id))
