"""Builders for tests about runs: a workflow in a few words, and a run that is told as commands and events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

import orjson

from contracts.actor import Actor
from contracts.base import Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.run import RunError, RunFact, RunPaused
from services.chassis.errors import Refused
from services.engine.domain.calls import Callees
from services.engine.domain.definition import Definition, parse_definition
from services.engine.domain.graph import Graph, compile_graph
from services.engine.domain.run import decide
from services.engine.domain.run_codec import encode_event
from services.engine.domain.run_commands import (
    Cancel,
    Command,
    FireRetry,
    RecordNodeResult,
    Resolve,
    RunCommand,
    Start,
)
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import NotStarted, RunState

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
RUN_ID = UUID("018f0000-0000-7000-8000-0000000000a1")
WORKFLOW_ID = UUID("018f0000-0000-7000-8000-0000000000b1")
ADA = Actor(kind="user", id="u-ada", name="Ada", means="session")
BOB = Actor(kind="user", id="u-bob", name="Bob", means="session")

E = TypeVar("E")


def node(key: str, node_type: str, **config: Json) -> JsonObject:
    return {"key": key, "type": node_type, "name": key.capitalize(), "config": config}


def edge(source: str, target: str, port: str | None = None) -> JsonObject:
    ends: JsonObject = {"from": source, "to": target}
    return ends if port is None else {**ends, "port": port}


def workflow(
    nodes: Sequence[JsonObject],
    edges: Sequence[JsonObject] | None = None,
    *,
    trigger: str = "manual_trigger",
    trigger_config: JsonObject | None = None,
) -> JsonObject:
    """A definition; without edges the nodes follow each other."""
    if edges is None:
        keys = ["trigger", *(one["key"] for one in nodes)]
        edges = [edge(a, b) for a, b in pairwise(keys)]
    return {
        "trigger": {"type": trigger, "config": trigger_config or {}},
        "nodes": list(nodes),
        "edges": list(edges),
    }


def graph_of(raw: JsonObject) -> Graph:
    return compile_graph(parse_definition(raw))


def definition_of(raw: JsonObject) -> Definition:
    return parse_definition(raw)


def start(trigger_output: Json = None, *, digest: str | None = "d1") -> Start:
    return Start(
        workflow_id=WORKFLOW_ID,
        workflow_name="Newsletter",
        version=3,
        trigger="manual",
        trigger_output={} if trigger_output is None else trigger_output,
        actor=ADA,
        request_digest=digest,
    )


def approve(task: RunPaused, by: Actor = ADA, comment: str | None = None) -> Resolve:
    return Resolve(task.task_id, "approved", None, by, NOW, comment)


def reject(task: RunPaused, by: Actor = ADA, comment: str | None = None) -> Resolve:
    return Resolve(task.task_id, "rejected", None, by, NOW, comment)


def submit(task: RunPaused, values: JsonObject, by: Actor = ADA) -> Resolve:
    return Resolve(task.task_id, "submitted", values, by, NOW)


def answered(key: str, output: Json = None, attempt: int = 1) -> RecordNodeResult:
    return RecordNodeResult(node=key, visit=1, attempt=attempt, output=output)


def broken(
    key: str, attempt: int = 1, *, retryable: bool = False, output: Json = None
) -> RecordNodeResult:
    error = RunError(code="request-failed", message="No route.")
    return RecordNodeResult(
        node=key, visit=1, attempt=attempt, error=error, retryable=retryable, output=output
    )


def fired(key: str, attempt: int = 1) -> FireRetry:
    return FireRetry(node=key, visit=1, attempt=attempt)


def cancel(reason: str | None = None) -> Cancel:
    return Cancel(reason, BOB)


@dataclass(slots=True)
class Run:
    """A run of a graph: commands go in, events are kept."""

    graph: Graph
    state: RunState = field(default_factory=NotStarted)
    events: list[RunFact] = field(default_factory=list)
    now: datetime = NOW
    callees: Callees = field(default_factory=dict)

    def does(self, command: Command) -> list[RunFact]:
        """Take a command; return what it brought about."""
        events = list(
            decide(self.state, RunCommand(RUN_ID, command, self.graph, self.callees), self.now)
        )
        for event in events:
            self.state = evolve(self.state, event)
        self.events += events
        return events

    def tries(self, command: Command) -> list[RunFact] | Refused:
        """Take a command; return also the refusal."""
        try:
            return self.does(command)
        except Refused as refused:
            return refused

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[E]) -> E:
        (event,) = self.all(kind)
        return event

    def task(self, key: str) -> RunPaused:
        (paused,) = [event for event in self.all(RunPaused) if event.node == key]
        return paused


def started(raw: JsonObject, trigger_output: Json = None) -> Run:
    """A run that has just begun."""
    run = Run(graph_of(raw))
    run.does(start(trigger_output))
    return run


def envelopes(events: Sequence[RunFact]) -> list[CloudEvent]:
    """The log of a run whose events came a second apart."""
    return [_envelope(event, index) for index, event in enumerate(events)]


def _envelope(event: RunFact, index: int) -> CloudEvent:
    encoded = encode_event(event)
    return CloudEvent(
        id=f"{RUN_ID}-{index + 1}",
        source="flusso/engine",
        type=encoded.type,
        subject=str(RUN_ID),
        time=NOW + timedelta(seconds=index),
        dataschema=f"{encoded.type}/1",
        sequence=index + 1,
        logposition=index,
        data=orjson.loads(encoded.data),
    )
