"""What the logs say, folded with the rules themselves: the yardstick for every table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from contracts.run import (
    RunCancelled,
    RunCompleted,
    RunFact,
    RunFailed,
    RunPaused,
    RunResumed,
)
from contracts.task import TASK_FACTS_BY_TYPE, TaskFact
from services.engine.domain.run_codec import decode_event
from services.engine.domain.run_codec import encode_state as encode_run
from services.engine.domain.run_evolve import evolve as evolve_run
from services.engine.domain.run_state import (
    Live,
    NotStarted,
    Retrying,
    RunState,
    Scheduled,
    open_waits,
    status_of,
)
from services.tasks.app.aggregate import encode_state as encode_task
from services.tasks.domain.task import evolve as evolve_task
from services.tasks.domain.task_state import Closed, Decided, Pending, TaskState, Unknown
from tests.simulation.engine_tables import EngineTables
from tests.simulation.log_tables import Event
from tests.simulation.task_tables import TaskTables

ENDINGS = (RunCompleted, RunFailed, RunCancelled)


@dataclass(slots=True)
class RunFold:
    """A run as its log tells it."""

    events: list[RunFact]
    state: RunState
    left: dict[UUID, list[RunFact]] = field(default_factory=dict)
    """By task, what ended the wait for it."""
    asked: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class TaskFold:
    """A task as its log tells it."""

    events: list[TaskFact]
    state: TaskState


def fold_runs(tables: EngineTables) -> dict[UUID, RunFold]:
    return {run_id: _fold_run(events) for run_id, events in tables.streams.items()}


def _fold_run(stored: Sequence[Event]) -> RunFold:
    fold = RunFold([], NotStarted())
    for one in stored:
        event = decode_event(one.type, one.data)
        before = fold.state
        fold.events.append(event)
        fold.state = evolve_run(before, event)
        if isinstance(event, RunPaused):
            fold.asked.add(event.task_id)
        for task_id in _waits(before) - _waits(fold.state):
            fold.left.setdefault(task_id, []).append(event)
        if isinstance(event, RunResumed) and event.task_id not in _waits(before):
            fold.left.setdefault(event.task_id, []).append(event)
    return fold


def _waits(state: RunState) -> set[UUID]:
    return {asking.task_id for _, asking in open_waits(state)} if isinstance(state, Live) else set()


def fold_tasks(tables: TaskTables) -> dict[UUID, TaskFold]:
    return {task_id: _fold_task(events) for task_id, events in tables.streams.items()}


def _fold_task(stored: Sequence[Event]) -> TaskFold:
    fold = TaskFold([], Unknown())
    for one in stored:
        event = TASK_FACTS_BY_TYPE[one.type].model_validate(orjson.loads(one.data))
        fold.events.append(event)
        fold.state = evolve_task(fold.state, event)
    return fold


# -- tables as they should be ------------------------------------------------------------------------------------------


def wrong_versions(tables: EngineTables | TaskTables) -> list[UUID]:
    """Return the streams whose versions do not run from 1 without a gap."""
    return [
        stream_id
        for stream_id, events in tables.streams.items()
        if [event.version for event in events] != list(range(1, len(events) + 1))
    ]


def wrong_run_snapshots(tables: EngineTables, folds: dict[UUID, RunFold]) -> list[UUID]:
    return [
        run_id
        for run_id, fold in folds.items()
        if tables.snapshots.get(run_id) != (len(fold.events), encode_run(fold.state))
    ]


def wrong_task_snapshots(tables: TaskTables, folds: dict[UUID, TaskFold]) -> list[UUID]:
    return [
        task_id
        for task_id, fold in folds.items()
        if tables.snapshots.get(task_id) != (len(fold.events), encode_task(fold.state))
    ]


def wrong_run_tables(tables: EngineTables, folds: dict[UUID, RunFold]) -> list[str]:
    """Return the names of the engine's tables that are not what the log says."""
    waits = {task for fold in folds.values() for task in _waits(fold.state)}
    statuses = {run_id: status_of(fold.state) for run_id, fold in folds.items()}
    jobs = {
        (run_id, key): (node.visit, node.attempt)
        for run_id, fold in folds.items()
        if isinstance(fold.state, Live)
        for key, node in fold.state.nodes.items()
        if isinstance(node, Scheduled)
    }
    retries = {
        (run_id, key, "retry")
        for run_id, fold in folds.items()
        if isinstance(fold.state, Live)
        for key, node in fold.state.nodes.items()
        if isinstance(node, Retrying)
    }
    live = {run_id for run_id, fold in folds.items() if isinstance(fold.state, Live)}
    counts = Counter((fold_day(fold), statuses[run_id]) for run_id, fold in folds.items())
    checks = {
        "waits": waits == set(tables.waits),
        "runs": statuses == {run_id: run.status for run_id, run in tables.runs.items()},
        "jobs": jobs == {key: job[:2] for key, job in tables.jobs.items()},
        "retry timers": retries == {key for key in tables.timers if key[2] == "retry"},
        "timers of ended runs": {key[0] for key in tables.timers} <= live,
        "run counts": +counts == +tables.counts,
    }
    return [name for name, holds in checks.items() if not holds]


def fold_day(fold: RunFold) -> object:
    assert not isinstance(fold.state, NotStarted), "a run with events has started"
    return fold.state.facts.started_at.date()


def wrong_task_tables(tables: TaskTables, folds: dict[UUID, TaskFold]) -> list[str]:
    """Return the names of the tables of tasks that are not what the log says."""
    pending = {task for task, fold in folds.items() if isinstance(fold.state, Pending)}
    ended = {
        task: "resolved" if isinstance(fold.state, Decided) else "closed"
        for task, fold in folds.items()
        if isinstance(fold.state, Decided | Closed)
    }
    counts: Counter[tuple[str, str, str]] = Counter()
    for fold in folds.values():
        state = fold.state
        if isinstance(state, Pending | Decided | Closed):
            group = (str(state.opened.workflow_id), state.opened.kind)
            counts[*group, "opened"] += 1
            if not isinstance(state, Pending):
                counts[*group, "resolved" if isinstance(state, Decided) else "closed"] += 1
    timeouts = {
        task
        for task, fold in folds.items()
        if isinstance(fold.state, Pending) and fold.state.opened.timeout_at is not None
    }
    checks = {
        "inbox": pending == set(tables.pending),
        "history": ended == {task: row[0] for task, row in tables.ended.items()},
        "task counts": +counts == +tables.counts,
        "timeouts": timeouts == set(tables.timeouts),
    }
    return [name for name, holds in checks.items() if not holds]
