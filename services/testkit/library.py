"""The workflows of a lab, by name and by version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.base import Json
from services.chassis.ids import derived_id
from services.engine.app.ports import Compiled, Head, workflow_not_found
from services.engine.domain.definition import parse_definition
from services.engine.domain.graph import compile_graph
from services.engine.domain.triggers.event import EventTriggerConfig


@dataclass(slots=True)
class Library:
    """Implements `Versions`, `NamedWorkflows` and `EventListeners`. Every workflow is Active."""

    _names: dict[str, UUID] = field(default_factory=dict)
    _versions: dict[UUID, list[Compiled]] = field(default_factory=dict)

    def store(self, name: str, raw: Json) -> UUID:
        """Store the next version of a workflow. Raises InvalidDefinition."""
        definition = parse_definition(raw)
        workflow_id = self._names.setdefault(name, derived_id("lab-workflow", name))
        compiled = Compiled(definition, compile_graph(definition))
        self._versions.setdefault(workflow_id, []).append(compiled)
        return workflow_id

    def id_of(self, name: str) -> UUID:
        """Return the id of a workflow; raises LookupError that says which there are."""
        if name not in self._names:
            message = f"there is no workflow {name!r}, only: {', '.join(self._names) or 'none'}"
            raise LookupError(message)
        return self._names[name]

    def get(self, workflow_id: UUID, version: int) -> Compiled:
        """Return a version. Raises Refused("workflow-not-found")."""
        versions = self._versions.get(workflow_id, [])
        if not 0 < version <= len(versions):
            raise workflow_not_found()
        return versions[version - 1]

    def newest(self, workflow_id: UUID) -> Compiled:
        """Return the current version."""
        return self._versions[workflow_id][-1]

    def ids(self) -> Sequence[UUID]:
        """Return every workflow."""
        return tuple(self._versions)

    async def called(self, workflows: Iterable[str]) -> Mapping[str, tuple[UUID, ...]]:
        """Return those that exist, by the id or the exact name that was asked for."""
        known = {**self._names, **{str(one): one for one in self._versions}}
        return {name: (known[name],) for name in workflows if name in known}

    async def names(self, limit: int) -> Sequence[str]:
        """Return names, those that were added last first."""
        return list(reversed(self._names))[:limit]

    async def listening(self, event: str, limit: int) -> Sequence[UUID]:
        """Return the workflows that wait for an event."""
        configs = {key: self.newest(key).definition.trigger.config for key in self._versions}
        return [
            key
            for key, config in configs.items()
            if isinstance(config, EventTriggerConfig) and config.event == event
        ][:limit]

    async def heads(self, workflow_ids: Iterable[UUID]) -> Mapping[UUID, Head]:
        """Return those workflows that exist, as they are now."""
        names = {workflow_id: name for name, workflow_id in self._names.items()}
        return {
            workflow_id: Head(names[workflow_id], "Active", len(self._versions[workflow_id]))
            for workflow_id in workflow_ids
            if workflow_id in names
        }

    async def compiled(self, workflow_id: UUID, version: int) -> Compiled:
        """Return a version. Raises Refused("workflow-not-found")."""
        return self.get(workflow_id, version)
