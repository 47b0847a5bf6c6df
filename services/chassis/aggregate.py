"""What a service gives the pipeline: its pure rules, and how its events and states become text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

S = TypeVar("S")
C_contra = TypeVar("C_contra", contravariant=True)
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event as it is stored and told: its name on the wire, the version of its shape, its JSON."""

    type: str
    data: str
    schema_version: int = 1


class Aggregate(Protocol[S, C_contra, E]):
    """The rules of one kind of stream; every method is pure."""

    def initial(self) -> S:
        """Return the state of a stream without events."""
        ...

    def decide(self, state: S, command: C_contra, now: datetime) -> Sequence[E]:
        """Return what happens, `[]` if it has happened already; raises Refused."""
        ...

    def evolve(self, state: S, event: E) -> S:
        """Return the state after the event; total."""
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
