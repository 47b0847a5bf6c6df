"""Answers operators whether the log of tasks is what was sealed, page by page."""

from contracts.operations import Finding, VerifiedChain, VerifyChain
from services.chassis.errors import Refused
from services.chassis.findings import Said, finding, said
from services.tasks.app.chain_ports import ChainStore
from services.tasks.app.verify_chain import ChainCheck, ChainFinding
from services.tasks.domain.chain import Checkpoint

_REMEDY = said(
    "compare-sealed",
    "Somebody changed the database, or restored an older state: compare it with a backup and with receipts.",
)
_UNKNOWN_KEY = said(
    "trust-key",
    "If the key was changed, name the public half of the former one in FLUSSO_TRUSTED_KEYS.",
)


class VerifyTaskChain:
    """Nothing is looked at where nothing is sealed."""

    def __init__(self, chain: ChainStore, check: ChainCheck | None) -> None:
        self._chain = chain
        self._check = check

    async def page(self, question: VerifyChain) -> VerifiedChain:
        """Check a page of checkpoints. Raises Refused (`invalid-cursor`), Transient."""
        if self._check is None:
            return VerifiedChain(checkpoints=0, entries=0)
        page = await self._check.page(await self._start_of(question), question.limit)
        goes_on = page.last is not None and not page.is_last
        return VerifiedChain(
            checkpoints=page.checkpoints,
            entries=page.entries,
            next_cursor=str(page.last.number) if page.last is not None and goes_on else None,
            findings=[_finding(each) for each in page.findings],
        )

    async def _start_of(self, question: VerifyChain) -> Checkpoint | None:
        if question.cursor is not None:
            number = _number(question.cursor)
        elif question.since is not None:
            number = await self._chain.last_before(question.since)
        else:
            return None
        found = await self._chain.checkpoints([number])
        return found[0].checkpoint if found else None


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):  # noqa: PLR2004 - a bigint
        raise Refused("invalid-cursor", "This cursor is not one of ours.")
    return int(cursor)


def _finding(found: ChainFinding) -> Finding:
    number, position = found.checkpoint, found.position
    if position is None:
        subject = said("checkpoint", "checkpoint {checkpoint}", checkpoint=number)
    else:
        text = "checkpoint {checkpoint}, position {position}"
        subject = said("position", text, checkpoint=number, position=position)
    message = Said(found.fault, found.message, {})
    remedy = _UNKNOWN_KEY if found.fault == "key-unknown" else _REMEDY
    return finding("tasks", f"chain: {found.fault}", subject, message, remedy)
