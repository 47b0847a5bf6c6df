"""The hashes that make the log of tasks tamper-evident. Written out for people who verify in docs/receipts.md.

Every entry of the log is hashed together with the hash of the entry before it of the same workflow, so that none can
be changed, moved or left out alone. A checkpoint holds the root of a Merkle tree (RFC 6962) over the entries since the
last checkpoint, and that one's hash; the deployment signs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import orjson

from contracts.base import Json, rfc3339

ENTRY_FORMAT = "flusso.entry/1"
CHECKPOINT_FORMAT = "flusso.checkpoint/1"
NO_WORKFLOW = UUID(int=0)
"""Of a task whose end was heard of before its pause, so that nobody ever saw it."""
BEGINNING = bytes(32)
"""Before the first entry of a workflow, and before the first checkpoint."""
_LEAF, _INNER = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it lies in the log; the digests, in lower-case hex, are of the very texts that are stored there."""

    position: int
    task_id: UUID
    version: int
    type: str
    schema_version: int
    data_sha256: str
    metadata_sha256: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry stands in the chain of its workflow: its place (1..n), and the hash before it."""

    workflow_id: UUID
    place: int
    previous: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed. It covers the entries of these positions, and through `previous` all before them."""

    number: int
    first_position: int
    last_position: int
    entries: int
    """Of the whole log up to here."""
    root: bytes
    previous: bytes
    signed_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class PathStep:
    """A neighbour on the way from a leaf to the root."""

    hash: bytes
    is_left: bool


def entry_document(entry: Entry, link: Link) -> dict[str, Json]:
    """Return what is hashed for an entry: its long texts by their digests, everything else as it is."""
    return {
        "format": ENTRY_FORMAT,
        "workflow_id": str(link.workflow_id),
        "place": link.place,
        "previous": link.previous.hex(),
        "position": entry.position,
        "task_id": str(entry.task_id),
        "version": entry.version,
        "type": entry.type,
        "schema_version": entry.schema_version,
        "occurred_at": rfc3339(entry.occurred_at),
        "data_sha256": entry.data_sha256,
        "metadata_sha256": entry.metadata_sha256,
    }


def entry_hash(entry: Entry, link: Link) -> bytes:
    """Return the hash of an entry in its place."""
    return sha256(canonical(entry_document(entry, link))).digest()


def checkpoint_document(checkpoint: Checkpoint) -> dict[str, Json]:
    """Return what is signed."""
    return {
        "format": CHECKPOINT_FORMAT,
        "number": checkpoint.number,
        "first_position": checkpoint.first_position,
        "last_position": checkpoint.last_position,
        "entries": checkpoint.entries,
        "root": checkpoint.root.hex(),
        "previous": checkpoint.previous.hex(),
        "signed_at": rfc3339(checkpoint.signed_at),
        "key_id": checkpoint.key_id,
    }


def checkpoint_hash(checkpoint: Checkpoint) -> bytes:
    """Return the hash that the next checkpoint names."""
    return sha256(canonical(checkpoint_document(checkpoint))).digest()


def canonical(document: dict[str, Json]) -> bytes:
    """Return JSON with sorted keys and no white space. All texts in our documents are ASCII, all numbers whole."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over at least one hash."""
    level = _leaves(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def merkle_path(hashes: Sequence[bytes], index: int) -> list[PathStep]:
    """Return the neighbours that lead from the hash at `index` to the root; a lone node rises as it is."""
    path = []
    level = _leaves(hashes)
    while len(level) > 1:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(PathStep(level[neighbour], is_left=neighbour < index))
        level, index = _above(level), index // 2
    return path


def root_of_path(leaf: bytes, path: Sequence[PathStep]) -> bytes:
    """Return the root that a hash and its path lead to."""
    node = sha256(_LEAF + leaf).digest()
    for step in path:
        pair = step.hash + node if step.is_left else node + step.hash
        node = sha256(_INNER + pair).digest()
    return node


def _leaves(hashes: Sequence[bytes]) -> list[bytes]:
    assert hashes, "a checkpoint covers something"
    return [sha256(_LEAF + each).digest() for each in hashes]


def _above(level: Sequence[bytes]) -> list[bytes]:
    paired = [
        sha256(_INNER + left + right).digest()
        for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    return [*paired, level[-1]] if len(level) % 2 else paired
