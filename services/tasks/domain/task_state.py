"""The situations that a task can be in: the fold of its events, one class for each."""

from dataclasses import dataclass

from contracts.task import TaskClosed, TaskOpened, TaskOvertaken, TaskResolved


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing has been heard of this task."""


@dataclass(frozen=True, slots=True)
class Pending:
    """People can see and decide it."""

    opened: TaskOpened


@dataclass(frozen=True, slots=True)
class Resolved:
    """It was decided, once and for ever."""

    opened: TaskOpened
    resolved: TaskResolved


@dataclass(frozen=True, slots=True)
class Overtaken:
    """It was decided, but its run had ended before it took the decision."""

    opened: TaskOpened
    resolved: TaskResolved
    overtaken: TaskOvertaken


@dataclass(frozen=True, slots=True)
class Closed:
    """Its run ended before anybody decided."""

    opened: TaskOpened
    closed: TaskClosed


@dataclass(frozen=True, slots=True)
class ClosedUnseen:
    """The end of its run was heard of before its pause: a tombstone, so that the pause opens nothing."""

    closed: TaskClosed


Decided = Resolved | Overtaken
"""Somebody has answered."""

Shown = Pending | Decided | Closed
"""What people can look at."""

TaskState = Unknown | Shown | ClosedUnseen
