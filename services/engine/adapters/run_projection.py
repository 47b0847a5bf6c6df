"""The tables about runs, written in the transaction of the facts: list, counts, waits, jobs, timers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
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
    RunQueued,
    RunResumed,
    RunStarted,
    TimerSet,
    TimerStopped,
)
from services.chassis.database import as_one_text
from services.chassis.orders import Change
from services.engine.adapters.run_orders_given import OrderRow, orders_given
from services.engine.adapters.statements import statements
from services.engine.adapters.stats_written import StatsRows
from services.engine.domain.run_errors import in_short
from services.engine.domain.run_state import (
    RUN_CLOCK,
    Asking,
    Ended,
    Live,
    NotStarted,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    Sleeping,
    awaits_machines,
    status_of,
)

RunChange = Change[RunState, RunFact]
JobRow = tuple[UUID, str, int, int, datetime]
TimerRow = tuple[UUID, str, str, int, int, datetime]
TimerKey = tuple[UUID, str, str]
"""The run, the node (empty for the run itself) and the kind of timer."""
RETRY = "retry"
OVERTAKEN = frozenset(
    {
        "runs_pkey",
        "waits_pkey",
        "runs_workflow_fkey",
        "run_stats_workflow_fkey",
        "step_stats_workflow_fkey",
    }
)
"""Another replica has made the same move first, or the workflow was deleted: the batch is decided anew."""


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
    timers: dict[TimerKey, TimerRow] = field(default_factory=dict)
    timers_over: list[TimerKey] = field(default_factory=list)
    ended_with_jobs: list[UUID] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    ended_with_calls: list[UUID] = field(default_factory=list)
    parent_nodes: list[str | None] = field(default_factory=list)
    stats: StatsRows = field(default_factory=StatsRows)


def _unheard(_: Iterable[UUID]) -> None:
    """Nobody carries orders out in this process."""


class RunProjection:
    """Says what a batch means, for the one statement that writes it."""

    statement = statements["commit_runs"]
    conflicts = OVERTAKEN

    def __init__(self, on_orders: Callable[[Iterable[UUID]], None] = _unheard) -> None:
        """`on_orders` hears of the runs that give orders, before these are committed."""
        self._on_orders = on_orders

    def arguments(self, changes: Sequence[RunChange]) -> Sequence[object]:
        """Return the parameters of `commit_runs` after the twelfth."""
        rows = Rows()
        for change in changes:
            _add_run(rows, change)
            for event in change.events:
                _add_event(rows, change, event)
            _add_orders(rows, change)
        if rows.orders:
            self._on_orders({order.giver_id for order in rows.orders})
        return _arguments(rows)


def _facts_of(state: RunState) -> RunFacts:
    assert not isinstance(state, NotStarted), "a change leaves a started run behind"
    return state.facts


def _add_run(rows: Rows, change: RunChange) -> None:
    before, after = status_of(change.before), status_of(change.after)
    facts = _facts_of(change.after)
    rows.stats.add(change, facts)
    day = facts.started_at.astimezone(UTC).date()
    ended_at = change.occurred_at if isinstance(change.after, Ended) else None
    error = _error_of(change.events)
    first = change.events[0]
    if isinstance(first, RunStarted | RunQueued) and isinstance(change.before, NotStarted):
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
                None if facts.parent is None else facts.parent.run_id,
            )
        )
        rows.parent_nodes.append(None if facts.parent is None else facts.parent.node)
    elif before != after:
        rows.left[day, before] += 1
        rows.taken[day, after] += 1
        rows.moved.append((change.stream_id, after, ended_at, error))


def _add_orders(rows: Rows, change: RunChange) -> None:
    """Note what the run asks of its child runs, and what it tells its parent."""
    orders = orders_given(change)
    rows.orders.extend(orders)
    if isinstance(change.after, Ended) and any(order.kind == "cancel" for order in orders):
        rows.ended_with_calls.append(change.stream_id)


def _error_of(events: Iterable[RunFact]) -> str | None:
    for event in events:
        if type(event) is RunFailed:
            return in_short(event.error).model_dump_json()
    return None


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
    if _has_job(change.before, node) or (run_id, node, RETRY) in rows.timers:
        _end_timer(rows, (run_id, node, RETRY))
    rows.jobs[run_id, node] = (run_id, node, event.visit, event.attempt, change.occurred_at)


def _on_retry_set(rows: Rows, change: RunChange, event: RetrySet) -> None:
    run_id, node = change.stream_id, event.node
    _end_job(rows, run_id, node)
    _set_timer(rows, (run_id, node, RETRY), event.visit, event.attempt, event.due_at)


def _on_timer_set(rows: Rows, change: RunChange, event: TimerSet) -> None:
    key = (change.stream_id, event.node or RUN_CLOCK, event.kind)
    _set_timer(rows, key, event.visit, 1, event.due_at)


def _on_timer_stopped(rows: Rows, change: RunChange, event: TimerStopped) -> None:
    _end_timer(rows, (change.stream_id, event.node or RUN_CLOCK, event.kind))


def _on_settled(rows: Rows, change: RunChange, event: NodeCompleted | NodeFailed) -> None:
    """Neither a worker nor a timer is awaited any more."""
    key = (change.stream_id, event.node)
    if _has_job(change.before, event.node) or key in rows.jobs:
        _end_timer(rows, (*key, RETRY))
        _end_job(rows, *key)
    for kind in ("delay", "node_limit"):
        timer = (*key, kind)
        if timer in rows.timers or _has_timer(change.before, event.node, kind):
            _end_timer(rows, timer)


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
    TimerSet: _on_timer_set,
    TimerStopped: _on_timer_stopped,
    NodeCompleted: _on_settled,
    NodeFailed: _on_node_failed,
    RunCompleted: _on_ended,
    RunCancelled: _on_ended,
    RunFailed: _on_failed,
}
"""By type: asking a pydantic class whether it fits costs more than all that these do."""


def _has_job(state: RunState, node: str) -> bool:
    return isinstance(state, Live) and isinstance(state.nodes.get(node), Scheduled | Retrying)


def _has_timer(state: RunState, node: str, kind: str) -> bool:
    if not isinstance(state, Live):
        return False
    return isinstance(state.nodes.get(node), Sleeping) if kind == "delay" else node in state.clocks


def _set_timer(rows: Rows, key: TimerKey, visit: int, attempt: int, due_at: datetime) -> None:
    rows.timers[key] = (*key, visit, attempt, due_at)


def _end_timer(rows: Rows, key: TimerKey) -> None:
    rows.timers.pop(key, None)
    rows.timers_over.append(key)


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
    for timer in [timer for timer in rows.timers if timer[0] == change.stream_id]:
        del rows.timers[timer]
    if isinstance(change.before, Live) and awaits_machines(change.before):
        rows.ended_with_jobs.append(change.stream_id)


def _arguments(rows: Rows) -> list[object]:
    waits = [(task_id, run_id, at) for task_id, (run_id, at) in sorted(rows.waits.items())]
    counts = [
        (*key, rows.taken[key], rows.left[key])
        for key in sorted(rows.taken.keys() | rows.left.keys())
    ]
    # One statement must not delete a row and write it: what begins anew is written over.
    jobs_over = sorted(set(rows.jobs_over) - rows.jobs.keys())
    timers_over = sorted(set(rows.timers_over) - rows.timers.keys())
    return [
        *_columns(rows.started, 10, texts={4, 5, 8}),
        *_columns(rows.moved, 4, texts={1, 3}),
        sorted(rows.waits_over),
        *_columns(waits, 3),
        *_columns(jobs_over, 2),
        *_columns([rows.jobs[key] for key in sorted(rows.jobs)], 5),
        *_columns(timers_over, 3),
        *_columns([rows.timers[key] for key in sorted(rows.timers)], 6),
        sorted(rows.ended_with_jobs),
        *_columns(counts, 4),
        *_columns([order.columns() for order in rows.orders], 5),
        sorted(rows.ended_with_calls),
        rows.parent_nodes,
        *rows.stats.columns(),
    ]


def _columns(
    rows: Sequence[tuple[object, ...]], width: int, *, texts: AbstractSet[int] = frozenset()
) -> list[object]:
    """Return the columns; those of `texts` as one text each."""
    columns: Iterable[Any] = zip(*rows, strict=True) if rows else ([] for _ in range(width))
    return [
        as_one_text(column) if place in texts else column for place, column in enumerate(columns)
    ]
