"""The receipt of a task: its entries of the log, each with the way to a checkpoint that the deployment has signed."""

from base64 import b64encode
from collections.abc import Sequence

from contracts.receipt import (
    GetReceipt,
    Receipt,
    ReceiptCheckpoint,
    ReceiptEntry,
    ReceiptStep,
)
from services.chassis.errors import Refused
from services.tasks.app.chain_ports import ChainStore, SignedCheckpoint, TaskEntry
from services.tasks.domain.chain import (
    PathStep,
    checkpoint_document,
    entry_document,
    merkle_path,
)

OPENED = "flusso.task.opened"
receipt_bytes_max = 1_000_000
"""What NATS carries in one message, with room for the reply around it."""


class Receipts:
    """Answers whoever may see the task."""

    def __init__(self, chain: ChainStore, *, are_signed: bool) -> None:
        self._chain = chain
        self._are_signed = are_signed

    async def get(self, question: GetReceipt) -> bytes:
        """Return a Receipt as JSON. Raises Refused or Transient."""
        entries = await self._chain.of_task(question.task_id)
        if not any(each.entry.type == OPENED for each in entries):
            raise Refused("task-not-found", "There is no such task.")
        if not self._are_signed:
            message = "This deployment has no key to sign receipts with."
            raise Refused("receipts-not-configured", message)
        numbers = sorted({each.checkpoint for each in entries if each.checkpoint is not None})
        signed = {each.checkpoint.number: each for each in await self._chain.checkpoints(numbers)}
        receipt = Receipt(
            task_id=question.task_id,
            entries=[await self._entry(each, signed) for each in entries],
            checkpoints=[_checkpoint(each) for each in signed.values()],
        )
        encoded = receipt.model_dump_json().encode()
        if len(encoded) > receipt_bytes_max:
            raise Refused("too-large", "The receipt does not fit a message.")
        return encoded

    async def _entry(self, each: TaskEntry, signed: dict[int, SignedCheckpoint]) -> ReceiptEntry:
        if each.link is None or each.hash is None or each.checkpoint not in signed:
            message = "What happened last is not sealed yet; ask again in a few seconds."
            raise Refused("receipt-not-ready", message)
        covering = signed[each.checkpoint].checkpoint
        sealed = await self._chain.hashes_between(covering.first_position, covering.last_position)
        index = [position for position, _ in sealed].index(each.entry.position)
        path = merkle_path([digest for _, digest in sealed], index)
        return ReceiptEntry(
            entry=entry_document(each.entry, each.link),
            data=each.data,
            hash=each.hash.hex(),
            path=_steps(path),
            checkpoint=covering.number,
        )


def _steps(path: Sequence[PathStep]) -> list[ReceiptStep]:
    return [
        ReceiptStep(side="left" if step.is_left else "right", hash=step.hash.hex()) for step in path
    ]


def _checkpoint(signed: SignedCheckpoint) -> ReceiptCheckpoint:
    return ReceiptCheckpoint(
        checkpoint=checkpoint_document(signed.checkpoint),
        signature=b64encode(signed.signature).decode(),
        public_key=b64encode(signed.public_key or b"").decode(),
    )
