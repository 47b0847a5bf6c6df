"""`flusso apply`: makes the server's workflows what the files say, after showing the difference."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from contracts.base import JsonObject
from contracts.workflow import Fault, WorkflowView
from services.cli.adapters.api import Api, RefusedError, read_answer
from services.cli.adapters.files import FoundFile, find_files
from services.cli.adapters.terminal import Terminal
from services.cli.commands.validate import faults_of, tell_faults
from services.cli.commands.workflows import list_names
from services.cli.domain.calls import called_first
from services.cli.domain.errors import CliError, ExitCode
from services.cli.domain.plan import (
    Action,
    Change,
    Stored,
    diff_lines,
    find_stored,
    has_untold_secret,
    keeps_secret,
    plan_change,
)
from services.cli.domain.workflow_file import WorkflowFile, place_faults, read_workflow_file
from services.cli.options import AsJson
from services.cli.session import session_of

_EXAMPLES = """\
[bold]Examples[/bold]
  flusso apply -f workflow.yaml
  flusso apply -f workflows/ --dry-run
  flusso apply -f workflows/ --yes          in a pipeline"""
_Files = Annotated[
    list[Path],
    typer.Option("--file", "-f", help="A file, a folder, or -; may be repeated.", metavar="PATH"),
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference, write nothing.")]
_UNTOLD = (
    "the secret in this file cannot be compared with the one that is kept; alone it changes nothing. "
    "Write `secret: generate`, or `{{ secrets.NAME }}`."
)
_PAST: dict[Action, str] = {"create": "created", "update": "updated", "unchanged": "unchanged"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A file and what applying it changes."""

    file: FoundFile
    change: Change

    @property
    def label(self) -> str:
        return self.file.label


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLES)(apply)


