"""The receipt of a task: proof of what was asked and answered that can be checked offline. See docs/receipts.md."""

from typing import Literal
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Command, Fact


class GetReceipt(Command):
    """Ask for the receipt of a task.

    Refused with `task-not-found`, `receipt-not-ready` (its last entry is sealed within seconds) and
    `receipts-not-configured` (this deployment has no key to sign with).
    """

    task_id: UUID
    actor: Actor


class ReceiptStep(Fact):
    """A neighbour on the way from an entry to the root of its checkpoint."""

    side: Literal["left", "right"]
    hash: str


class ReceiptEntry(Fact):
    """An entry of the task's log: `sha256(entry as canonical JSON)` is `hash`, and `path` leads from it to the root.

    `data` is the entry's content as text: its SHA-256 is `entry.data_sha256`.
    """

    entry: dict[str, int | str]
    data: str
    hash: str
    path: list[ReceiptStep]
    checkpoint: int


class ReceiptCheckpoint(Fact):
    """A signed checkpoint: `signature` (Ed25519, base64) is over the checkpoint as canonical JSON."""

    checkpoint: dict[str, int | str]
    signature: str
    public_key: str


class Receipt(Fact):
    """What was shown, who decided, when and by what means, and the proof of it."""

    format: Literal["flusso.receipt/1"] = "flusso.receipt/1"
    task_id: UUID
    entries: list[ReceiptEntry]
    checkpoints: list[ReceiptCheckpoint]
