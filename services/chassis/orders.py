"""An order to a stream, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Order(Generic[C]):
    """A command, the stream that it is for, and where it comes from (kept with every event that it causes).

    `opens` says that the stream is most likely new: it is not read first, and the append finds out if it is not.
    """

    stream_id: UUID
    command: C
    actor: str
    cause: str
    traceparent: str | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Done(Generic[S, E]):
    """Committed, or nothing was left to do (`events` is empty). `state` is the stream's fold after this order."""

    state: S
    events: tuple[E, ...]


@dataclass(frozen=True, slots=True)
class Change(Generic[S, E]):
    """What one batch did to one stream: all its events, the first of which has `first_version`."""

    stream_id: UUID
    before: S
    after: S
    events: tuple[E, ...]
    first_version: int
    occurred_at: datetime
