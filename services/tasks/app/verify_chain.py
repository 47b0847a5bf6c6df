"""Checks the whole chain against the log, on a running system: page by page, in bounded memory, from any checkpoint on.

It finds what was changed, put in, taken out or swapped in what is sealed, and says where. That whole checkpoints were
cut off the end together with everything that they cover is found by whoever kept a later one: `known`.
"""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.tasks.app.chain_ports import (
    ChainEnd,
    ChainStore,
    Head,
    Place,
    SignedCheckpoint,
    Verifier,
    page_entries_max,
)
from services.tasks.domain.chain import (
    BEGINNING,
    Checkpoint,
    Link,
    canonical,
    checkpoint_document,
    checkpoint_hash,
    entry_hash,
    merkle_root,
)

checkpoints_a_page = 100
Fault = Literal[
    "entry-changed",
    "entry-missing",
    "entry-added",
    "chain-broken",
    "checkpoint-broken",
    "checkpoint-missing",
    "signature-wrong",
    "key-unknown",
]


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """Something that is not as it was sealed. `position` is the place in the log, where it is known."""

    fault: Fault
    checkpoint: int
    position: int | None
    message: str


@dataclass(frozen=True, slots=True)
class ChainPage:
    """What was found, up to which checkpoint, and how many checkpoints and entries were looked at."""

    findings: Sequence[ChainFinding]
    last: Checkpoint | None
    checkpoints: int
    entries: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class KnownCheckpoint:
    """A checkpoint that somebody kept elsewhere, such as in a receipt: its number and its hash."""

    number: int
    hash: bytes


class ChainCheck:
    """One pass over the chain. `trusted_keys` are the public keys that may have signed; without them any may."""

    def __init__(
        self,
        chain: ChainStore,
        verify: Verifier,
        *,
        trusted_keys: Collection[bytes] = (),
        known: Sequence[KnownCheckpoint] = (),
    ) -> None:
        self._chain = chain
        self._verify = verify
        self._trusted = frozenset(trusted_keys)
        self._known = {each.number: each.hash for each in known}

    async def run(self, after: Checkpoint | None = None) -> AsyncIterator[ChainPage]:
        """Look at everything after a checkpoint, page by page. Raises Transient."""
        while True:
            page = await self.page(after, checkpoints_a_page)
            yield page
            if page.is_last:
                return
            after = page.last

    async def page(self, after: Checkpoint | None, limit: int) -> ChainPage:
        """Look at the next checkpoints, and everything that they cover. Raises Transient."""
        end = await self._chain.end()
        before, findings = after, list[ChainFinding]()
        page = await self._chain.checkpoints_after(0 if after is None else after.number, limit)
        for signed in page:
            findings.extend(self._of_checkpoint(before, signed))
            findings.extend(await self._of_entries(before, signed.checkpoint))
            before = signed.checkpoint
        is_last = len(page) < limit
        if is_last:
            findings.extend(self._cut_off(end, 0 if before is None else before.number))
        return ChainPage(findings, before, len(page), _entries_between(after, before), is_last)

    def _cut_off(self, end: ChainEnd, last: int) -> Iterator[ChainFinding]:
        """Yield the first checkpoint that somebody knows of and that is not there."""
        missing = [number for number in {end.checkpoints, *self._known} if number > last]
        if missing:
            text = f"checkpoint {min(missing)} was there and is gone"
            yield ChainFinding("checkpoint-missing", min(missing), None, text)

    def _of_checkpoint(
        self, before: Checkpoint | None, signed: SignedCheckpoint
    ) -> Iterator[ChainFinding]:
        checkpoint = signed.checkpoint
        number = checkpoint.number
        expected = 1 if before is None else before.number + 1
        if number != expected:
            text = f"checkpoint {expected} is missing before {number}"
            yield ChainFinding("checkpoint-missing", expected, None, text)
        elif checkpoint.previous != (BEGINNING if before is None else checkpoint_hash(before)):
            text = f"checkpoint {number} does not follow the one before it"
            yield ChainFinding("checkpoint-broken", number, None, text)
        message = canonical(checkpoint_document(checkpoint))
        if signed.public_key is None or (self._trusted and signed.public_key not in self._trusted):
            text = f"checkpoint {number} is signed with the key {checkpoint.key_id}, which is not known"
            yield ChainFinding("key-unknown", number, None, text)
        elif not self._verify(signed.public_key, signed.signature, message):
            text = f"the signature of checkpoint {number} is wrong"
            yield ChainFinding("signature-wrong", number, None, text)
        known = self._known.get(number)
        if known is not None and known != checkpoint_hash(checkpoint):
            text = f"checkpoint {number} is not the one that was kept"
            yield ChainFinding("checkpoint-broken", number, None, text)

    async def _of_entries(
        self, before: Checkpoint | None, checkpoint: Checkpoint
    ) -> Sequence[ChainFinding]:
        # From the end of the last one, so that what was put in between is seen too.
        first = 1 if before is None else before.last_position + 1
        places = await self._places(first, checkpoint.last_position)
        chained = [each.chained for each in places if each.chained is not None]
        workflows = sorted({each.workflow_id for each in chained})
        tips = await self._chain.heads(workflows, first)
        findings = list(check_places(checkpoint.number, places, tips))
        if findings or (
            chained and merkle_root([each.hash for each in chained]) == checkpoint.root
        ):
            return findings
        text = (
            f"what is sealed by checkpoint {checkpoint.number} is not what it was: something at the positions"
            f" {first} to {checkpoint.last_position} was changed or taken out together with its hash"
        )
        return [ChainFinding("chain-broken", checkpoint.number, first, text)]

    async def _places(self, first: int, last: int) -> Sequence[Place]:
        places: list[Place] = []
        while True:
            page = await self._chain.between(first, last, page_entries_max)
            places.extend(page)
            if len(page) < page_entries_max:
                return places
            first = page[-1].position + 1


def _entries_between(after: Checkpoint | None, last: Checkpoint | None) -> int:
    if last is None:
        return 0
    return last.entries - (0 if after is None else after.entries)


def check_places(
    checkpoint: int, places: Sequence[Place], tips: Mapping[UUID, Head]
) -> Iterator[ChainFinding]:
    """Yield what is wrong with the entries of one checkpoint; `tips` are the ends of their chains before it."""
    ends = dict(tips)
    for place in places:
        at, entry, chained = place.position, place.entry, place.chained
        if chained is None:
            yield ChainFinding("entry-added", checkpoint, at, f"the entry at {at} was put in later")
            continue
        tip = ends.get(chained.workflow_id, Head(0, BEGINNING))
        ends[chained.workflow_id] = Head(chained.place, chained.hash)
        link = Link(chained.workflow_id, tip.place + 1, tip.hash)
        if entry is None:
            yield ChainFinding("entry-missing", checkpoint, at, f"the entry at {at} was taken out")
        elif chained.place != link.place:
            text = f"before the entry at {at} others of workflow {chained.workflow_id} are missing"
            yield ChainFinding("chain-broken", checkpoint, at, text)
        elif entry_hash(entry, link) != chained.hash:
            text = f"the entry at {at} (task {entry.task_id}) was changed"
            yield ChainFinding("entry-changed", checkpoint, at, text)
