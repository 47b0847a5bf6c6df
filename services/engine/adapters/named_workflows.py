"""Workflows by the id or the exact name under which definitions call them."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.chassis.database import Pool, acquire_seconds_max, translated
from services.engine.adapters.statements import statements


class PostgresNames:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def called(self, workflows: Iterable[str]) -> Mapping[str, tuple[UUID, ...]]:
        """Return those that exist; an id wins over a name that looks like one."""
        asked = list(workflows)
        ids = {name: workflow for name in asked if (workflow := _id_of(name)) is not None}
        names = [name for name in asked if name not in ids]
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                rows = await connection.fetch(
                    statements["called_workflows"], list(ids.values()), names
                )
        # A state holds ids of the standard library's kind, which is what snapshots are written from.
        there = [(UUID(int=row["id"].int), row["name"]) for row in rows]
        existing = {workflow for workflow, _ in there}
        found: dict[str, tuple[UUID, ...]] = {
            name: (workflow,) for name, workflow in ids.items() if workflow in existing
        }
        for workflow, name in there:
            if name in names:
                found[name] = (*found.get(name, ()), workflow)
        return found

    async def listening(self, event: str, limit: int) -> Sequence[UUID]:
        """Return the Active workflows that the event starts."""
        with translated():
            rows = await self._pool.fetch(statements["listening_workflows"], event, limit)
        return [UUID(int=row["id"].int) for row in rows]

    async def names(self, limit: int) -> Sequence[str]:
        """Return names, those that changed last first."""
        with translated():
            rows = await self._pool.fetch(statements["workflow_names"], limit)
        return [row["name"] for row in rows]


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
