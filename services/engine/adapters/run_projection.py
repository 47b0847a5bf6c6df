"""The tables about runs, written in the transaction of the facts: list, counts, waits, jobs, timers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    RetrySet,
    RunCancelled,
    RunCompleted,
    RunError,
    RunFact,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from services.chassis.database import Connection
from services.chassis.event_log import VersionConflictError
from services.chassis.orders import Change
from services.engine.adapters.statements import statements
from services.engine.domain.run_evolve import size_of
from services.engine.domain.run_state import (
    Asking,
    Ended,
    Live,
    NotStarted,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    status_of,
)

RunChange = Change[RunState, RunFact]
JobRow = tuple[UUID, str, int, int, datetime]
OVERTAKEN = frozenset({"runs_pkey", "waits_pkey", "runs_workflow_fkey"})
"""Another replica has made the same move first, or the workflow was deleted: the batch is decided anew."""
message_chars_max = 2_000
detail_bytes_max = 2_000
"""Of an error in a list of runs; the events of the run have all of it."""


@dataclass(slots=True)
class Rows:
    """What one batch writes."""

    started: list[tuple[object, ...]] = field(default_factory=list)
    moved: list[tuple[object, ...]] = field(default_factory=list)
    taken: Counter[tuple[date, str]] = field(default_factory=Counter)
    left: Counter[tuple[date, str]] = field(default_factory=Counter)
    waits: dict[UUID, tuple[UUID, datetime]] = field(default_factory=dict)
    waits_over: list[UUID] = field(default_factory=list)
    jobs: dict[tuple[UUID, str], JobRow] = field(default_factory=dict)
    jobs_over: list[tuple[UUID, str]] = field(default_factory=list)
    timers: dict[tuple[UUID, str], JobRow] = field(default_factory=dict)
    timers_over: list[tuple[UUID, str]] = field(default_factory=list)
    ended_with_jobs: list[UUID] = field(default_factory=list)


class RunProjection:
    """Writes what a batch means, with one statement a table."""

    async def project(self, connection: Connection, changes: Sequence[RunChange]) -> None:
        """Write the rows of all changes. Raises VersionConflictError if others were faster."""
        rows = Rows()
        for change in changes:
            _add_run(rows, change)
            for event in change.events:
                _add_event(rows, change, event)
        try:
            await _write(connection, rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            if error.constraint_name in OVERTAKEN:
                raise VersionConflictError from error
            raise


def _facts_of(state: RunState) -> RunFacts:
    assert not isinstance(state, NotStarted), "a change leaves a started run behind"
    return state.facts


def _add_run(rows: Rows, change: RunChange) -> None:
    before, after = status_of(change.before), status_of(change.after)
    facts = _facts_of(change.after)
    day = facts.started_at.astimezone(UTC).date()
    ended_at = change.occurred_at if isinstance(change.after, Ended) else None
    error = _error_of(change.events)
    first = change.events[0]
    if type(first) is RunStarted:
        rows.taken[day, after] += 1
        rows.started.append(
            (
                change.stream_id,
                facts.workflow_id,
                facts.workflow_name,
                facts.version,
                after,
                first.trigger,
                facts.started_at,
                ended_at,
                error,
            )
        )
    elif before != after:
        rows.left[day, before] += 1
        rows.taken[day, after] += 1
        rows.moved.append((change.stream_id, after, ended_at, error))


def _error_of(events: Iterable[RunFact]) -> str | None:
    for event in events:
        if type(event) is RunFailed:
            return _shortened(event.error).model_dump_json()
    return None


def _shortened(error: RunError) -> RunError:
    details = {
        name: value for name, value in error.details.items() if size_of(value) <= detail_bytes_max
    }
    return error.model_copy(
        update={"message": error.message[:message_chars_max], "details": details}
    )


def _add_event(rows: Rows, change: RunChange, event: RunFact) -> None:
    writer = _WRITERS.get(type(event))
    if writer is not None:
        writer(rows, change, event)


def _on_paused(rows: Rows, change: RunChange, event: RunPaused) -> None:
    rows.waits[event.task_id] = (change.stream_id, change.occurred_at)


def _on_resumed(rows: Rows, _: RunChange, event: RunResumed) -> None:
    _end_wait(rows, event.task_id)


def _on_scheduled(rows: Rows, change: RunChange, event: NodeScheduled) -> None:
    run_id, node = change.stream_id, event.node
    rows.timers.pop((run_id, node), None)
    if _has_job(change.before, node):
        rows.timers_over.append((run_id, node))
    rows.jobs[run_id, node] = (run_id, node, event.visit, event.attempt, change.occurred_at)


def _on_retry_set(rows: Rows, change: RunChange, event: RetrySet) -> None:
    run_id, node = change.stream_id, event.node
    _end_job(rows, run_id, node)
    rows.timers[run_id, node] = (run_id, node, event.visit, event.attempt, event.due_at)


def _on_settled(rows: Rows, change: RunChange, event: NodeCompleted | NodeFailed) -> None:
    """Neither a worker nor a timer is awaited any more."""
    key = (change.stream_id, event.node)
    rows.timers.pop(key, None)
    if _has_job(change.before, event.node) or key in rows.jobs:
        rows.timers_over.append(key)
        _end_job(rows, *key)


def _on_node_failed(rows: Rows, change: RunChange, event: NodeFailed) -> None:
    _on_settled(rows, change, event)
    for task_id in _asked(change, event.node):
        _end_wait(rows, task_id)


def _asked(change: RunChange, node: str) -> set[UUID]:
    """Return the tasks by which a node asks: an answer that is too large fails it without a RunResumed."""
    asked = {e.task_id for e in change.events if isinstance(e, RunPaused) and e.node == node}
    before = change.before.nodes.get(node) if isinstance(change.before, Live) else None
    return asked | {before.task_id} if isinstance(before, Asking) else asked


def _on_ended(rows: Rows, change: RunChange, event: RunCompleted | RunCancelled) -> None:
    _end_run(rows, change, event.open_tasks)


def _on_failed(rows: Rows, change: RunChange, event: RunFailed) -> None:
    rejected = [] if event.task_id is None else [event.task_id]
    _end_run(rows, change, [*event.open_tasks, *rejected])


_WRITERS: dict[type[RunFact], Callable[[Rows, RunChange, Any], None]] = {
    RunPaused: _on_paused,
    RunResumed: _on_resumed,
    NodeScheduled: _on_scheduled,
    RetrySet: _on_retry_set,
    NodeCompleted: _on_settled,
    NodeFailed: _on_node_failed,
    RunCompleted: _on_ended,
    RunCancelled: _on_ended,
    RunFailed: _on_failed,
}
"""By type: asking a pydantic class whether it fits costs more than all that these do."""


def _has_job(state: RunState, node: str) -> bool:
    return isinstance(state, Live) and isinstance(state.nodes.get(node), Scheduled | Retrying)


def _awaits_worker(state: Live) -> bool:
    return any(isinstance(node, Scheduled | Retrying) for node in state.nodes.values())


def _end_wait(rows: Rows, task_id: UUID) -> None:
    if rows.waits.pop(task_id, None) is None:
        rows.waits_over.append(task_id)


def _end_job(rows: Rows, run_id: UUID, node: str) -> None:
    rows.jobs.pop((run_id, node), None)
    rows.jobs_over.append((run_id, node))


def _end_run(rows: Rows, change: RunChange, tasks: Iterable[UUID]) -> None:
    for task_id in tasks:
        _end_wait(rows, task_id)
    for key in [key for key in rows.jobs if key[0] == change.stream_id]:
        del rows.jobs[key]
    for key in [key for key in rows.timers if key[0] == change.stream_id]:
        del rows.timers[key]
    if isinstance(change.before, Live) and _awaits_worker(change.before):
        rows.ended_with_jobs.append(change.stream_id)


async def _write(connection: Connection, rows: Rows) -> None:
    await _write_rows(connection, "insert_runs", rows.started)
    await _write_rows(connection, "update_runs", rows.moved)
    if rows.waits_over:
        await connection.execute(statements["delete_waits"], sorted(rows.waits_over))
    opened = [(task_id, run_id, at) for task_id, (run_id, at) in sorted(rows.waits.items())]
    await _write_rows(connection, "insert_waits", opened)
    await _write_rows(connection, "delete_jobs", sorted(set(rows.jobs_over)))
    await _write_rows(connection, "delete_timers", sorted(set(rows.timers_over)))
    if rows.ended_with_jobs:
        await connection.execute(
            statements["delete_jobs_and_timers_of_runs"], sorted(rows.ended_with_jobs)
        )
    await _write_rows(connection, "upsert_jobs", [rows.jobs[key] for key in sorted(rows.jobs)])
    await _write_rows(
        connection, "upsert_timers", [rows.timers[key] for key in sorted(rows.timers)]
    )
    # Last, since every batch moves the same few rows and the next one waits for them.
    counts = [
        (*key, rows.taken[key], rows.left[key])
        for key in sorted(rows.taken.keys() | rows.left.keys())
    ]
    await _write_rows(connection, "add_run_counts", counts)


async def _write_rows(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    if rows:
        await connection.execute(statements[statement], *_columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
