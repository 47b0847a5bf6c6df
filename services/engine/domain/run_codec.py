"""Runs and their events as JSON: what the log and the snapshots hold."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

import orjson

from contracts.actor import Actor
from contracts.base import Json, JsonObject, rfc3339
from contracts.run import RUN_FACTS_BY_TYPE, TYPES_OF_RUN_FACTS, ParentRun, RunFact, TimerKind
from services.chassis.aggregate import EncodedEvent
from services.chassis.errors import Broken
from services.engine.domain.run_state import (
    Asking,
    Calling,
    Child,
    Clock,
    Ended,
    Live,
    NodeState,
    NotStarted,
    Queued,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    Settled,
    Sleeping,
)


def encode_event(event: RunFact) -> EncodedEvent:
    """Return the event as stored and told."""
    return EncodedEvent(TYPES_OF_RUN_FACTS[type(event)], event.model_dump_json())


def decode_event(name: str, data: str | bytes) -> RunFact:
    """Return the event of a name; raises Broken for a name that nobody knows, or data that does not fit."""
    try:
        return event_of(name, orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise Broken(f"{name}: {error}") from error


def event_of(name: str, data: JsonObject) -> RunFact:
    """Return the event of a name, from its parsed JSON; raises Broken."""
    model = RUN_FACTS_BY_TYPE.get(name)
    if model is None:
        raise Broken(f"no event of a run is called {name}")
    try:
        return model.model_validate(data)
    except ValueError as error:
        raise Broken(f"{name}: {error}") from error


def encode_state(state: RunState) -> str:
    """Return the snapshot; a node is a short list that begins with the letter of its situation."""
    match state:
        case NotStarted():
            return '{"is":"NotStarted"}'
        case Live():
            snapshot: JsonObject = {
                "is": "Live",
                **_encode_facts(state.facts),
                "data": state.data,
                "nodes": {key: _encode_node(node) for key, node in state.nodes.items()},
                "last": state.last,
                "size": state.size_bytes,
            }
            if state.clocks:
                snapshot["clocks"] = {
                    key: _encode_clock(clock) for key, clock in state.clocks.items()
                }
        case Queued():
            snapshot = {
                "is": "Queued",
                **_encode_facts(state.facts),
                "trigger": state.trigger,
                "trigger_output": state.trigger_output,
                "actor": state.actor.model_dump(mode="json"),
            }
        case Ended():
            snapshot = {"is": state.status, **_encode_facts(state.facts)}
        case _:
            assert_never(state)
    return orjson.dumps(snapshot, default=_id_as_text).decode()


def _id_as_text(value: object) -> str:
    """Return an id of a database driver's own kind as the text that it is; what else has no JSON is a mistake."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


def _encode_facts(facts: RunFacts) -> JsonObject:
    encoded: JsonObject = {
        "workflow_id": facts.workflow_id,
        "workflow_name": facts.workflow_name,
        "version": facts.version,
        "started_at": rfc3339(facts.started_at),
        "request_digest": facts.request_digest,
    }
    if facts.parent is not None:
        encoded["parent"] = facts.parent.model_dump(mode="json")
    return encoded


def _encode_clock(clock: Clock) -> Json:
    due_at = None if clock.due_at is None else rfc3339(clock.due_at)
    return [clock.kind, clock.visit, due_at, clock.remaining_seconds]


def _encode_node(node: NodeState) -> Json:
    match node:
        case Settled():
            return ["s", node.port]
        case Asking():
            return ["a", node.visit, node.task_id]
        case Scheduled():
            return ["w", node.visit, node.attempt]
        case Retrying():
            return ["r", node.visit, node.attempt]
        case Sleeping():
            return ["z", node.visit]
        case Calling():
            return ["c", node.visit, _encode_calls(node)]
        case _:
            assert_never(node)


def _encode_calls(node: Calling) -> JsonObject:
    """Return the calls; keys of objects are texts in JSON, so what goes by index is a list of pairs."""
    return {
        "workflow_id": node.workflow_id,
        "total": node.total,
        "called": node.called,
        "running": [
            [index, child.run_id, child.sequence, child.asks]
            for index, child in node.running.items()
        ],
        "results": list(node.results.items()),
        "errors": list(node.errors.items()),
        "failed": node.failed,
        "collects": node.collects,
        "size": node.size_bytes,
    }


def decode_state(stored: str | bytes) -> RunState:
    """Return the state of a snapshot; raises Broken."""
    try:
        snapshot = orjson.loads(stored)
        match snapshot["is"]:
            case "NotStarted":
                return NotStarted()
            case "Live":
                return Live(
                    _decode_facts(snapshot),
                    snapshot["data"],
                    {key: _decode_node(node) for key, node in snapshot["nodes"].items()},
                    snapshot["last"],
                    snapshot["size"],
                    {
                        key: _decode_clock(*clock)
                        for key, clock in snapshot.get("clocks", {}).items()
                    },
                )
            case "Queued":
                return Queued(
                    _decode_facts(snapshot),
                    snapshot["trigger"],
                    snapshot["trigger_output"],
                    Actor(**snapshot["actor"]),
                )
            case "Completed" | "Failed" | "Cancelled" as status:
                return Ended(_decode_facts(snapshot), status)
            case unknown:
                raise Broken(f"no run is {unknown}")
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Broken(f"this is no snapshot of a run: {error}") from error


def _decode_facts(snapshot: JsonObject) -> RunFacts:
    return RunFacts(
        UUID(snapshot["workflow_id"]),
        snapshot["workflow_name"],
        snapshot["version"],
        datetime.fromisoformat(snapshot["started_at"]),
        snapshot["request_digest"],
        ParentRun(**snapshot["parent"]) if "parent" in snapshot else None,
    )


def _decode_clock(kind: TimerKind, visit: int, due_at: str | None, remaining: float) -> Clock:
    due = None if due_at is None else datetime.fromisoformat(due_at)
    return Clock(kind, visit, due, remaining)


def _decode_node(node: list[Json]) -> NodeState:
    match node:
        case ["s", port]:
            return Settled(port)
        case ["a", visit, task_id]:
            return Asking(visit, UUID(task_id))
        case ["w", visit, attempt]:
            return Scheduled(visit, attempt)
        case ["r", visit, attempt]:
            return Retrying(visit, attempt)
        case ["z", visit]:
            return Sleeping(visit)
        case ["c", visit, calls]:
            return _decode_calls(visit, calls)
        case _:
            raise Broken(f"no node of a run is {node}")


def _decode_calls(visit: int, calls: JsonObject) -> Calling:
    return Calling(
        visit,
        UUID(calls["workflow_id"]),
        calls["total"],
        calls["called"],
        {
            index: Child(UUID(run_id), sequence, asks)
            for index, run_id, sequence, asks in calls["running"]
        },
        dict(calls["results"]),
        dict(calls["errors"]),
        calls["failed"],
        calls["collects"],
        calls["size"],
    )
