"""What is due when: the timers of runs, the timeouts of tasks, and the answers that people will give."""

from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias
from uuid import UUID

from contracts.run import RetrySet, RunFact, TimerSet, TimerStopped
from contracts.task import TaskFact, TaskOpened
from services.chassis.orders import Change
from services.engine.domain.run_commands import FireRetry, FireTimer
from services.engine.domain.run_state import RUN_CLOCK, RunState
from services.tasks.domain.task_commands import TimeOut
from services.tasks.domain.task_state import TaskState
from services.testkit.people import Habit

Alarm: TypeAlias = tuple[UUID, FireRetry | FireTimer | TimeOut | Habit]
Key = tuple[UUID, str, str]


@dataclass(slots=True)
class Alarms:
    """In order of time; what was set for the same instant rings in the order in which it was set."""

    _heap: list[tuple[datetime, int, Key, Alarm]] = field(default_factory=list)
    _current: dict[Key, int] = field(default_factory=dict)
    """The alarm that counts, by key: setting one again moves it."""
    _numbers: "count[int]" = field(default_factory=count)

    def next_at(self) -> datetime | None:
        """Return when the next alarm rings."""
        while self._heap and self._current.get(self._heap[0][2]) != self._heap[0][1]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop(self) -> Alarm:
        """Take the next alarm; there must be one."""
        at = self.next_at()
        assert at is not None, "who pops has looked"
        _, _, key, alarm = heappop(self._heap)
        del self._current[key]
        return alarm

    def expect(self, task_id: UUID, at: datetime, habit: Habit) -> None:
        """Let somebody answer a task then."""
        self._set((task_id, habit.person, "habit"), at, (task_id, habit))

    def follow_run(self, change: Change[RunState, RunFact]) -> None:
        """Set and stop the timers that a change of a run sets and stops."""
        run_id = change.stream_id
        for event in change.events:
            if isinstance(event, RetrySet):
                retry = FireRetry(event.node, event.visit, event.attempt)
                self._set((run_id, event.node, "retry"), event.due_at, (run_id, retry))
            elif isinstance(event, TimerSet):
                node = event.node or RUN_CLOCK
                firing = FireTimer(event.kind, node, event.visit)
                self._set((run_id, node, event.kind), event.due_at, (run_id, firing))
            elif isinstance(event, TimerStopped):
                self._current.pop((run_id, event.node or RUN_CLOCK, event.kind), None)

    def follow_task(self, change: Change[TaskState, TaskFact]) -> None:
        """Set the timeout of a task that has opened."""
        for event in change.events:
            if isinstance(event, TaskOpened) and event.timeout_at is not None:
                key = (change.stream_id, event.node, "timeout")
                self._set(key, event.timeout_at, (change.stream_id, TimeOut()))

    def _set(self, key: Key, at: datetime, alarm: Alarm) -> None:
        number = next(self._numbers)
        self._current[key] = number
        heappush(self._heap, (at, number, key, alarm))
