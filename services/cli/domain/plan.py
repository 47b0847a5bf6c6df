"""What applying a file would change: nothing, a new workflow, or another version or status of an existing one.

The secret of a webhook is kept apart from its definition and never shown. So a file says `secret: generate`, which
makes one if there is none, and else keeps it; such files can be shared and kept in git.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.workflow import WorkflowStatus
from services.cli.domain.errors import CliError
from services.cli.domain.names import find_by_name
from services.cli.domain.workflow_file import WorkflowFile
from services.engine.domain.definition_text import write_definition

GENERATE = "generate"
KEPT = "********"
"""What the server shows in the place of a secret that it keeps."""
_SECRET = "secret"  # noqa: S105 - the name of a key, not a secret
_CONTEXT_LINES = 3
Action = Literal["create", "update", "unchanged"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A workflow as the server has it."""

    id: UUID
    version: int
    name: str
    description: str
    status: WorkflowStatus
    definition: JsonObject


@dataclass(frozen=True, slots=True)
class Wanted:
    """A workflow as it is to become."""

    name: str
    description: str
    status: WorkflowStatus
    definition: JsonObject


@dataclass(frozen=True, slots=True)
class Change:
    """One file's effect. `saves` a version, and sets `status` if it is given."""

    wanted: Wanted
    stored: Stored | None
    saves: bool
    status: Literal["Active", "Paused"] | None

    @property
    def action(self) -> Action:
        if self.stored is None:
            return "create"
        return "update" if self.saves or self.status else "unchanged"


def find_stored(file: WorkflowFile, known: Sequence[tuple[UUID, str]]) -> UUID | None:
    """Return the id of the workflow that a file is about: its id if it has one, else its exact name.

    Raises CliError if the name fits several, or if nothing has that id.
    """
    if file.id is not None:
        if any(workflow_id == file.id for workflow_id, _ in known):
            return file.id
        raise CliError(f"There is no workflow {file.id}: leave out `id` to create one by its name.")
    if file.name is None:
        raise CliError("The file has neither a name nor an id: add `name: ...` at its top.")
    return find_by_name(file.name, known, or_none=True)


def plan_change(file: WorkflowFile, stored: Stored | None) -> Change:
    """Return what applying the file changes; raises CliError for what cannot be done."""
    if stored is None:
        return _creation(file)
    wanted = Wanted(
        name=stored.name if file.name is None else file.name,
        description=stored.description if file.description is None else file.description,
        status=file.status or stored.status,
        definition=file.definition,
    )
    if wanted.status == "Draft" != stored.status:
        message = (
            f"`{stored.name}` is {stored.status} and cannot become a Draft again: "
            "write Paused, or leave out `status`."
        )
        raise CliError(message)
    saves = not (
        wanted.name == stored.name
        and wanted.description == stored.description
        and same_json(wanted.definition, _with_secret_of(wanted, stored))
    )
    status = None if wanted.status == "Draft" else wanted.status
    return Change(wanted, stored, saves=saves, status=None if status == stored.status else status)


def _creation(file: WorkflowFile) -> Change:
    assert file.name is not None, "find_stored asks for a name"
    status = file.status or "Draft"
    wanted = Wanted(file.name, file.description or "", status, file.definition)
    return Change(wanted, None, saves=True, status=None if status == "Draft" else status)


# -- secrets -----------------------------------------------------------------------------------------------------------


def secret_of(definition: JsonObject) -> str | None:
    """Return what stands as the secret of a trigger, None if nothing does."""
    match definition.get("trigger"):
        case {"config": {"secret": str(secret)}} if secret.strip():
            return secret
        case _:
            return None


def keeps_secret(definition: JsonObject) -> bool:
    """Tell whether the workflow is to have a secret of its own, made by the server."""
    return secret_of(definition) in {GENERATE, KEPT}


