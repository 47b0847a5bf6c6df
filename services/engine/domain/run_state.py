"""What a run is, between two events. It keeps what later commands need, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Json, JsonObject
from contracts.run import ParentRun, RunStatus, TimerKind, TriggerKind

TRIGGER = "trigger"

EndStatus = Literal["Completed", "Failed", "Cancelled"]


@dataclass(frozen=True, slots=True)
class Settled:
    """The node is done; the edges of `port` are taken, all others dead. None: skipped or failed for good."""

    port: str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """The node waits for the answer of people."""

    visit: int
    task_id: UUID


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A worker performs the node's side effect."""

    visit: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Retrying:
    """Attempt `attempt` failed; the next one starts when its timer fires."""

    visit: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Sleeping:
    """The node waits for its time."""

    visit: int


@dataclass(frozen=True, slots=True)
class Child:
    """A child run under way, as of `sequence` of its log."""

    run_id: UUID
    sequence: int = 0
    asks: bool = False
    """Only people can move it."""


@dataclass(frozen=True, slots=True)
class Calling:
    """The node has called child runs and waits for their ends.

    `total` are to be called, `called` have been; `results` and `errors` are those of the ended, by index of the call.
    Of the results only those are kept that are collected, of `failed` errors the first ones: the state does not grow
    with the number of runs.
    """

    visit: int
    workflow_id: UUID
    total: int
    called: int
    running: Mapping[int, Child]
    results: Mapping[int, Json] = field(default_factory=dict)
    errors: Mapping[int, JsonObject] = field(default_factory=dict)
    failed: int = 0
    collects: bool = True
    size_bytes: int = 0
    """All results and errors as JSON, together."""

    @property
    def ended(self) -> int:
        """Return how many of the called runs have ended."""
        return self.called - len(self.running)


NodeState = Settled | Asking | Scheduled | Retrying | Sleeping | Calling


@dataclass(frozen=True, slots=True)
class Clock:
    """The time limit of a node or of the run: when it is up, or how much is left while the clock stands still."""

    kind: TimerKind
    visit: int
    due_at: datetime | None
    remaining_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was fixed when the run started."""

    workflow_id: UUID
    workflow_name: str
    version: int
    started_at: datetime
    request_digest: str | None
    parent: ParentRun | None = None


@dataclass(frozen=True, slots=True)
class NotStarted:
    """There are no events yet."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Accepted; it starts when its workflow has a free slot. `started_at` of the facts is when it was accepted."""

    facts: RunFacts
    trigger: TriggerKind
    trigger_output: Json
    actor: Actor


RUN_CLOCK = ""
"""The key of the run's own clock among those of its nodes."""


@dataclass(frozen=True, slots=True)
class Live:
    """`data` is what expressions see: `{"output": ...}` or `{"error": ...}` by key, the trigger included."""

    facts: RunFacts
    data: Mapping[str, JsonObject]
    nodes: Mapping[str, NodeState]
    last: str
    """The key of what completed last: its output becomes the run's."""
    size_bytes: int
    """All outputs as JSON, together."""
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    """Time limits, by the key of the node."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing follows."""

    facts: RunFacts
    status: EndStatus


RunState = NotStarted | Queued | Live | Ended


def open_waits(state: Live) -> Iterator[tuple[str, Asking]]:
    """Yield what the run asks of people, oldest first."""
    return ((key, node) for key, node in state.nodes.items() if isinstance(node, Asking))


def status_of(state: RunState) -> RunStatus:
    """Return the status that people see: `Waiting` is for runs that only people can move."""
    match state:
        case NotStarted() | Queued():
            return "Queued"
        case Ended(status=status):
            return status
        case Live(nodes=nodes):
            asks = False
            for node in nodes.values():
                if isinstance(node, Settled):
                    continue
                if not only_people_move(node):
                    return "Running"
                asks = True
            return "Waiting" if asks else "Running"
        case _:
            assert_never(state)


def only_people_move(node: NodeState) -> bool:
    """Tell whether nothing but an answer of people moves the node on, be it one that a child run asked for."""
    return all_ask(node.running) if isinstance(node, Calling) else isinstance(node, Asking)


def all_ask(running: Mapping[int, Child]) -> bool:
    """Tell whether there are child runs, and only people can move any of them."""
    return bool(running) and all(child.asks for child in running.values())


def calls_of(state: RunState) -> Iterator[tuple[str, Calling]]:
    """Yield the nodes that have called child runs which may be under way."""
    nodes = state.nodes.items() if isinstance(state, Live) else ()
    return ((key, node) for key, node in nodes if isinstance(node, Calling))


def awaits_machines(state: Live) -> bool:
    """Tell whether a job or a timer of the run may be under way."""
    return bool(state.clocks) or any(
        isinstance(node, Scheduled | Retrying | Sleeping) for node in state.nodes.values()
    )
