"""What the use cases need of the outside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from contracts.actor import Actor
from contracts.run import TaskKind
from contracts.task import (
    BucketDigest,
    OpenTask,
    TaskAction,
    TaskAttempt,
    TaskExplanation,
    TaskFact,
)
from services.chassis.orders import Done, Order
from services.tasks.domain.task_commands import TaskCommand
from services.tasks.domain.task_state import TaskState

Sort = Literal["oldest", "newest", "due"]
EndedStatus = Literal["resolved", "closed"]
ATTEMPTS_KEPT_MAX = 100
"""Refused attempts of one task that are kept whole; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after the task with this time and id, in the order of the page."""

    at: datetime
    task_id: UUID


@dataclass(frozen=True, slots=True)
class Words:
    """What a task must be found by: every beginning of `beginnings`, and one of `assignees` if there are any."""

    beginnings: Sequence[str]
    assignees: Sequence[str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tasks, in which order: the inbox if `statuses` is empty, else that part of the history.

    `due_by` leaves only what was due by then; it and the order `due` are for the inbox.
    """

    statuses: Sequence[EndedStatus]
    kinds: Sequence[TaskKind]
    workflow_id: UUID | None
    words: Words | None
    sort: Sort
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A task of a page: its place, and itself as JSON."""

    place: Place
    item: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The tasks of a page, and how many match in all."""

    items: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who was refused a decision."""

    actor: Actor
    action: TaskAction
    code: str
    at: datetime


@dataclass(slots=True)
class TaskAttempts:
    """How often a decision on the task was refused, and the first of those."""

    task_id: UUID
    count: int = 0
    first: list[Attempt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trail:
    """The first refused attempts on a task, as they are shown, and how many there were in all."""

    attempts: Sequence[TaskAttempt] = ()
    total: int = 0


class AttemptStore(Protocol):
    """Where refused attempts are kept."""

    async def keep(self, noted: Sequence[TaskAttempts]) -> None:
        """Count all and keep the first of each task. Raises Transient (it may be kept all the same) or Broken."""
        ...


class TimeoutStore(Protocol):
    """The timeouts of pending tasks."""

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Return tasks whose timeouts are due, the earliest first; nobody else gets them before `until`.

        Raises Transient (they may be claimed all the same).
        """
        ...

    async def forget(self, task_ids: Sequence[UUID]) -> None:
        """Drop the timeouts of those of the tasks that wait no more. Raises Transient."""
        ...


class Inbox(Protocol):
    """The tables of tasks. Everything raises Transient when the database is away."""

    async def load(self, task_id: UUID) -> TaskState:
        """Return the task's fold."""
        ...

    async def trail(self, task_id: UUID) -> Trail:
        """Return who was refused a decision on the task."""
        ...

    async def list(self, wanted: Filter, after: Place | None, limit: int) -> Rows:
        """Return at most `limit` tasks after the place; total and page are of the same instant."""
        ...

    async def count_pending(self) -> int:
        """Return how many tasks are pending, exactly."""
        ...

    async def digest_open(self, before: datetime) -> Sequence[BucketDigest]:
        """Return the digests of the pending tasks that were opened before the instant."""
        ...

    async def list_open(
        self, bucket: int, before: datetime, after: UUID | None, limit: int
    ) -> Sequence[OpenTask]:
        """Return pending tasks of a bucket, by id."""
        ...

    async def explain(self, task_ids: Sequence[UUID]) -> Sequence[TaskExplanation]:
        """Return what became of each of the tasks."""
        ...


class Orders(Protocol):
    """The one door to the tasks' streams."""

    async def execute_all(
        self, orders: Sequence[Order[TaskCommand]]
    ) -> Sequence[Done[TaskState, TaskFact] | Exception]:
        """Return the outcome of each order, once committed."""
        ...
