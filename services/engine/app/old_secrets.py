"""Brings secrets of webhooks up to date: out of definitions, where they once stood, and under the key of today."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import UUID

from services.chassis.errors import Broken, Refused, Transient
from services.engine.app.webhook_ports import Cipher, OldSecrets, WrittenSecret
from services.engine.app.webhook_secrets import context_of, seal, without_secret, written_secret
from services.engine.domain.triggers.webhook import Written

page_max = 100
retry_seconds = 5.0
rest_seconds = 3_600.0
"""Only a replica of an earlier release writes secrets the old way, or under a former key."""
logger = logging.getLogger(__name__)


class SecretMover:
    """The loop; replicas may do it at the same time."""

    def __init__(self, store: OldSecrets, cipher: Cipher) -> None:
        self._store = store
        self._cipher = cipher

    async def run(self) -> None:
        """Look at the start and now and then, until cancelled."""
        while True:
            pause = rest_seconds
            try:
                await self.move_all()
            except Transient:
                pause = retry_seconds
            except Broken:
                logger.exception("secrets were not brought up to date")
            await asyncio.sleep(pause)

    async def move_all(self) -> int:
        """Bring everything up to date and return how much there was. Without a key there is nothing to be done."""
        key_id = self._cipher.key_id
        if key_id is None:
            return 0
        return await self._move_written() + await self._encrypt_anew(key_id)

    async def _move_written(self) -> int:
        moved, after = 0, (UUID(int=0), 0)
        while found := await self._store.written(after, page_max):
            for one in found:
                await self._move(one)
            moved += len(found)
            after = (found[-1].workflow_id, found[-1].version)
        if moved:
            logger.info("secrets were taken out of definitions", extra={"versions": moved})
        return moved

    async def _move(self, found: WrittenSecret) -> None:
        source = written_secret(found.definition)
        if not isinstance(source, Written):
            return
        new = seal(self._cipher, found.workflow_id, source.text) if found.is_current else None
        apart = WrittenSecret(
            found.workflow_id, found.version, found.is_current, without_secret(found.definition)
        )
        await self._store.set_apart(apart, new, datetime.now(UTC))

    async def _encrypt_anew(self, key_id: str) -> int:
        changed = 0
        while found := await self._store.under_other_keys(key_id, page_max):
            done = [await self._under_key(*one) for one in found]
            changed += sum(done)
            if not all(done):  # what cannot be read stays as it is, and would be found again
                break
        return changed

    async def _under_key(self, secret_id: UUID, workflow_id: UUID, text: str) -> bool:
        context = context_of(workflow_id)
        try:
            plain = self._cipher.decrypt(text, context)
        except Refused as error:
            logger.error(  # noqa: TRY400 - the trace says nothing more
                "secret cannot be read",
                extra={"workflow_id": str(workflow_id), "reason": error.message},
            )
            return False
        await self._store.replace(secret_id, text, self._cipher.encrypt(plain, context))
        return True
