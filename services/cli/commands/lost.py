"""`flusso lost`: what a restored backup has undone, as far as NATS still knows it."""

from collections.abc import Iterator
from typing import Annotated

import typer

from contracts.base import JsonObject
from services.cli.adapters.api import Api
from services.cli.domain.verify_report import LOST_COLUMNS, lost_row
from services.cli.options import AsJson
from services.cli.session import session_of

PATH = "/system/lost"
SERVICES = ("tasks", "engine")
DECISIONS = frozenset({"flusso.task.resolved"})
_EXAMPLES = """\
[bold]Examples[/bold]
  flusso lost
  flusso lost --all --since 2026-11-24T08:00:00Z --json"""
_Since = Annotated[str | None, typer.Option(help="Only what was told since then.", metavar="TIME")]
_All = Annotated[
    bool, typer.Option("--all", help="Also tasks that had opened, and runs that began or ended.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(lost)


def lost(
    context: typer.Context,
    since: _Since = None,
    every: _All = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the decisions that were made after the backup: who decided what, and when. It changes nothing."""
    session = session_of(context)
    with session.api() as api:
        found = sorted(_facts(api, since, every=every), key=lambda fact: str(fact["at"]))
    if json:
        session.terminal.json(found)
        return
    session.terminal.table(LOST_COLUMNS, map(lost_row, found), "id")
    if not found:
        session.terminal.note("Nothing that NATS still holds is missing from the logs.")


def _facts(api: Api, since: str | None, *, every: bool) -> Iterator[JsonObject]:
    seen: set[tuple[str, int, str]] = set()
    for service in SERVICES if every else SERVICES[:1]:
        cursor: str | None = None
        while True:
            page = api.get(PATH, service=service, since=since, cursor=cursor)
            for fact in page["items"]:
                key = (fact["subject"], fact["sequence"], fact["at"])
                if key not in seen and (every or fact["type"] in DECISIONS):
                    seen.add(key)
                    yield fact
            cursor = page["next_cursor"]
            if cursor is None:
                break
