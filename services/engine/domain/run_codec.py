"""Runs and their events as JSON: what the log and the snapshots hold."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

import orjson

from contracts.base import Json, JsonObject, rfc3339
from contracts.run import RUN_FACTS_BY_TYPE, TYPES_OF_RUN_FACTS, RunFact
from services.chassis.aggregate import EncodedEvent
from services.chassis.errors import Broken
from services.engine.domain.run_state import (
    Asking,
    Ended,
    Live,
    NodeState,
    NotStarted,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    Settled,
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
        case Ended():
            snapshot = {"is": state.status, **_encode_facts(state.facts)}
        case _:
            assert_never(state)
    return orjson.dumps(snapshot).decode()


def _encode_facts(facts: RunFacts) -> JsonObject:
    return {
        "workflow_id": facts.workflow_id,
        "workflow_name": facts.workflow_name,
        "version": facts.version,
        "started_at": rfc3339(facts.started_at),
        "request_digest": facts.request_digest,
    }


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
        case _:
            assert_never(node)


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
    )


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
        case _:
            raise Broken(f"no node of a run is {node}")
