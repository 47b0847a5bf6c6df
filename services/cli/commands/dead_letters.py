"""`flusso dead-letters`: what a consumer could not handle, to be looked at, handled once more or given up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from contracts.base import JsonObject
from contracts.operations import ServiceName
from services.cli.adapters.api import Api
from services.cli.adapters.terminal import Terminal
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.verify_report import LETTER_COLUMNS, letter_lines, letter_row
from services.cli.options import AsJson, Limit
from services.cli.session import session_of

PATH = "/system/dead-letters"
SERVICES: tuple[ServiceName, ...] = ("engine", "tasks")
_ID = "019a0c52-7a4e-7c0b-9c43-2f1d5ad6a1de"
_GROUP_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso dead-letters list
  flusso dead-letters show {_ID}
  flusso dead-letters replay {_ID}"""
_LIST_EXAMPLES = """\
[bold]Examples[/bold]
  flusso dead-letters list
  flusso dead-letters list --service engine --json"""
_REPLAY_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso dead-letters replay {_ID}
  flusso dead-letters replay --reason "flusso.run.paused is not understood: task_id: Field required\""""
_DISCARD_EXAMPLES = f"""\
[bold]Examples[/bold]
  flusso dead-letters discard {_ID} --yes"""
_Service = Annotated[ServiceName | None, typer.Option(help="Only those of this service.")]
_Reason = Annotated[str | None, typer.Option(help="All with exactly this reason.")]
_Letter = Annotated[UUID, typer.Argument(help="The id of the letter.", metavar="LETTER")]
_Letters = Annotated[
    list[UUID] | None, typer.Argument(help="The ids of letters.", metavar="LETTER...")
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    help_ = "What consumers could not handle."
    letters = typer.Typer(no_args_is_help=True, help=help_, epilog=_GROUP_EXAMPLES)
    letters.command("list", epilog=_LIST_EXAMPLES)(list_letters)
    letters.command()(show)
    letters.command(epilog=_REPLAY_EXAMPLES)(replay)
    letters.command(epilog=_DISCARD_EXAMPLES)(discard)
    app.add_typer(letters, name="dead-letters")


def list_letters(
    context: typer.Context,
    service: _Service = None,
    reason: _Reason = None,
    limit: Limit = 50,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the letters that nobody has settled, the newest first."""
    session = session_of(context)
    with session.api() as api:
        found = list(api.items(PATH, limit, service=service, reason=reason))
    if json:
        session.terminal.json(found)
        return
    now = datetime.now(UTC)
    session.terminal.table(LETTER_COLUMNS, [letter_row(letter, now) for letter in found], "id")


def show(context: typer.Context, letter_id: _Letter, json: AsJson = False) -> None:  # noqa: FBT002
    """Show one with its message."""
    session = session_of(context)
    with session.api() as api:
        letter = _found(api, letter_id)
    if json:
        session.terminal.json(letter)
        return
    _say(session.terminal, letter)


def _say(terminal: Terminal, letter: JsonObject) -> None:
    for line in letter_lines(letter):
        terminal.say(line)
    terminal.say()
    terminal.say(letter["message"])
    if not letter["is_whole"]:
        terminal.note("Only the beginning is shown.")


def replay(
    context: typer.Context,
    letter_ids: _Letters = None,
    reason: _Reason = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Hand letters to their consumer once more, as often as you like; ends with 1 if one still fails."""
    session = session_of(context)
    with session.api() as api:
        answers = [
            api.post(f"{PATH}/replay", {"service": service, **chosen})
            for service, chosen in _chosen(api, letter_ids or [], reason)
        ]
    handled = sum(answer["replayed"] for answer in answers)
    failed = [failure for answer in answers for failure in answer["failed"]]
    left = sum(answer["left"] for answer in answers)
    if json:
        session.terminal.json({"replayed": handled, "failed": failed, "left": left})
    else:
        for failure in failed:
            session.terminal.note(f"{failure['id']}: {failure['reason']}", "red")
        more = f", {left} left" if left else ""
        session.terminal.say(f"{handled} handled, {len(failed)} not{more}.")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def discard(
    context: typer.Context,
    letter_ids: _Letters = None,
    reason: _Reason = None,
    yes: _Yes = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Give letters up: what they said never happens. Who did it and when is kept."""
    session = session_of(context)
    with session.api() as api:
        chosen = _chosen(api, letter_ids or [], reason)
        what = f"{len(letter_ids)} letters" if letter_ids else f"all letters for `{reason}`"
        if not yes and not session.terminal.confirm(f"Give up {what}?", "--yes"):
            raise typer.Exit(ExitCode.FAILED)
        answers = [
            api.post(f"{PATH}/discard", {"service": service, **one}) for service, one in chosen
        ]
    gone = sum(answer["discarded"] for answer in answers)
    if json:
        session.terminal.json({"discarded": gone})
    else:
        session.terminal.say(f"{gone} given up.")


def _chosen(
    api: Api, letter_ids: Sequence[UUID], reason: str | None
) -> list[tuple[ServiceName, JsonObject]]:
    """Return which letters of which service are meant."""
    if bool(letter_ids) == (reason is not None):
        raise CliError("Name letters by their ids, or a --reason.", ExitCode.USAGE)
    if reason is not None:
        return [(service, {"reason": reason}) for service in SERVICES]
    owners = [_found(api, letter_id)["service"] for letter_id in letter_ids]
    chosen: dict[ServiceName, list[str]] = {}
    for service, letter_id in zip(owners, letter_ids, strict=True):
        chosen.setdefault(service, []).append(str(letter_id))
    return [(service, {"ids": ids}) for service, ids in chosen.items()]


def _found(api: Api, letter_id: UUID) -> JsonObject:
    """Return a letter, whichever service has it. Raises CliError."""
    for service in SERVICES[:-1]:
        found = api.find(f"{PATH}/{service}/{letter_id}")
        if found is not None:
            return found
    return api.get(f"{PATH}/{SERVICES[-1]}/{letter_id}")
