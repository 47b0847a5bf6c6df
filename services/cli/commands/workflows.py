"""`flusso workflows`: what there is, and how a workflow is named on the command line."""

from typing import Annotated
from uuid import UUID

import typer

from contracts.base import JsonObject
from contracts.workflow import WorkflowStatus
from services.cli.adapters.api import Api
from services.cli.domain.names import find_by_name
from services.cli.options import AsJson, Limit, Search
from services.cli.session import session_of

_EXAMPLES = """\
[bold]Examples[/bold]
  flusso workflows
  flusso workflows --status Active --q refund
  flusso workflows --json"""
_Status = Annotated[WorkflowStatus | None, typer.Option(help="Only those with this status.")]
COLUMNS = ("name", "status", "version", "steps", "trigger", "last run", "id")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(workflows)


def workflows(
    context: typer.Context,
    status: _Status = None,
    q: Search = None,
    limit: Limit = 1_000,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List workflows by name."""
    session = session_of(context)
    with session.api() as api:
        items = list(api.items("/workflows", limit, status=status, q=q))
    if json:
        session.terminal.json(items)
    else:
        session.terminal.table(COLUMNS, map(_row, items), "id")


def _row(item: JsonObject) -> list[str]:
    last = item["last_run"]
    return [
        item["name"],
        item["status"],
        str(item["version"]),
        str(item["steps"]),
        item["trigger"].removesuffix("_trigger"),
        "" if last is None else last["status"],
        item["id"],
    ]


def list_names(api: Api, text: str | None = None) -> list[tuple[UUID, str]]:
    """Return the ids and names of the workflows that have a text in them, or of all."""
    items = api.items("/workflows", q=text)
    return [(UUID(item["id"]), str(item["name"])) for item in items]


def find_workflow(api: Api, name_or_id: str) -> UUID:
    """Return the id of a workflow; raises CliError if the name fits none, or several."""
    try:
        return UUID(name_or_id)
    except ValueError:
        pass
    found = find_by_name(name_or_id, list_names(api, name_or_id), or_none=True)
    if found is None:
        found = find_by_name(name_or_id, list_names(api))
    assert found is not None, "it raises otherwise"
    return found
