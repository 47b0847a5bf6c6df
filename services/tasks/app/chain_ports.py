"""What sealing the log, and showing that it is sealed, need from outside. Everything raises Transient or Broken."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.tasks.domain.chain import Checkpoint, Entry, Link

page_entries_max = 500
"""Of a checkpoint: the most entries, and so the most that are hashed before somebody else gets a turn."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An entry that is not in the chain yet, and the workflow that it belongs to."""

    entry: Entry
    workflow_id: UUID


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Up to where the log is sealed: the position, how many checkpoints and entries, and the last checkpoint."""

    position: int
    checkpoints: int
    entries: int
    last: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a workflow's chain."""

    place: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """Entries with their places and hashes, and the signed checkpoint over them."""

    after_position: int
    positions: Sequence[int]
    links: Sequence[Link]
    hashes: Sequence[bytes]
    checkpoint: Checkpoint
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint as it is kept; without `public_key` its key is unknown here."""

    checkpoint: Checkpoint
    signature: bytes
    public_key: bytes | None


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """An entry of a task's log; the rest is None while it is not sealed."""

    entry: Entry
    data: str
    link: Link | None
    hash: bytes | None
    checkpoint: int | None


@dataclass(frozen=True, slots=True)
class Chained:
    """What the chain says of an entry."""

    workflow_id: UUID
    place: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What lies at a position: the entry of the log beside what the chain says of it; one of them may be gone."""

    position: int
    entry: Entry | None
    chained: Chained | None


class Signer(Protocol):
    """The deployment's key."""

    @property
    def key_id(self) -> str: ...

    @property
    def public_key(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature, 64 bytes."""
        ...


class Verifier(Protocol):
    """Checks a signature: public key, signature, message."""

    def __call__(self, public_key: bytes, signature: bytes, message: bytes) -> bool: ...


class SealingStore(Protocol):
    """The chain as the one who seals it writes it."""

    async def lead(self) -> bool:
        """Become the one who seals, if nobody is."""
        ...

    async def add_key(self, key_id: str, public_key: bytes) -> None:
        """Keep the public half of a key."""
        ...

    async def end(self) -> ChainEnd:
        """Return up to where the log is sealed."""
        ...

    async def unsealed(self, after: int, limit: int) -> Sequence[Unsealed]:
        """Return the next entries of the log."""
        ...

    async def heads(self, workflow_ids: Sequence[UUID], before: int) -> Mapping[UUID, Head]:
        """Return the last entries of these workflows before a position."""
        ...

    async def seal(self, sealed: Sealed) -> bool:
        """Write all or nothing; nothing, and False, if it was sealed by somebody else."""
        ...


class OpenSealing(Protocol):
    """Opens a store of its own for as long as somebody seals or waits to."""

    def __call__(self) -> AbstractAsyncContextManager[SealingStore]: ...


class ChainStore(Protocol):
    """The chain as it is read."""

    async def end(self) -> ChainEnd:
        """Return up to where the log is sealed."""
        ...

    async def of_task(self, task_id: UUID) -> Sequence[TaskEntry]:
        """Return the entries of a task, in order."""
        ...

    async def checkpoints(self, numbers: Sequence[int]) -> Sequence[SignedCheckpoint]:
        """Return these checkpoints, in order."""
        ...

    async def checkpoints_after(self, number: int, limit: int) -> Sequence[SignedCheckpoint]:
        """Return the checkpoints after a number, in order."""
        ...

    async def last_before(self, moment: datetime) -> int:
        """Return the number of the last checkpoint that was signed before a moment, 0 if there is none."""
        ...

    async def hashes_between(self, first: int, last: int) -> Sequence[tuple[int, bytes]]:
        """Return positions and hashes of a checkpoint's entries, in order."""
        ...

    async def between(self, first: int, last: int, limit: int) -> Sequence[Place]:
        """Return what lies between two positions, in order."""
        ...

    async def heads(self, workflow_ids: Sequence[UUID], before: int) -> Mapping[UUID, Head]:
        """Return the last entries of these workflows before a position."""
        ...
