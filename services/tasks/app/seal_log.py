"""Seals the log of tasks behind those who write it: hashes what is new and signs checkpoints, in pages.

One replica does so at a time, by a lock in PostgreSQL. Nothing waits for it: it reads what was committed, writes its
own tables, and starts anew from where the chain ends, whatever happened to the one before it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from services.chassis.errors import Broken, Transient
from services.tasks.app.chain_ports import (
    ChainEnd,
    Head,
    OpenSealing,
    Sealed,
    SealingStore,
    Signer,
    Unsealed,
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

gather_seconds = 0.25
"""What is committed within it is sealed together: one signature for all of it."""
poll_seconds = 2.0
"""For what other replicas commit."""
lock_retry_seconds = 2.0
retry_seconds = 1.0
tell_seconds = 60.0
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class LogSealer:
    """One per process; at most one of them leads."""

    def __init__(
        self, open_sealing: OpenSealing, signer: Signer, clock: Callable[[], datetime] = _now
    ) -> None:
        self._open = open_sealing
        self._signer = signer
        self._clock = clock
        self._wake = asyncio.Event()
        self._told_at = 0.0

    def on_committed(self) -> None:
        """Say that the log has grown."""
        self._wake.set()

    async def run(self) -> None:
        """Wait for the lead, then seal, until cancelled."""
        while True:
            try:
                async with self._open() as store:
                    await self._lead(store)
            except (Transient, Broken) as error:
                logger.warning("sealing paused", extra={"reason": str(error)})
                await asyncio.sleep(retry_seconds)

    async def _lead(self, store: SealingStore) -> None:
        await _wait_for_lead(store)
        await store.add_key(self._signer.key_id, self._signer.public_key)
        while True:
            self._wake.clear()
            if await self.seal_page(store) == page_entries_max:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(poll_seconds):
                    await self._wake.wait()
                    await asyncio.sleep(gather_seconds)

    async def seal_page(self, store: SealingStore) -> int:
        """Seal the next entries, and return how many there were."""
        end = await store.end()
        page = await store.unsealed(end.position, page_entries_max)
        if page:
            heads = await store.heads(
                sorted({each.workflow_id for each in page}), page[0].entry.position
            )
            sealed = seal(end, page, heads, self._signer, self._clock())
            if await store.seal(sealed):
                self._tell(sealed.checkpoint)
        return len(page)

    def _tell(self, checkpoint: Checkpoint) -> None:
        """Say now and then how far it is: kept elsewhere, these lines prove that nothing was cut off since."""
        now = asyncio.get_running_loop().time()
        if now < self._told_at + tell_seconds:
            return
        self._told_at = now
        digest = checkpoint_hash(checkpoint).hex()
        logger.info("log sealed", extra={"checkpoint": checkpoint.number, "sha256": digest})


async def _wait_for_lead(store: SealingStore) -> None:
    while True:
        if await store.lead():
            return
        await asyncio.sleep(lock_retry_seconds)


def seal(
    end: ChainEnd,
    page: Sequence[Unsealed],
    heads: Mapping[UUID, Head],
    signer: Signer,
    now: datetime,
) -> Sealed:
    """Return the page, chained on to the heads of its workflows, and its checkpoint on to the last one."""
    tips = dict(heads)
    links: list[Link] = []
    hashes: list[bytes] = []
    for each in page:
        tip = tips.get(each.workflow_id) or Head(0, BEGINNING)
        link = Link(each.workflow_id, tip.place + 1, tip.hash)
        digest = entry_hash(each.entry, link)
        tips[each.workflow_id] = Head(link.place, digest)
        links.append(link)
        hashes.append(digest)
    checkpoint = Checkpoint(
        number=end.checkpoints + 1,
        first_position=page[0].entry.position,
        last_position=page[-1].entry.position,
        entries=end.entries + len(page),
        root=merkle_root(hashes),
        previous=BEGINNING if end.last is None else checkpoint_hash(end.last),
        signed_at=now,
        key_id=signer.key_id,
    )
    signature = signer.sign(canonical(checkpoint_document(checkpoint)))
    positions = [each.entry.position for each in page]
    return Sealed(end.position, positions, links, hashes, checkpoint, signature)