def apply(
    context: typer.Context,
    files: _Files,
    yes: _Yes = False,  # noqa: FBT002
    dry_run: _DryRun = False,  # noqa: FBT002
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """Create and update workflows as files say; applied again, nothing changes.

    A workflow is found by the id in its file, else by its exact name. The difference is shown first, and nothing is
    written before you agree. What somebody changes meanwhile is not overwritten. A status that the file does not name
    stays as it is. `secret: generate` makes the secret of a webhook if it has none, and shows it this once.
    """
    session = session_of(context)
    terminal = session.terminal
    read = called_first(_read_all(terminal, find_files(files)))
    with session.api() as api:
        planned = _plan_all(api, read)
        pending = [each for each in planned if each.change.action != "unchanged"]
        if not json:
            _show(terminal, planned)
        if pending and not dry_run and not yes:
            what = "this change" if len(pending) == 1 else f"these {len(pending)} changes"
            if not terminal.confirm(f"Apply {what}?", "--yes (or --dry-run to only look)"):
                terminal.note("Nothing was written.")
                raise typer.Exit(ExitCode.FAILED)
        results = [_carry_out(api, terminal, each, dry_run=dry_run, json=json) for each in planned]
    if json:
        terminal.json(results)


def _read_all(
    terminal: Terminal, files: Sequence[FoundFile]
) -> list[tuple[FoundFile, WorkflowFile]]:
    """Return every file's workflow; raises CliError, after telling all faults, if one has any."""
    found = {file.label: faults_of(file) for file in files}
    if any(found.values()):
        tell_faults(terminal, found)
        raise CliError("Nothing was written: the files have faults.")
    return [(file, read_workflow_file(file.text, file.format)) for file in files]


def _plan_all(api: Api, files: Sequence[tuple[FoundFile, WorkflowFile]]) -> list[Planned]:
    known = list_names(api)
    planned: list[Planned] = []
    owners: dict[UUID | str, str] = {}
    for found, file in files:
        label = found.label
        with _about(label):
            workflow_id = find_stored(file, known)
            _claim(owners, workflow_id or file.name or label, label)
            stored = None if workflow_id is None else load_stored(api, workflow_id)
            planned.append(Planned(found, plan_change(file, stored)))
    return planned


def _claim(owners: dict[UUID | str, str], workflow: UUID | str, label: str) -> None:
    """Note which file a workflow belongs to. Raises CliError if it is another one's."""
    owner = owners.setdefault(workflow, label)
    if owner != label:
        raise CliError(f"{owner} is about the same workflow.")


@contextmanager
def _about(label: str) -> Iterator[None]:
    """Name the file in what fails within the block."""
    try:
        yield
    except CliError as error:
        raise CliError(f"{label}: {error.message}", error.exit_code) from None


def load_stored(api: Api, workflow_id: UUID) -> Stored:
    """Return a workflow as the server has it now."""
    return stored_of(api.get_as(WorkflowView, f"/workflows/{workflow_id}"))


def stored_of(view: WorkflowView) -> Stored:
    """Return what of a workflow a file can say."""
    return Stored(
        id=view.id,
        version=view.version,
        name=view.name,
        description=view.description,
        status=view.status,
        definition=view.definition,
    )


@contextmanager
def _told_by_line(terminal: Terminal, file: FoundFile) -> Iterator[None]:
    """Tell faults that only the server finds as those of the file."""
    try:
        yield
    except RefusedError as refused:
        listed = refused.problem.members.get("faults")
        if refused.problem.code != "invalid-definition" or not isinstance(listed, list):
            raise
        faults = [Fault.model_validate(fault) for fault in listed]
        tell_faults(terminal, {file.label: place_faults(faults, file.text, file.format)})
        raise CliError("The server finds faults in it; it was not written.") from None


def _show(terminal: Terminal, planned: Sequence[Planned]) -> None:
    for each in planned:
        change = each.change
        if change.action != "unchanged":
            what = "new" if change.stored is None else f"version {change.stored.version}"
            terminal.say(f"{change.wanted.name} ({what}, {each.label})", "bold")
            terminal.diff(diff_lines(change))
            terminal.say()
        if has_untold_secret(change):
            terminal.note(f"{each.label}: {_UNTOLD}", "yellow")


def _carry_out(
    api: Api, terminal: Terminal, planned: Planned, *, dry_run: bool, json: bool
) -> JsonObject:
    """Write one change, say so, and return what came of it."""
    change = planned.change
    action = change.action
    stored, secret = change.stored, None
    if not dry_run and action != "unchanged":
        with _about(planned.label), _told_by_line(terminal, planned.file):
            stored, secret = write_change(api, change)
    said = f"would {action}" if dry_run and action != "unchanged" else _PAST[action]
    if not json:
        version = f"version {stored.version}, {stored.status}" if stored is not None else ""
        terminal.outcome(said, change.wanted.name, version)
        if secret is not None:
            terminal.say(f"           its webhook's secret, shown this once: {secret}")
    return {
        "file": planned.label,
        "action": action,
        "written": not dry_run and action != "unchanged",
        "id": None if stored is None else str(stored.id),
        "name": change.wanted.name,
        "version": None if stored is None else stored.version,
        "status": change.wanted.status if stored is None else stored.status,
        "webhook_secret": secret,
    }


def write_change(api: Api, change: Change) -> tuple[Stored, str | None]:
    """Write a change; return the workflow as it is then, and the secret that was made for its webhook, if one was.

    A concurrent edit is refused, never overwritten.
    """
    stored = _save(api, change)
    secret = _make_secret(api, stored) if change.saves else None
    if change.status is not None:
        verb = "activate" if change.status == "Active" else "pause"
        stored = _read(api.post(f"/workflows/{stored.id}/{verb}", {}))
    return stored, secret


def _save(api: Api, change: Change) -> Stored:
    wanted, stored = change.wanted, change.stored
    body = {
        "name": wanted.name,
        "description": wanted.description,
        "definition": wanted.definition,
    }
    if stored is None:
        return _read(api.post("/workflows", body))
    if not change.saves:
        return stored
    return _read(api.put(f"/workflows/{stored.id}", body, if_version=stored.version))


def _make_secret(api: Api, stored: Stored) -> str | None:
    """Have a secret made where one is to be kept and there is none; it cannot be seen again."""
    path = f"/workflows/{stored.id}/webhook-secret"
    if not keeps_secret(stored.definition) or api.get(path)["items"]:
        return None
    made = api.post(path, {})["secret"]
    assert isinstance(made, str), "none was given, so one was made"
    return made


def _read(answer: JsonObject) -> Stored:
    return stored_of(read_answer(WorkflowView, answer))