def has_untold_secret(change: Change) -> bool:
    """Tell whether the file holds a secret that cannot be compared, since the server does not show its own."""
    if change.stored is None or secret_of(change.stored.definition) != KEPT:
        return False
    return _is_literal(secret_of(change.wanted.definition))


def _is_literal(secret: str | None) -> bool:
    return secret is not None and secret not in {GENERATE, KEPT} and "{{" not in secret


def _with_secret_of(wanted: Wanted, stored: Stored) -> JsonObject:
    """Return the stored definition with the secret that is wanted, if the two cannot be told apart."""
    new, old = secret_of(wanted.definition), secret_of(stored.definition)
    if new is None or old is None or "{{" in new or "{{" in old:
        return stored.definition
    if old != KEPT and new not in {GENERATE, KEPT}:
        return stored.definition
    return _replace_secret(stored.definition, new)


def _replace_secret(definition: JsonObject, secret: str) -> JsonObject:
    trigger = definition["trigger"]
    return {
        **definition,
        "trigger": {**trigger, "config": {**trigger["config"], _SECRET: secret}},
    }


# -- comparing ---------------------------------------------------------------------------------------------------------


def same_json(left: Json, right: Json) -> bool:
    """Tell whether two values are the same JSON, whatever the order of keys: `true` is no 1, but 1.0 is."""
    match left, right:
        case (dict(), dict()):
            return left.keys() == right.keys() and all(
                same_json(value, right[key]) for key, value in left.items()
            )
        case (list(), list()):
            return len(left) == len(right) and all(map(same_json, left, right))
        case _:
            return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


# -- as text -----------------------------------------------------------------------------------------------------------


def diff_lines(change: Change) -> list[str]:
    """Return the change as a unified diff of YAML; a secret shows only whether it changes."""
    stored = change.stored
    after = document_of(change.wanted)
    if stored is None:
        return ["+" + line for line in _yaml_lines(_hidden(after, None))]
    before = document_of(replace(stored, definition=_with_secret_of(change.wanted, stored)))
    old, new = _hidden(before, after), _hidden(after, None)
    diff = difflib.unified_diff(
        _yaml_lines(_ordered_like(old, new)), _yaml_lines(new), lineterm="", n=_CONTEXT_LINES
    )
    return list(diff)[2:]


def document_of(workflow: Stored | Wanted) -> JsonObject:
    """Return a workflow file without an id, as it is written to disk and compared."""
    return {
        "name": workflow.name,
        "description": workflow.description,
        "status": workflow.status,
        "definition": workflow.definition,
    }


def exported(stored: Stored, *, with_id: bool) -> JsonObject:
    """Return the file of a workflow; applied again it changes nothing. Where names are not unique it needs the id."""
    secret = secret_of(stored.definition)
    if secret is not None and "{{" not in secret:
        stored = replace(stored, definition=_replace_secret(stored.definition, GENERATE))
    head = {"id": str(stored.id)} if with_id else {}
    return {**head, **document_of(stored)}


def _hidden(document: JsonObject, beside: JsonObject | None) -> JsonObject:
    """Return the document without the secret that stands in it, which is another one if it differs from `beside`."""
    definition = document["definition"]
    secret = secret_of(definition)
    if not _is_literal(secret):
        return document
    other = secret if beside is None else secret_of(beside["definition"])
    shown = "(not shown)" if secret == other else "(another one, not shown)"
    return {**document, "definition": _replace_secret(definition, shown)}


def _yaml_lines(document: JsonObject) -> list[str]:
    return write_definition(document, "yaml").splitlines()


def _ordered_like(value: Json, model: Json) -> Json:
    """Return the value with its keys in the order of the model's, so that order alone is no difference."""
    match value, model:
        case (dict(), dict()):
            keys = [key for key in model if key in value]
            keys += [key for key in value if key not in model]
            return {key: _ordered_like(value[key], model.get(key)) for key in keys}
        case (list(), list()):
            padded = [*model, *[None] * len(value)]
            return [_ordered_like(item, padded[index]) for index, item in enumerate(value)]
        case _:
            return value
