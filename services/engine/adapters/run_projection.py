"""The tables about runs, written in the transaction of the facts: list, counts, waits, jobs, timers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    RetrySet,
    RunCancelled,
    RunCompleted,
    RunFact,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from services.chassis.database import Connection
from services.chassis.orders import Change
from services.engine.adapters.statements import statements
from services.engine.domain.run_state import (
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
        """Write the rows of all changes."""
        rows = Rows()
        for change in changes:
            _add_run(rows, change)
            for event in change.events:
                _add_event(rows, change, event)
        await _write(connection, rows)


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
    if isinstance(first, RunStarted):
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
        if isinstance(event, RunFailed):
            return event.error.model_dump_json()
    return None


def _add_event(rows: Rows, change: RunChange, event: RunFact) -> None:
    run_id = change.stream_id
    match event:
        case RunPaused(task_id=task_id):
            rows.waits[task_id] = (run_id, change.occurred_at)
        case RunResumed(task_id=task_id):
            _end_wait(rows, task_id)
        case NodeScheduled(node=node, visit=visit, attempt=attempt):
            rows.timers.pop((run_id, node), None)
            if _has_job(change.before, node):
                rows.timers_over.append((run_id, node))
            rows.jobs[run_id, node] = (run_id, node, visit, attempt, change.occurred_at)
        case RetrySet(node=node, visit=visit, attempt=attempt, due_at=due_at):
            _end_job(rows, run_id, node)
            rows.timers[run_id, node] = (run_id, node, visit, attempt, due_at)
        case NodeCompleted(node=node) | NodeFailed(node=node):
            if _has_job(change.before, node) or (run_id, node) in rows.jobs:
                _end_job(rows, run_id, node)
        case RunCompleted(open_tasks=tasks) | RunCancelled(open_tasks=tasks):
            _end_run(rows, change, tasks)
        case RunFailed(open_tasks=tasks, task_id=rejected):
            _end_run(rows, change, tasks if rejected is None else [*tasks, rejected])
        case _:
            pass


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
    counts = [
        (*key, rows.taken[key], rows.left[key])
        for key in sorted(rows.taken.keys() | rows.left.keys())
    ]
    await _write_rows(connection, "add_run_counts", counts)
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


async def _write_rows(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    if rows:
        await connection.execute(statements[statement], *_columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
