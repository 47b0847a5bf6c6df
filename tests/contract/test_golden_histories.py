"""Whole streams and snapshots as they were stored once: they replay for ever, to the same end."""

import json
from pathlib import Path

import pytest

from contracts.base import JsonObject
from contracts.envelope import CloudEvent
from contracts.task import TASK_FACTS_BY_TYPE
from services.engine.domain import run_evolve
from services.engine.domain.definition import parse_definition
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_state import Live, RunState, open_waits, status_of
from services.engine.domain.trace import fold_run, fold_trace
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.domain import task
from services.tasks.domain.task_state import (
    Closed,
    ClosedUnseen,
    Overtaken,
    Pending,
    Resolved,
    TaskState,
    Unknown,
)

HISTORIES = Path(__file__).parents[1] / "golden" / "histories"
RUNS = sorted((HISTORIES / "runs").glob("*.json"))
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


# -- runs ------------------------------------------------------------------------------------------


def states_of_run(history: JsonObject) -> list[RunState]:
    """Return the state after each event."""
    aggregate = RunAggregate()
    states: list[RunState] = []
    state = aggregate.initial()
    for event in events_of(history):
        state = run_evolve.evolve(state, aggregate.decode_event(event.type, json.dumps(event.data)))
        states.append(state)
    return states


def waits_of(state: RunState) -> list[str]:
    return [str(node.task_id) for _, node in open_waits(state)] if isinstance(state, Live) else []


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_replays_through_the_statuses_that_it_had(path: Path) -> None:
    history = read(path)

    states = states_of_run(history)

    assert [status_of(state) for state in states] == history["statuses"]
    assert status_of(states[-1]) == history["ends"]["status"]
    assert RunAggregate().has_ended(states[-1]) == history["ends"]["has_ended"]
    assert waits_of(states[-1]) == history["ends"]["waits"]


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_s_snapshot_loads_as_the_fold_of_its_events(path: Path) -> None:
    history = read(path)
    aggregate = RunAggregate()

    state = aggregate.decode_state(json.dumps(history["snapshot"]))

    assert state == states_of_run(history)[-1]
    assert aggregate.decode_state(aggregate.encode_state(state)) == state


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_s_trace_after_each_event_tells_the_status_that_it_had(path: Path) -> None:
    history = read(path)
    events, definition = events_of(history), parse_definition(history["definition"])

    told = [fold_run(events[:end], definition).status for end in range(1, len(events) + 1)]

    assert told == history["statuses"]


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_run_s_definition_is_still_valid_and_its_trace_reads_the_same(path: Path) -> None:
    history = read(path)

    steps, output = fold_trace(events_of(history), parse_definition(history["definition"]))

    assert output == history["ends"]["output"]
    assert [
        {
            "node": step.node,
            "status": step.status,
            "attempt": step.attempt,
            "decision": step.decision and step.decision.outcome,
            "error": step.error and step.error.code,
        }
        for step in steps
    ] == history["ends"]["trace"]


# -- tasks -----------------------------------------------------------------------------------------


def fold_task(history: JsonObject) -> TaskState:
    aggregate = TaskAggregate()
    state = aggregate.initial()
    for event in events_of(history):
        fact = TASK_FACTS_BY_TYPE[event.type].model_validate(event.data)
        state = task.evolve(state, fact)
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
        case Overtaken(resolved=resolved, overtaken=overtaken):
            summary |= {"situation": "overtaken", "outcome": resolved.outcome}
            summary |= {"by": resolved.by.name, "values": resolved.values}
            summary |= {"comment": resolved.comment, "run_status": overtaken.run_status}
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
