"""The tables of the tasks service. One method a statement."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from tests.simulation.log_tables import LogTables, taken_apart
from tests.simulation.rows import Row, rows

Columns = Sequence[Sequence[Any]]


class _EndedBeforeError(asyncpg.UniqueViolationError):
    constraint_name = "ended_tasks_pkey"


@dataclass(frozen=True, slots=True)
class Inbox:
    """A row of pending_tasks."""

    run_id: UUID
    workflow_id: UUID
    kind: str
    created_at: datetime
    item: str


def checksum(ids: Sequence[UUID]) -> int:
    """Return what tells sets of ids apart; PostgreSQL's own hash is another one."""
    found = 0
    for one in ids:
        found ^= (one.int ^ one.int >> 61) % (2**62)
    return found


def digests(ids: Sequence[UUID], count: str) -> list[Row]:
    buckets: dict[int, list[UUID]] = {}
    for one in ids:
        buckets.setdefault(one.int & 0xFF, []).append(one)
    return rows(
        f"bucket {count} checksum",
        [(bucket, len(those), checksum(those)) for bucket, those in sorted(buckets.items())],
    )


class TaskTables(LogTables):
    """What the tasks service reads and writes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.pending: dict[UUID, Inbox] = {}
        self.ended: dict[UUID, tuple[str, str]] = {}
        self.counts: Counter[tuple[str, str, str]] = Counter()
        self.timeouts: dict[UUID, datetime] = {}
        self.attempts: Counter[UUID] = Counter()

    def commit_tasks(self, *given: Any) -> list[Row]:  # noqa: ANN401 - columns of many types
        append, now = given[:11], given[11]
        opened, ended = taken_apart(given[12:20]), taken_apart(given[20:24])
        counts, renewed, timed, (untimed,) = given[24:29], given[29:31], given[31:33], given[33:34]
        self._check_versions(append)
        if any(task in self.ended for task in ended[0]) and self.checks_versions:
            raise _EndedBeforeError("ended_tasks_pkey")
        self._open(opened, set(ended[0]))
        self._end(opened, ended)
        for workflow, kind, *numbers in zip(*counts, strict=True):
            for name, number in zip(("opened", "resolved", "closed"), numbers, strict=True):
                self.counts[str(workflow), str(kind), name] += number
        for task, item in zip(*renewed, strict=True):
            if task in self.ended:
                self.ended[task] = (self.ended[task][0], item)
        before = set(self.timeouts)
        for task, fires_at in zip(*timed, strict=True):
            self.timeouts.setdefault(task, fires_at)
        for task in untimed:
            if task in before:  # one statement does not see what it has inserted itself
                self.timeouts.pop(task, None)
        return self._append(append, now)

    def _open(self, opened: Columns, ended: set[object]) -> None:
        for task, run, workflow, kind, created_at, item, _, _ in zip(*opened, strict=True):
            if task not in ended:
                row = Inbox(run, workflow, kind, created_at, item)
                self.pending.setdefault(task, row)

    def _end(self, opened: Columns, ended: Columns) -> None:
        just_opened = set(opened[0])
        for task, status, _, item in zip(*ended, strict=True):
            if self.pending.pop(task, None) is not None or task in just_opened:
                self.ended[task] = (status, item)

    def claim_timeouts(self, now: datetime, until: datetime, limit: int) -> list[Row]:
        due = sorted((at, task) for task, at in self.timeouts.items() if at <= now)[:limit]
        for _, task in due:
            self.timeouts[task] = until
        return rows("task_id", [(task,) for _, task in due])

    def forget_timeouts(self, tasks: Sequence[UUID]) -> list[Row]:
        for task in tasks:
            if task not in self.pending:
                self.timeouts.pop(task, None)
        return []

    def digest_open_tasks(self, before: datetime) -> list[Row]:
        return digests([t for t, row in self.pending.items() if row.created_at < before], "tasks")

    def list_open_tasks(
        self, bucket: int, before: datetime, after: UUID | None, limit: int
    ) -> list[Row]:
        found = sorted(
            (task, row.run_id)
            for task, row in self.pending.items()
            if task.int & 0xFF == bucket
            and row.created_at < before
            and (after is None or task > after)
        )
        return rows("task_id run_id", found[:limit])

    def explain_tasks(self, tasks: Sequence[UUID], limit: int) -> list[Row]:
        found = []
        for task in sorted(set(tasks)):
            told = [e for e in self.streams.get(task, ()) if e.type != "flusso.task.overtaken"]
            if told:
                last = told[-1]
                data = last.data if last.type == "flusso.task.resolved" else None
                found.append((task, last.type, data))
        return rows("stream_id type resolution", found[:limit])

    def keep_attempts(self, tasks: Sequence[UUID], counts: Sequence[int], *_: object) -> list[Row]:
        for task, count in zip(tasks, counts, strict=True):
            self.attempts[task] += count
        return []
