"""Workflows and their versions in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from contracts.workflow import (
    CallingWorkflow,
    LastRun,
    ListWorkflows,
    VersionItem,
    WorkflowItem,
    WorkflowStatus,
    WorkflowUse,
    WorkflowView,
)
from services.chassis.database import Connection, Pool, Row, acquire_seconds_max, translated
from services.chassis.pages import text_cursor, time_cursor
from services.engine.adapters.schedule_store import keep_schedule
from services.engine.adapters.statements import statements
from services.engine.adapters.webhook_secret_store import change_secret
from services.engine.app.ports import Draft, workflow_not_found
from services.engine.app.schedule_view import view_of_config


@dataclass(slots=True)
class LockedRow:
    """Implements `LockedWorkflow` over a row that is locked until its transaction ends."""

    connection: Connection
    workflow_id: UUID
    version: int

    async def store(self, draft: Draft, by: str, now: datetime) -> None:
        """Make this the next version."""
        self.version += 1
        await self.connection.execute(
            statements["update_workflow"],
            self.workflow_id,
            draft.name,
            draft.description,
            self.version,
            draft.steps,
            draft.trigger_type,
            now,
            draft.concurrency,
        )
        await _insert_version(self.connection, self.workflow_id, self.version, draft, by, now)
        await change_secret(self.connection, self.workflow_id, draft.secret, by, now)
        await keep_schedule(self.connection, self.workflow_id)


class PostgresWorkflows:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Open a short transaction; nothing is asked of others while it is open."""
        with translated():
            async with (
                self._pool.acquire(timeout=acquire_seconds_max) as connection,
                connection.transaction(),
            ):
                yield connection

    async def insert(
        self, workflow_id: UUID, draft: Draft, digest: str | None, by: str, now: datetime
    ) -> bool:
        """Store version 1; tell whether the id was free."""
        async with self.transaction() as connection:
            inserted = await connection.fetchval(
                statements["insert_workflow"],
                workflow_id,
                draft.name,
                draft.description,
                draft.steps,
                draft.trigger_type,
                digest,
                now,
                draft.concurrency,
            )
            if inserted is not None:
                await _insert_version(connection, workflow_id, 1, draft, by, now)
                await change_secret(connection, workflow_id, draft.secret, by, now)
        return inserted is not None

    @asynccontextmanager
    async def locked(self, workflow_id: UUID) -> AsyncIterator[LockedRow]:
        """Hold the workflow in one short transaction. Raises Refused("workflow-not-found")."""
        async with self.transaction() as connection:
            yield await _lock(connection, workflow_id)

    async def set_status(self, workflow_id: UUID, status: WorkflowStatus, now: datetime) -> None:
        """Give the status. Raises Refused("workflow-not-found")."""
        async with self.transaction() as connection:
            found = await connection.fetchval(
                statements["set_workflow_status"], workflow_id, status, now
            )
            if found is None:
                raise workflow_not_found()
            await keep_schedule(connection, workflow_id)

    async def digest_of(self, workflow_id: UUID) -> str | None:
        """Return the digest of the request that created the workflow."""
        with translated():
            row = await self._pool.fetchrow(statements["get_workflow"], workflow_id, None)
        return None if row is None else row["request_digest"]

    async def view(self, workflow_id: UUID, version: int | None = None) -> WorkflowView:
        """Return a workflow, whole. Raises Refused("workflow-not-found")."""
        with translated():
            row = await self._pool.fetchrow(statements["get_workflow"], workflow_id, version)
        if row is None:
            raise workflow_not_found()
        item = _item(row)
        definition = orjson.loads(row["definition"])
        return WorkflowView(**item.model_dump(), definition=definition, source=row["source"])

    async def page(self, question: ListWorkflows) -> list[WorkflowItem]:
        """Return up to one item more than the page holds."""
        after: tuple[object, UUID | None]
        if question.sort == "name":
            statement, after = "list_workflows_by_name", text_cursor(question.cursor)
        else:
            statement, after = "list_workflows_by_update", time_cursor(question.cursor)
        with translated():
            rows = await self._pool.fetch(
                statements[statement], question.q, question.status, *after, question.limit + 1
            )
        return [_item(row) for row in rows]

    async def versions(
        self, workflow_id: UUID, before: int | None, limit: int
    ) -> list[VersionItem]:
        """Return the versions, newest first."""
        with translated():
            rows = await self._pool.fetch(statements["list_versions"], workflow_id, before, limit)
        return [VersionItem(**dict(row)) for row in rows]

    async def use(self, workflow_id: UUID, counted_max: int, callers_max: int) -> WorkflowUse:
        """Return what hangs on a workflow. Raises Refused("workflow-not-found")."""
        with translated():
            row = await self._pool.fetchrow(
                statements["use_of_workflow"], workflow_id, counted_max + 1
            )
            if row is None:
                raise workflow_not_found()
            callers = await self._pool.fetch(
                statements["callers_of_workflow"], workflow_id, row["name"], callers_max
            )
        return WorkflowUse(
            runs=row["runs"],
            live_runs=row["live_runs"],
            counted_max=counted_max,
            callers=[CallingWorkflow(**dict(caller)) for caller in callers],
        )

    async def live_runs(self, workflow_id: UUID, limit: int) -> list[UUID]:
        """Return runs that have not ended."""
        with translated():
            rows = await self._pool.fetch(statements["live_runs_of_workflow"], workflow_id, limit)
        return [row["id"] for row in rows]

    async def delete_ended_runs(self, workflow_id: UUID, limit: int) -> int:
        """Delete up to `limit` ended runs whose events were all told, with their logs, and return how many."""
        async with self.transaction() as connection:
            rows = await connection.fetch(statements["delete_runs_of_workflow"], workflow_id, limit)
            if rows:
                await connection.execute(
                    statements["add_run_counts"],
                    [row["day"] for row in rows],
                    [row["status"] for row in rows],
                    [0] * len(rows),
                    [row["runs"] for row in rows],
                )
        return sum(row["runs"] for row in rows)

    async def delete_if_unused(self, workflow_id: UUID) -> bool:
        """Delete the workflow and its versions unless a run exists; a start that comes meanwhile waits and is refused.

        Raises Refused("workflow-not-found").
        """
        async with self.transaction() as connection:
            await _lock(connection, workflow_id)
            if await connection.fetchval(statements["has_runs"], workflow_id):
                return False
            await connection.execute(statements["delete_workflow"], workflow_id)
        return True


