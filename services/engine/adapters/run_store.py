"""Runs as they are read: lists, one run's log, counts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from contracts.base import JsonObject
from contracts.envelope import CloudEvent
from contracts.run import RunError
from contracts.run_view import ListRuns, RunItem, RunOverview, RunParent, WorkflowFailures
from services.chassis.database import Pool, Row, translated
from services.chassis.pages import time_cursor
from services.chassis.relay import statements as log_statements
from services.engine.adapters.statements import statements

failing_workflows_max = 5
failures_hours = 24


class PostgresRuns:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def item(self, run_id: UUID) -> tuple[RunItem, JsonObject] | None:
        """Return a run and its definition."""
        with translated():
            row = await self._pool.fetchrow(statements["get_run"], run_id)
        return None if row is None else (_item(row), orjson.loads(row["definition"]))

    async def page(self, question: ListRuns) -> list[RunItem]:
        """Return up to one item more than the page holds."""
        # A parent has an index of its own, which a statement for all questions would not use.
        parent = question.parent_run_id
        asked = (question.without_children,) if parent is None else (parent, question.parent_node)
        name = "list_runs" if parent is None else "list_child_runs"
        with translated():
            rows = await self._pool.fetch(
                statements[name],
                question.workflow_id,
                question.status,
                question.trigger,
                question.q or None,
                *time_cursor(question.cursor),
                question.limit + 1,
                *asked,
            )
        return [_item(row) for row in rows]

    async def length(self, run_id: UUID) -> int:
        """Return how many events the run's log has."""
        with translated():
            version = await self._pool.fetchval(statements["last_version"], run_id)
        return version or 0

    async def ahead(self, queued: RunItem, limit: int) -> int:
        """Return how many runs are before this one in its workflow's queue; counts at most that many."""
        asked = (queued.workflow_id, queued.started_at, queued.id, limit)
        with translated():
            return int(await self._pool.fetchval(statements["runs_ahead"], *asked))

    async def trace_events(self, run_id: UUID, until: int, limit: int) -> Sequence[CloudEvent]:
        """Return what the trace at a version is made of, in order, however many child runs there are."""
        with translated():
            rows = await self._pool.fetch(statements["read_trace"], run_id, until, limit)
        return [_cloud_event(row) for row in rows]

    async def events(self, run_id: UUID, after: int, limit: int) -> Sequence[CloudEvent]:
        """Return the run's log after a version, in order."""
        with translated():
            rows = await self._pool.fetch(log_statements["read_stream"], run_id, after, limit)
        return [_cloud_event(row) for row in rows]

    async def overview(self, now: datetime) -> RunOverview:
        """Return what the Dashboard says of runs."""
        since = now - timedelta(hours=failures_hours)
        recent = await self.page(ListRuns(limit=10))
        with translated():
            counts = await self._pool.fetch(statements["count_today"], now.astimezone(UTC).date())
            failing = await self._pool.fetch(
                statements["failing_workflows"], since, failing_workflows_max
            )
        return RunOverview(
            today={row["status"]: row["runs"] for row in counts},
            recent_runs=recent[:10],
            failing_workflows=[_failures(row) for row in failing],
        )


def _cloud_event(row: Row) -> CloudEvent:
    """Return a row of the engine's log as it was published."""
    return CloudEvent(
        id=f"{row['stream_id']}-{row['version']}",
        source="flusso/engine",
        type=row["type"],
        subject=str(row["stream_id"]),
        time=row["occurred_at"],
        dataschema=f"{row['type']}/{row['schema_version']}",
        sequence=row["version"],
        logposition=row["position"],
        traceparent=row["traceparent"],
        data=orjson.loads(row["data"]),
    )


def _item(row: Row) -> RunItem:
    finished_at, started_at = row["finished_at"], row["started_at"]
    duration = (
        None if finished_at is None else int((finished_at - started_at).total_seconds() * 1000)
    )
    return RunItem(
        id=row["id"],
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        version=row["version"],
        status=row["status"],
        trigger=row["trigger"],
        started_at=started_at,
        finished_at=finished_at,
        duration_ms=duration,
        error=_error(row["error"]),
        parent=_parent(row),
    )


def _parent(row: Row) -> RunParent | None:
    run_id, node = row["parent_run_id"], row["parent_node"]
    return None if run_id is None else RunParent(run_id=run_id, node=node or "")


def _error(stored: str | None) -> RunError | None:
    return None if stored is None else RunError.model_validate_json(stored)


def _failures(row: Row) -> WorkflowFailures:
    return WorkflowFailures(
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        failed=row["failed"],
        last_failed_at=row["last_failed_at"],
        last_error=_error(row["last_error"]),
    )
