"""Definitions by workflow and version. A version never changes, so its compiled graph is kept once read."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from uuid import UUID

import orjson

from services.chassis.database import Pool, acquire_seconds_max, translated
from services.chassis.errors import Broken
from services.engine.adapters.statements import statements
from services.engine.app.ports import Compiled, Head, workflow_not_found
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.graph import compile_graph

versions_kept_max = 256


class Definitions:
    """Reads heads afresh and versions once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._compiled: OrderedDict[tuple[UUID, int], Compiled] = OrderedDict()

    async def heads(self, workflow_ids: Iterable[UUID]) -> Mapping[UUID, Head]:
        """Return the workflows that exist. Raises Transient."""
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                rows = await connection.fetch(statements["workflow_heads"], list(workflow_ids))
        return {row["id"]: Head(row["name"], row["status"], row["version"]) for row in rows}

    async def compiled(self, workflow_id: UUID, version: int) -> Compiled:
        """Return a version. Raises Refused("workflow-not-found"), Transient, Broken."""
        key = (workflow_id, version)
        found = self._compiled.get(key)
        if found is not None:
            self._compiled.move_to_end(key)
            return found
        with translated():
            async with self._pool.acquire(timeout=acquire_seconds_max) as connection:
                text = await connection.fetchval(statements["get_definition"], workflow_id, version)
        if text is None:
            raise workflow_not_found()
        try:
            definition = parse_definition(orjson.loads(text))
        except InvalidDefinition as error:  # stored under rules that were less strict
            msg = f"version {version} of workflow {workflow_id} is not valid any more: {error}"
            raise Broken(msg) from error
        compiled = Compiled(definition, compile_graph(definition))
        self._compiled[key] = compiled
        if len(self._compiled) > versions_kept_max:
            self._compiled.popitem(last=False)
        return compiled
