"""What every type of node has in common: a step compiled from its configuration, which is given its turn."""

from collections.abc import Callable, Mapping
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
from services.engine.domain.calls import Callees
from services.engine.domain.findings import Place
from services.engine.domain.reading import M, read_model
from services.engine.domain.retry import NO_RETRIES, RetryPolicy
from services.engine.domain.run_state import Live
from services.engine.domain.scope import Scope
from services.engine.domain.values import check_size

OUT = "out"
ERROR = "error"
TIMEOUT = "timeout"
TIMED_OUT = "timed-out"
"""The error of a node that asked people, none of whom answered in time."""

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
    callees: Callees

    def completed(self, output: Json, port: str = OUT) -> NodeCompleted:
        """Return that the node is done; raises EvaluationFailed for an output that cannot be kept."""
        check_size(output, self.live)
        return NodeCompleted(
            node=self.key, visit=self.visit, attempt=self.attempt, port=port, output=output
        )

    def scheduled(self, request: JsonObject) -> NodeScheduled:
        """Return that a worker is to perform the node; raises EvaluationFailed for a request that is too large.

        Places of secrets are those that evaluating the request has found.
        """
        check_size(request, self.live)
        return NodeScheduled(
            node=self.key,
            visit=self.visit,
            attempt=self.attempt,
            type=self.type,
            request=request,
            idempotency_key=f"{self.run_id}/{self.key}/{self.visit}/{self.attempt}",
            secrets=self.scope.secrets,
        )


class Step(Protocol):
    """What a node does, compiled: templates parsed, expressions ready."""

    def take(self, turn: Turn) -> Turned:
        """Return the event of a node whose turn has come; raises EvaluationFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What others may say of a node: its ports and the members of its output; None where they are not known.

    `inner` has the shapes of those members of which more is known.
    """

    ports: tuple[str, ...] | None = (OUT,)
    members: frozenset[str] | None = field(default=None)
    inner: Mapping[str, "Shape"] = field(default_factory=dict)


Compiled = tuple[Step | None, Shape]
"""The step is None when the configuration has faults."""
C = TypeVar("C", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class NodeType:
    """A type of node: the model of its configuration, None for one of any members, and its compiler.

    `errors` are those that a worker may report, by the words that `retry.on` has for them; None: no worker performs it.
    `retry` is how often it is tried again if nothing is said; `own_retry` reads an older way to say it. `limited`: it
    may have a `time_limit`.
    """

    name: str
    config: type[BaseModel] | None
    compile: Callable[[JsonObject, Place], Compiled]
    errors: Mapping[str, frozenset[str]] | None = None
    has_statuses: bool = False
    retry: RetryPolicy = NO_RETRIES
    own_retry: Callable[[JsonObject], RetryPolicy | None] | None = None
    limited: bool = False


def error_words(*codes: str, **words: str) -> Mapping[str, frozenset[str]]:
    """Return the words of `retry.on`: each code stands for itself, each word (`_` for `-`) for the code it names."""
    named = {word.replace("_", "-"): frozenset({code}) for word, code in words.items()}
    return {**named, **{code: frozenset({code}) for code in (*words.values(), *codes)}}


def node_type(
    name: str,
    config: type[M],
    compile_step: Callable[[M, Place], Compiled],
    *,
    errors: Mapping[str, frozenset[str]] | None = None,
    limited: bool = False,
) -> NodeType:
    """Return the type of node whose configuration is read as a model first."""

    def compile_config(raw: JsonObject, place: Place) -> Compiled:
        read = read_model(config, raw, place)
        return (None, Shape(ports=None)) if read is None else compile_step(read, place)

    return NodeType(name, config, compile_config, errors=errors, limited=limited)
