"""Whole streams and snapshots as they were stored once: they replay for ever, to the same end."""

import json
from pathlib import Path

import pytest

from contracts.base import JsonObject
from contracts.envelope import CloudEvent
from contracts.task import TASK_FACTS_BY_TYPE
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.domain.task_state import (
    Closed,
    ClosedUnseen,
    Pending,
    Resolved,
    TaskState,
    Unknown,
)

HISTORIES = Path(__file__).parents[1] / "golden" / "histories"
TASKS = sorted((HISTORIES / "tasks").glob("*.json"))


def read(path: Path) -> JsonObject:
    history: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    return history


def events_of(history: JsonObject) -> list[CloudEvent]:
    return [CloudEvent.model_validate(event) for event in history["events"]]


@pytest.mark.parametrize("path", sorted(HISTORIES.glob("*/*.json")), ids=lambda path: path.stem)
def test_a_history_is_one_stream_without_gaps(path: Path) -> None:
    history = read(path)
    events = events_of(history)

    assert {event.subject for event in events} == {history["stream"]}
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))


# -- tasks -----------------------------------------------------------------------------------------


def fold_task(history: JsonObject) -> TaskState:
    aggregate = TaskAggregate()
    state = aggregate.initial()
    for event in events_of(history):
        fact = TASK_FACTS_BY_TYPE[event.type].model_validate(event.data)
        state = aggregate.evolve(state, fact)
    return state


def summary_of_task(state: TaskState) -> JsonObject:
    summary: JsonObject = {"has_ended": TaskAggregate().has_ended(state)}
    match state:
        case Pending():
            summary["situation"] = "pending"
        case Resolved(resolved=resolved):
            summary |= {"situation": "resolved", "outcome": resolved.outcome}
            summary |= {"by": resolved.by.name, "values": resolved.values}
            summary |= {"comment": resolved.comment}
        case Closed(closed=closed):
            summary |= {"situation": "closed", "run_status": closed.run_status}
        case ClosedUnseen(closed=closed):
            summary |= {"situation": "closed-unseen", "run_status": closed.run_status}
        case Unknown():
            summary["situation"] = "unknown"
    return summary


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_task_replays_to_the_end_that_it_had(path: Path) -> None:
    history = read(path)

    assert summary_of_task(fold_task(history)) == history["ends"]


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_task_s_snapshot_loads_as_the_fold_of_its_events(path: Path) -> None:
    history = read(path)
    aggregate = TaskAggregate()

    state = aggregate.decode_state(json.dumps(history["snapshot"]))

    assert state == fold_task(history)
    assert aggregate.decode_state(aggregate.encode_state(state)) == state
