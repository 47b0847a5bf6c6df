"""What applying a file would change: nothing, a new workflow, or another version or status of an existing one.

`secret: generate` in a trigger never leaves the file as it is: a new workflow gets a random secret, an existing one
keeps what it has. So files can be shared and kept in git without holding a secret.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.workflow import WorkflowStatus
from services.cli.domain.errors import CliError
from services.cli.domain.workflow_file import WorkflowFile
from services.engine.domain.definition_text import write_definition
from services.engine.domain.findings import nearest

GENERATE = "generate"
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


def find_by_name(
    name: str, known: Sequence[tuple[UUID, str]], *, or_none: bool = False
) -> UUID | None:
    """Return the id of the workflow of exactly that name; raises CliError if there are several, or none."""
    found = [workflow_id for workflow_id, other in known if other == name]
    if len(found) > 1:
        ids = ", ".join(map(str, sorted(found)))
        raise CliError(f"{len(found)} workflows are named `{name}`: name one by its id ({ids}).")
    if found or or_none:
        return found[0] if found else None
    near = nearest(name, (other for _, other in known))
    hint = f" Did you mean `{near}`?" if near else " `flusso workflows` lists all."
    raise CliError(f"There is no workflow `{name}`.{hint}")


def plan_change(
    file: WorkflowFile, stored: Stored | None, make_secret: Callable[[], str]
) -> Change:
    """Return what applying the file changes; raises CliError for what cannot be done."""
    wanted = _wanted(file, stored, make_secret)
    if stored is None:
        status = None if wanted.status == "Draft" else wanted.status
        return Change(wanted, None, saves=True, status=status)
    if wanted.status == "Draft" != stored.status:
        message = (
            f"`{stored.name}` is {stored.status} and cannot become a Draft again: "
            "write Paused, or leave out `status`."
        )
        raise CliError(message)
    saves = not (
        wanted.name == stored.name
        and wanted.description == stored.description
        and same_json(wanted.definition, stored.definition)
    )
    status = None if wanted.status == "Draft" else wanted.status
    return Change(wanted, stored, saves=saves, status=None if status == stored.status else status)


def _wanted(file: WorkflowFile, stored: Stored | None, make_secret: Callable[[], str]) -> Wanted:
    if stored is not None:
        return Wanted(
            name=stored.name if file.name is None else file.name,
            description=stored.description if file.description is None else file.description,
            status=file.status or stored.status,
            definition=_with_secret(file.definition, lambda: _secret_of(stored) or make_secret()),
        )
    assert file.name is not None, "find_stored asks for a name"
    return Wanted(
        name=file.name,
        description=file.description or "",
        status=file.status or "Draft",
        definition=_with_secret(file.definition, make_secret),
    )


def _secret_of(stored: Stored) -> str | None:
    secret = _trigger_config(stored.definition).get(_SECRET)
    return secret if isinstance(secret, str) else None


def _trigger_config(definition: JsonObject) -> JsonObject:
    trigger = definition.get("trigger")
    config = trigger.get("config") if isinstance(trigger, dict) else None
    return config if isinstance(config, dict) else {}


def _with_secret(definition: JsonObject, secret: Callable[[], str]) -> JsonObject:
    """Return the definition with a secret where its trigger says `generate`."""
    if _trigger_config(definition).get(_SECRET) != GENERATE:
        return definition
    return _replace_secret(definition, secret())


def _replace_secret(definition: JsonObject, secret: str) -> JsonObject:
    trigger = definition["trigger"]
    return {
        **definition,
        "trigger": {**trigger, "config": {**trigger["config"], _SECRET: secret}},
    }


def without_secret(definition: JsonObject) -> JsonObject:
    """Return the definition as it may be shown or kept: a literal secret of its trigger as `generate`."""
    secret = _trigger_config(definition).get(_SECRET)
    if not isinstance(secret, str) or "{{" in secret or not secret.strip():
        return definition
    return _replace_secret(definition, GENERATE)


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
    after = document_of(change.wanted)
    before = None if change.stored is None else document_of(change.stored)
    if before is None:
        return ["+" + line for line in _yaml_lines(_hidden(after, None))]
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


def exported(stored: Stored, *, with_secrets: bool) -> JsonObject:
    """Return the file of a workflow; applied again it changes nothing."""
    if with_secrets:
        return document_of(stored)
    return document_of(replace(stored, definition=without_secret(stored.definition)))


def _hidden(document: JsonObject, beside: JsonObject | None) -> JsonObject:
    """Return the document with its trigger's secret hidden, as another one if it differs from the one beside it."""
    definition = document["definition"]
    if without_secret(definition) is definition:
        return document
    secret = _trigger_config(definition)[_SECRET]
    other = secret if beside is None else _trigger_config(beside["definition"]).get(_SECRET)
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
