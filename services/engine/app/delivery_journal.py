"""Keeps the last deliveries of each workflow, in batches beside the hot path, and counts all of them.

A crash may take those of the last moment: what was accepted is in the run's own log, and what was refused is gone.
"""

import asyncio
import logging
from collections import deque

from prometheus_client import Counter

from contracts.run import ReceiveDelivery, StartedRun
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import new_id
from services.engine.app.webhook_ports import DeliveryStore, KeptDelivery
from services.engine.domain.triggers.webhook import WebhookTriggerConfig
from services.engine.domain.webhook import shown_headers

deliveries_kept_max = 50
"""Of each workflow, and as many that were not authentic: whoever guesses an address pushes out none of the others."""
body_shown_bytes_max = 65_536
"""Of a delivery that was not authentic no more is kept: it is never replayed."""
flush_seconds = 0.25
retry_seconds = 2.0
held_bytes_max = 33_554_432
"""More than this waits for the database only while it is away; then the history has a gap."""
DELIVERIES = Counter("flusso_webhook_deliveries", "Webhook deliveries by verdict.", ["verdict"])
UNKEPT = Counter("flusso_webhook_deliveries_not_kept", "Deliveries that the history lacks.")
logger = logging.getLogger(__name__)
Answer = StartedRun | Refused | Transient | Broken


class DeliveryJournal:
    """Collects, and writes a few times a second."""

    def __init__(self, store: DeliveryStore) -> None:
        self._store = store
        self._held: dict[tuple[object, bool], deque[KeptDelivery]] = {}
        self._held_bytes = 0
        self._noted = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(
        self,
        delivery: ReceiveDelivery,
        config: WebhookTriggerConfig | None,
        body: bytes,
        answer: Answer,
        sent_as: str | None,
        *,
        authentic: bool,
    ) -> None:
        """Count a delivery and keep it, if it had a webhook to go to and a verdict."""
        DELIVERIES.labels(_verdict_of(answer)).inc()
        if config is None or not isinstance(answer, StartedRun | Refused):
            return
        started = answer if isinstance(answer, StartedRun) else None
        refused = answer if isinstance(answer, Refused) else None
        kept = KeptDelivery(
            id=new_id(),
            workflow_id=delivery.workflow_id,
            received_at=delivery.received_at,
            method=delivery.method,
            headers=shown_headers(config, delivery.headers),
            query=delivery.query,
            body=body if authentic else body[:body_shown_bytes_max],
            body_bytes=len(body),
            sent_as=sent_as,
            authentic=authentic,
            verdict="refused"
            if started is None
            else "repeated"
            if started.repeated
            else "accepted",
            run_id=None if started is None else started.id,
            code=None if refused is None else refused.code,
            message=None if refused is None else refused.message,
        )
        self._hold(kept)

    def _hold(self, kept: KeptDelivery) -> None:
        if self._held_bytes + len(kept.body) > held_bytes_max:
            UNKEPT.inc()
            return
        key = (kept.workflow_id, kept.authentic)
        held = self._held.setdefault(key, deque())
        held.append(kept)
        self._held_bytes += len(kept.body)
        if len(held) > deliveries_kept_max:
            self._held_bytes -= len(held.popleft().body)
        self._noted.set()

    async def run(self) -> None:
        """Write until cancelled, and then what is left."""
        try:
            while True:
                await self._noted.wait()
                await asyncio.sleep(flush_seconds)
                if not await self.flush():
                    await asyncio.sleep(retry_seconds)
        finally:
            await self.flush()

    async def flush(self) -> bool:
        """Write what was noted by now; tell whether it could be. While the database is away it is held on."""
        async with self._writing:
            return await self._write()

    async def _write(self) -> bool:
        self._noted.clear()
        taken = [kept for held in self._held.values() for kept in held]
        self._held, self._held_bytes = {}, 0
        if not taken:
            return True
        try:
            await self._store.keep(taken, deliveries_kept_max)
        except Transient:
            for kept in taken:
                self._hold(kept)
            return False
        except Broken:
            UNKEPT.inc(len(taken))
            logger.exception("deliveries not kept", extra={"deliveries": len(taken)})
        return True


def _verdict_of(answer: Answer) -> str:
    match answer:
        case StartedRun(repeated=repeated):
            return "repeated" if repeated else "accepted"
        case Refused(code=code):
            return code
        case Transient():
            return "unavailable"
        case Broken():
            return "broken"
