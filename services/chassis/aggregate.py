"""What a service gives the pipeline: its pure rules, and how its events and states become text."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

S = TypeVar("S")
C_contra = TypeVar("C_contra", contravariant=True)
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event as it is stored and told: its name on the wire, the version of its shape, its JSON."""

    type: str
    data: str
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Decision(Generic[S, E]):
    """What a command brings about, and the state after it; no events if it has happened already."""

    events: tuple[E, ...]
    state: S


class Aggregate(Protocol[S, C_contra, E]):
    """The rules of one kind of stream; every method is pure."""

    def initial(self) -> S:
        """Return the state of a stream without events."""
        ...

    def execute(self, state: S, command: C_contra, now: datetime) -> Decision[S, E]:
        """Decide, and fold what was decided; raises Refused."""
        ...

    def has_ended(self, state: S) -> bool:
        """Tell whether no command can change the stream any more."""
        ...

    def encode_event(self, event: E) -> EncodedEvent:
        """Return the event as stored."""
        ...

    def encode_state(self, state: S) -> str:
        """Return the snapshot, as JSON."""
        ...

    def decode_state(self, stored: str) -> S:
        """Return the state of a snapshot."""
        ...


def folded(evolve: Callable[[S, E], S], state: S, events: Iterable[E]) -> Decision[S, E]:
    """Return the decision for rules that fold in a function of their own."""
    happened = tuple(events)
    for event in happened:
        state = evolve(state, event)
    return Decision(happened, state)
