"""What each event makes of a run. It follows and never judges: every event on every state gives a state."""

from typing import assert_never
from uuid import UUID

import orjson

from contracts.base import Json, JsonObject
from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    NodeSkipped,
    RetrySet,
    RunCancelled,
    RunCompleted,
    RunFact,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
)
from services.engine.domain.run_state import (
    TRIGGER,
    Asking,
    Ended,
    EndStatus,
    Live,
    NodeState,
    NotStarted,
    Retrying,
    RunFacts,
    RunState,
    Scheduled,
    Settled,
)
from services.engine.domain.steps import OUT


def evolve(  # noqa: C901, PLR0911, PLR0912 - one case for each event
    state: RunState, event: RunFact
) -> RunState:
    """Return the state after the event."""
    if isinstance(event, RunStarted):
        return _started(event) if isinstance(state, NotStarted) else state
    if not isinstance(state, Live):
        return state
    match event:
        case NodeCompleted():
            return _completed(state, event.node, event.port, event.output)
        case RunResumed():
            return _completed(state, event.node, OUT, event.output)
        case RunPaused():
            return _moved(state, event.node, Asking(event.visit, event.task_id))
        case NodeSkipped():
            return _moved(state, event.node, Settled(None))
        case NodeFailed():
            return _failed(state, event)
        case NodeScheduled():
            return _moved(state, event.node, Scheduled(event.visit, event.attempt))
        case RetrySet():
            return _moved(state, event.node, Retrying(event.visit, event.attempt))
        case RunCompleted():
            return _ended(state, "Completed")
        case RunFailed():
            return _ended(state, "Failed")
        case RunCancelled():
            return _ended(state, "Cancelled")
        case _:
            assert_never(event)


def _started(event: RunStarted) -> Live:
    facts = RunFacts(
        event.workflow_id,
        event.workflow_name,
        event.version,
        event.started_at,
        event.request_digest,
    )
    data = {TRIGGER: {"output": event.trigger_output}}
    return Live(facts, data, {TRIGGER: Settled(OUT)}, TRIGGER, size_of(event.trigger_output))


def _moved(state: Live, key: str, node: NodeState) -> Live:
    return Live(state.facts, state.data, {**state.nodes, key: node}, state.last, state.size_bytes)


def _completed(state: Live, key: str, port: str, output: Json) -> Live:
    return Live(
        state.facts,
        {**state.data, key: {"output": output}},
        {**state.nodes, key: Settled(port)},
        key,
        state.size_bytes + size_of(output),
    )


def _failed(state: Live, event: NodeFailed) -> Live:
    """A worker's output that came with the error can be read like any output."""
    error = event.error.model_dump(mode="json")
    seen: JsonObject = {"error": error}
    if "output" in event.error.details:
        seen["output"] = event.error.details["output"]
    return Live(
        state.facts,
        {**state.data, event.node: seen},
        {**state.nodes, event.node: Settled(event.port)},
        state.last,
        state.size_bytes + size_of(seen),
    )


def _ended(state: Live, status: EndStatus) -> Ended:
    return Ended(state.facts, status)


def size_of(value: Json) -> int:
    """Return the size of a value as JSON, in bytes."""
    return len(orjson.dumps(value))


def open_tasks(state: Live, *, but: UUID | None = None) -> list[UUID]:
    """Return the tasks that the run waits for, oldest first."""
    return [
        node.task_id
        for node in state.nodes.values()
        if isinstance(node, Asking) and node.task_id != but
    ]
