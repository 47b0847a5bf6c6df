"""The inbox, its history and its counters, written in the transaction of the facts: one statement a batch.

A stale fold may bring rows that are there already or are gone; they are passed over, since the append that follows
finds the wrong version and undoes everything.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Literal, TypeVar

from contracts.task import TaskClosed, TaskFact, TaskOpened, TaskOvertaken, TaskResolved
from services.chassis.database import Statements, as_one_text
from services.chassis.orders import Change
from services.tasks.adapters.stats_written import decision_rows
from services.tasks.app.view import list_item_of
from services.tasks.domain.search import task_words
from services.tasks.domain.task_state import Closed, Decided, Overtaken, Pending, Shown, TaskState

TaskChange = Change[TaskState, TaskFact]
WORD_SEPARATOR = "\x1f"
"""White space, so that no word holds it."""
statements = Statements(Path(__file__).parent / "sql")
R = TypeVar("R", bound=tuple[object, ...])


class TaskProjection:
    """Says what the changes of a batch mean, for the one statement that writes it."""

    statement = statements["commit_tasks"]
    conflicts = frozenset({"ended_tasks_pkey"})

    def arguments(self, changes: Sequence[TaskChange]) -> Sequence[object]:
        """Return the parameters of `commit_tasks` after the twelfth."""
        return [
            *_columns([row for change in changes for row in _opened_rows(change)], 8, texts={3, 5}),
            *_columns([row for change in changes for row in _ended_rows(change)], 4, texts={1, 3}),
            *_columns(_count_rows(changes), 5),
            *_columns([row for change in changes for row in _overtaken_rows(change)], 2),
            *_columns([row for change in changes for row in _timed_rows(change)], 2),
            *_columns([row for change in changes for row in _untimed_rows(change)], 1),
            *_columns(decision_rows(changes), 9),
        ]


def _columns(
    rows: Sequence[R], width: int, *, texts: AbstractSet[int] = frozenset()
) -> Iterable[object]:
    """Return the columns; those of `texts` as one text each."""
    columns: Iterable[Any] = zip(*rows, strict=True) if rows else ([] for _ in range(width))
    return (
        as_one_text(column) if place in texts else column for place, column in enumerate(columns)
    )


def _opened_rows(change: TaskChange) -> Iterator[tuple[object, ...]]:
    for event in change.events:
        if isinstance(event, TaskOpened):
            yield (
                change.stream_id,
                event.run_id,
                event.workflow_id,
                event.kind,
                event.created_at,
                list_item_of(change.stream_id, Pending(event)),
                WORD_SEPARATOR.join(_words(event)),
                event.due_at,
            )


def _words(opened: TaskOpened) -> Sequence[str]:
    texts = (opened.title, opened.workflow_name, opened.step_name, opened.prompt)
    return task_words(texts, opened.assignees)


def _ended_rows(change: TaskChange) -> Iterator[tuple[object, ...]]:
    after = change.after
    if _only_overtaken(change):
        return
    if isinstance(after, Decided):
        item = list_item_of(change.stream_id, after)
        yield change.stream_id, "resolved", after.resolved.decided_at, item
    elif isinstance(after, Closed):
        yield change.stream_id, "closed", change.occurred_at, list_item_of(change.stream_id, after)


def _overtaken_rows(change: TaskChange) -> Iterator[tuple[object, ...]]:
    if _only_overtaken(change) and isinstance(change.after, Overtaken):
        yield change.stream_id, list_item_of(change.stream_id, change.after)


def _only_overtaken(change: TaskChange) -> bool:
    """Tell whether the task has been in the history before; one that is decided and overtaken in one batch has not."""
    return isinstance(change.events[0], TaskOvertaken)


def _timed_rows(change: TaskChange) -> Iterator[tuple[object, ...]]:
    after = change.after
    if isinstance(after, Pending) and after.opened.timeout_at is not None:
        yield change.stream_id, after.opened.timeout_at


def _untimed_rows(change: TaskChange) -> Iterator[tuple[object, ...]]:
    before, after = change.before, change.after
    if isinstance(before, Pending) and before.opened.timeout_at and not isinstance(after, Pending):
        yield (change.stream_id,)


Counter = Literal["opened", "resolved", "closed"]
_COUNTERS: dict[type[TaskFact], Counter] = {
    TaskOpened: "opened",
    TaskResolved: "resolved",
    TaskClosed: "closed",
}
"""TaskOvertaken counts nothing: the task stays one of the resolved."""


def _count_rows(changes: Sequence[TaskChange]) -> list[tuple[object, ...]]:
    """Sorted, so that replicas lock the counters in one order."""
    counts: dict[tuple[str, str], dict[Counter, int]] = {}
    for change in changes:
        if not isinstance(change.after, Shown) or _only_overtaken(change):
            continue  # a tombstone was never in the inbox
        opened = change.after.opened
        of_group = counts.setdefault(
            (str(opened.workflow_id), opened.kind), {"opened": 0, "resolved": 0, "closed": 0}
        )
        for event in change.events:
            if not isinstance(event, TaskOvertaken):
                of_group[_COUNTERS[type(event)]] += 1
    return [
        (workflow_id, kind, count["opened"], count["resolved"], count["closed"])
        for (workflow_id, kind), count in sorted(counts.items())
    ]
