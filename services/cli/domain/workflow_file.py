"""A workflow as a file: its name, description and status, and its definition as one part or in parts at the top.

name: Refund above a limit
status: Active            # optional: Draft, Active or Paused; what a file does not say stays as it is
trigger: {...}            # or all of these below `definition:`
nodes: [...]
edges: [...]
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.workflow import Fault, WorkflowStatus
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.definition_text import Format, locate, read_definition
from services.engine.domain.findings import Findings, Place, nearest

NAME_MAX = 200
DESCRIPTION_MAX = 10_000
STATUSES: tuple[str, ...] = get_args(WorkflowStatus)
HEAD_KEYS = ("$schema", "id", "name", "description", "status")
_DEFINITION = "definition"
_MARKS = frozenset({_DEFINITION, "trigger", "nodes", "edges"})
_MARK = re.compile(r"""(^|[{,])\s*["']?(definition|trigger|nodes)["']?\s*:""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """What a file says of a workflow; None is what it does not say."""

    definition: JsonObject
    id: UUID | None = None
    name: str | None = None
    description: str | None = None
    status: WorkflowStatus | None = None


class InvalidFile(Exception):  # noqa: N818 - a verdict on a text
    """The text is no workflow without faults; here is every one of them, with line and column."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


def looks_like_workflow(text: str, text_format: Format) -> bool:
    """Tell whether a file of a folder is meant as a workflow, even if it cannot be read as one."""
    value = read_definition(text, text_format)
    if isinstance(value, Fault):
        return _MARK.search(text) is not None
    return isinstance(value, dict) and not _MARKS.isdisjoint(value)


def read_workflow_file(text: str, text_format: Format) -> WorkflowFile:
    """Return the workflow; raises InvalidFile with every fault of its head and its definition."""
    value = read_definition(text, text_format)
    if isinstance(value, Fault):
        raise InvalidFile([value])
    findings = Findings()
    head = _read_head(value, Place(findings))
    faults = [*findings.faults, *_definition_faults(value)]
    if head is None or faults:
        raise InvalidFile(locate(faults, text))
    return head


def place_faults(faults: Iterable[Fault], text: str, text_format: Format) -> list[Fault]:
    """Return the server's faults of a definition as faults of the file that it came from, with their lines."""
    value = read_definition(text, text_format)
    nested = isinstance(value, dict) and _DEFINITION in value
    prefix = f"/{_DEFINITION}" if nested else ""
    return locate(
        [fault.model_copy(update={"path": prefix + fault.path}) for fault in faults], text
    )


def definition_of(value: JsonObject) -> Json:
    """Return the definition: what stands below `definition`, else all that is not the head's."""
    if _DEFINITION in value:
        return value[_DEFINITION]
    return {key: part for key, part in value.items() if key not in HEAD_KEYS}


def _definition_faults(value: Json) -> list[Fault]:
    if not isinstance(value, dict):
        return []
    prefix = f"/{_DEFINITION}" if _DEFINITION in value else ""
    try:
        parse_definition(definition_of(value))
    except InvalidDefinition as error:
        return [fault.model_copy(update={"path": prefix + fault.path}) for fault in error.faults]
    return []


def _read_head(value: Json, place: Place) -> WorkflowFile | None:
    if not isinstance(value, dict):
        place.fault("invalid-file", "A workflow file has a trigger, nodes and edges.")
        return None
    if _DEFINITION in value:
        _note_strays(value, place)
    definition = definition_of(value)
    return WorkflowFile(
        definition=definition if isinstance(definition, dict) else {},
        id=_read_id(value, place.at("id")),
        name=_read_text(value, "name", NAME_MAX, place),
        description=_read_text(value, "description", DESCRIPTION_MAX, place),
        status=_read_status(value, place.at("status")),
    )


def _note_strays(value: JsonObject, place: Place) -> None:
    known = (*HEAD_KEYS, _DEFINITION)
    for key in value.keys() - set(known):
        text = f"There is no `{key}` here; parts of the definition stand below `{_DEFINITION}`."
        place.at(key).fault("unknown-key", text, nearest(key, known))


def _read_text(value: JsonObject, key: str, longest: int, place: Place) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        place.at(key).fault("invalid-value", "This must be a text.")
        return None
    if len(text) > longest:
        place.at(key).fault("too-long", f"{len(text):,} characters; the limit is {longest:,}.")
    if key == "name" and not text.strip():
        place.at(key).fault("invalid-value", "A name is not blank.")
    return text.strip() if key == "name" else text


def _read_id(value: JsonObject, place: Place) -> UUID | None:
    text = value.get("id")
    if text is None:
        return None
    try:
        return UUID(str(text))
    except ValueError:
        place.fault("invalid-value", "This is no id of a workflow; leave it out to go by the name.")
        return None


def _read_status(value: JsonObject, place: Place) -> WorkflowStatus | None:
    status = value.get("status")
    match status:
        case None | "Draft" | "Active" | "Paused":
            return status
        case _:
            text = f"This must be one of {', '.join(STATUSES)}."
            place.fault("invalid-value", text, nearest(str(status).title(), STATUSES))
            return None
