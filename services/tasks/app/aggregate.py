"""Gives the pipeline the rules of a task, and turns its events and states into text and back.

An event is stored as the contract message that it is told as. A snapshot is a JSON object: `situation`, and the events
that it is the fold of.
"""

from datetime import datetime
from typing import assert_never

import orjson

from contracts.base import JsonObject
from contracts.task import (
    TYPES_OF_TASK_FACTS,
    TaskClosed,
    TaskFact,
    TaskOpened,
    TaskOvertaken,
    TaskResolved,
)
from services.chassis.aggregate import Decision, EncodedEvent, folded
from services.tasks.app.opened_json import json_of
from services.tasks.domain import task
from services.tasks.domain.task_commands import TaskCommand
from services.tasks.domain.task_state import (
    Closed,
    ClosedUnseen,
    Overtaken,
    Pending,
    Resolved,
    TaskState,
    Unknown,
)


class TaskAggregate:
    """The rules of `domain.task` as the chassis calls them."""

    def initial(self) -> TaskState:
        return Unknown()

    def execute(
        self, state: TaskState, command: TaskCommand, now: datetime
    ) -> Decision[TaskState, TaskFact]:
        return folded(task.evolve, state, task.decide(state, command, now))

    def has_ended(self, state: TaskState) -> bool:
        return task.has_ended(state)

    def encode_event(self, event: TaskFact) -> EncodedEvent:
        data = json_of(event) if isinstance(event, TaskOpened) else event.model_dump_json()
        return EncodedEvent(TYPES_OF_TASK_FACTS[type(event)], data)

    def encode_state(self, state: TaskState) -> str:
        return encode_state(state)

    def decode_state(self, stored: str) -> TaskState:
        return decode_state(stored)


def encode_state(state: TaskState) -> str:
    """Return the snapshot of a state."""
    match state:
        case Unknown():
            return '{"situation":"unknown"}'
        case Pending(opened):
            return f'{{"situation":"pending","opened":{json_of(opened)}}}'
        case Resolved(opened, resolved):
            return (
                f'{{"situation":"resolved","opened":{json_of(opened)},'
                f'"resolved":{resolved.model_dump_json()}}}'
            )
        case Overtaken(opened, resolved, overtaken):
            return (
                f'{{"situation":"overtaken","opened":{json_of(opened)},'
                f'"resolved":{resolved.model_dump_json()},'
                f'"overtaken":{overtaken.model_dump_json()}}}'
            )
        case Closed(opened, closed):
            return (
                f'{{"situation":"closed","opened":{json_of(opened)},'
                f'"closed":{closed.model_dump_json()}}}'
            )
        case ClosedUnseen(closed):
            return f'{{"situation":"closed-unseen","closed":{closed.model_dump_json()}}}'
        case _:
            assert_never(state)


def decode_state(stored: str) -> TaskState:
    """Return the state of a snapshot. Raises ValueError if it is none."""
    snapshot: JsonObject = orjson.loads(stored)
    match snapshot["situation"]:
        case "unknown":
            return Unknown()
        case "pending":
            return Pending(TaskOpened.model_validate(snapshot["opened"]))
        case "resolved":
            return Resolved(
                TaskOpened.model_validate(snapshot["opened"]),
                TaskResolved.model_validate(snapshot["resolved"]),
            )
        case "overtaken":
            return Overtaken(
                TaskOpened.model_validate(snapshot["opened"]),
                TaskResolved.model_validate(snapshot["resolved"]),
                TaskOvertaken.model_validate(snapshot["overtaken"]),
            )
        case "closed":
            return Closed(
                TaskOpened.model_validate(snapshot["opened"]),
                TaskClosed.model_validate(snapshot["closed"]),
            )
        case "closed-unseen":
            return ClosedUnseen(TaskClosed.model_validate(snapshot["closed"]))
        case situation:
            raise ValueError(f"a task is never {situation!r}")
