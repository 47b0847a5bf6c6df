"""Takes secrets of webhooks out of definitions, where they once stood, and keeps them apart, encrypted."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import UUID

from services.chassis.errors import Broken, Refused, Transient
from services.engine.app.ports import Sealer
from services.engine.app.webhook_ports import WrittenSecret, WrittenSecrets
from services.engine.app.webhook_secrets import seal, without_secret, written_secret
from services.engine.domain.triggers.webhook import Written

page_max = 100
retry_seconds = 5.0
rest_seconds = 3_600.0
"""Only a replica of an earlier release writes secrets the old way."""
logger = logging.getLogger(__name__)


class SecretMover:
    """The loop; replicas may do it at the same time."""

    def __init__(self, store: WrittenSecrets, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    async def run(self) -> None:
        """Look at the start and now and then, until cancelled."""
        while True:
            pause = rest_seconds
            try:
                await self.move_all()
            except Transient:
                pause = retry_seconds
            except (Broken, Refused):
                logger.exception("secrets were not taken out of definitions")
            await asyncio.sleep(pause)

    async def move_all(self) -> int:
        """Return how many definitions held one. Without a key to encrypt with they stay as they are, and are taken."""
        moved, after = 0, (UUID(int=0), 0)
        if self._sealer.key_id is None:
            return 0
        while found := await self._store.written(after, page_max):
            for one in found:
                moved += await self._move(one)
            after = (found[-1].workflow_id, found[-1].version)
        if moved:
            logger.info("secrets were taken out of definitions", extra={"versions": moved})
        return moved

    async def _move(self, found: WrittenSecret) -> bool:
        source = written_secret(found.definition)
        if not isinstance(source, Written):
            return False
        new = seal(self._sealer, found.workflow_id, source.text) if found.is_current else None
        apart = WrittenSecret(
            found.workflow_id, found.version, found.is_current, without_secret(found.definition)
        )
        try:
            await self._store.set_apart(apart, new, datetime.now(UTC))
        except Refused:  # the workflow was deleted meanwhile
            return False
        return True
