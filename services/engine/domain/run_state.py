"""What a run is, between two events. It keeps what later commands need, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from contracts.base import JsonObject
from contracts.run import RunStatus

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


NodeState = Settled | Asking | Scheduled | Retrying


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What was fixed when the run started."""

    workflow_id: UUID
    workflow_name: str
    version: int
    started_at: datetime
    request_digest: str | None


@dataclass(frozen=True, slots=True)
class NotStarted:
    """There are no events yet."""


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


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing follows."""

    facts: RunFacts
    status: EndStatus


RunState = NotStarted | Live | Ended


def open_waits(state: Live) -> Iterator[tuple[str, Asking]]:
    """Yield what the run asks of people, oldest first."""
    return ((key, node) for key, node in state.nodes.items() if isinstance(node, Asking))


def status_of(state: RunState) -> RunStatus:
    """Return the status that people see: `Waiting` is for runs that only people can move."""
    match state:
        case NotStarted():
            return "Queued"
        case Ended(status=status):
            return status
        case Live(nodes=nodes):
            asks = False
            for node in nodes.values():
                if isinstance(node, Scheduled | Retrying):
                    return "Running"
                asks = asks or isinstance(node, Asking)
            return "Waiting" if asks else "Running"
        case _:
            assert_never(state)
