"""In which order files are applied: workflows that others call come before those, which could not be saved else."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from contracts.base import Json
from services.cli.domain.workflow_file import WorkflowFile

CALLING = frozenset({"run_workflow", "for_each"})
F = TypeVar("F")


def called_first(files: Sequence[tuple[F, WorkflowFile]]) -> list[tuple[F, WorkflowFile]]:
    """Return the files with those in front that others call; the rest, and circles of calls, keep their order."""
    by_name = {name_of(file): (found, file) for found, file in files}
    ordered: dict[int, tuple[F, WorkflowFile]] = {}

    def add(member: tuple[F, WorkflowFile], above: frozenset[str]) -> None:
        if id(member[1]) in ordered:
            return
        name = name_of(member[1])
        for called in calls_of(member[1].definition):
            if called in by_name and called not in above | {name}:
                add(by_name[called], above | {name})
        ordered.setdefault(id(member[1]), member)

    for member in files:
        add(member, frozenset())
    return list(ordered.values())


def name_of(file: WorkflowFile) -> str:
    """Return what others call the workflow by."""
    return file.name or str(file.id)


def calls_of(definition: Json) -> Iterator[str]:
    """Yield the workflows that a definition calls, by name or id."""
    nodes = definition.get("nodes") if isinstance(definition, dict) else None
    for node in nodes if isinstance(nodes, list) else ():
        match node:
            case {"type": str(kind), "config": {"workflow": str(workflow)}} if kind in CALLING:
                yield workflow.strip()