async def _lock(connection: Connection, workflow_id: UUID) -> LockedRow:
    version = await connection.fetchval(statements["lock_workflow"], workflow_id)
    if version is None:
        raise workflow_not_found()
    return LockedRow(connection, workflow_id, version)


async def _insert_version(
    connection: Connection, workflow_id: UUID, version: int, draft: Draft, by: str, now: datetime
) -> None:
    definition = orjson.dumps(draft.definition).decode()
    await connection.execute(
        statements["insert_version"],
        workflow_id,
        version,
        definition,
        now,
        by,
        draft.name,
        draft.description,
        draft.source,
    )
    if draft.event is not None or version > 1:
        await connection.execute(statements["set_workflow_event"], workflow_id, draft.event)
    if draft.secrets or version > 1:
        names = sorted(draft.secrets)
        await connection.execute(statements["set_workflow_secrets"], workflow_id, names)


def _item(row: Row) -> WorkflowItem:
    last, schedule = row["last_id"], row["schedule"]
    return WorkflowItem(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        status=row["status"],
        version=row["version"],
        steps=row["steps"],
        trigger=row["trigger_type"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        last_run=None
        if last is None
        else LastRun(id=last, status=row["last_status"], started_at=row["last_started_at"]),
        webhook_url=f"/api/webhooks/{row['id']}"
        if row["trigger_type"] == "webhook_trigger"
        else None,
        schedule=schedule and view_of_config(orjson.loads(schedule), datetime.now(UTC)),
    )
