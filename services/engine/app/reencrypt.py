"""Encrypts again, under the key that encrypts now, what was encrypted under an older one, so that this one can go."""

import asyncio
import logging
from collections.abc import Sequence

from services.chassis.errors import Broken, Refused, Transient
from services.engine.app.ports import Sealer
from services.engine.app.secret_ports import SealedText, SealedTexts

look_seconds = 600.0
"""Keys change with a restart, which looks at once; replicas may restart one by one with older keys."""
texts_a_step_max = 100
logger = logging.getLogger(__name__)


class Reencryption:
    """Every replica may do it: who comes second changes nothing."""

    def __init__(self, sealer: Sealer, tables: Sequence[SealedTexts]) -> None:
        self._sealer = sealer
        self._tables = tables

    async def run(self) -> None:
        """Look at the start and now and then, until cancelled."""
        while True:
            try:
                await self.reencrypt_all()
            except (Transient, Broken) as error:
                logger.warning("encrypting again put off", extra={"reason": str(error)})
            await asyncio.sleep(look_seconds)

    async def reencrypt_all(self) -> tuple[int, int]:
        """Return how many texts were encrypted again, and how many cannot be read. Raises Transient or Broken."""
        key_id = self._sealer.key_id
        if key_id is None:
            return 0, 0
        done, unreadable = 0, 0
        for table in self._tables:
            after = None
            while texts := await table.under_other_keys(key_id, after, texts_a_step_max):
                after = texts[-1].id
                outcomes = [await self._reencrypt(table, text, key_id) for text in texts]
                done += outcomes.count(True)
                unreadable += outcomes.count(None)
        if done or unreadable:
            fields = {"key_id": key_id, "done": done, "unreadable": unreadable}
            logger.log(
                logging.WARNING if unreadable else logging.INFO,
                "secrets encrypted again",
                extra=fields,
            )
        return done, unreadable

    async def _reencrypt(self, table: SealedTexts, old: SealedText, key_id: str) -> bool | None:
        """Tell whether this replica has done it; None if the text cannot be read."""
        try:
            plain = self._sealer.decrypt(old.text, old.context)
        except Refused:
            return None
        return await table.replace(old, self._sealer.encrypt(plain, old.context), key_id)
