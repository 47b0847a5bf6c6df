"""What every type of node has in common: a step compiled from its configuration, which is given its turn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from contracts.base import Json, JsonObject
from contracts.run import (
    ChildrenCalled,
    NodeCompleted,
    NodeScheduled,
    RunPaused,
    TimerSet,
)
from services.engine.domain.findings import Place
from services.engine.domain.reading import M, read_model
from services.engine.domain.run_state import Live
from services.engine.domain.scope import Scope
from services.engine.domain.values import check_size

OUT = "out"
ERROR = "error"
TIMEOUT = "timeout"

Turned = NodeCompleted | RunPaused | NodeScheduled | TimerSet | ChildrenCalled
"""What a node can do when its turn has come: be done, or say what it waits for."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one visit of a node: who it is, and what it sees."""

    key: str
    name: str
    type: str
    visit: int
    attempt: int
    run_id: UUID
    live: Live
    scope: Scope
    now: datetime

    def completed(self, output: Json, port: str = OUT) -> NodeCompleted:
        """Return that the node is done; raises EvaluationFailed for an output that cannot be kept."""
        check_size(output, self.live)
        return NodeCompleted(
            node=self.key, visit=self.visit, attempt=self.attempt, port=port, output=output
        )

    def scheduled(self, request: JsonObject) -> NodeScheduled:
        """Return that a worker is to perform the node; raises EvaluationFailed for a request that is too large."""
        check_size(request, self.live)
        return NodeScheduled(
            node=self.key,
            visit=self.visit,
            attempt=self.attempt,
            type=self.type,
            request=request,
            idempotency_key=f"{self.run_id}/{self.key}/{self.visit}/{self.attempt}",
        )


class Step(Protocol):
    """What a node does, compiled: templates parsed, expressions ready."""

    def take(self, turn: Turn) -> Turned:
        """Return the event of a node whose turn has come; raises EvaluationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What others may say of a node: its ports and the members of its output; None where they are not known."""

    ports: tuple[str, ...] | None = (OUT,)
    members: frozenset[str] | None = field(default=None)


Compiled = tuple[Step | None, Shape]
"""The step is None when the configuration has faults."""
C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class NodeType:
    """A type of node: the model of its configuration, None for one of any members, and its compiler."""

    name: str
    config: type[BaseModel] | None
    compile: Callable[[JsonObject, Place], Compiled]


def node_type(name: str, config: type[M], compile_step: Callable[[M, Place], Compiled]) -> NodeType:
    """Return the type of node whose configuration is read as a model first."""

    def compile_config(raw: JsonObject, place: Place) -> Compiled:
        read = read_model(config, raw, place)
        return (None, Shape(ports=None)) if read is None else compile_step(read, place)

    return NodeType(name, config, compile_config)
