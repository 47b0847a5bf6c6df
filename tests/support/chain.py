"""The chain of the log of tasks: sealing it, breaking it, and checking it."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from contracts.base import JsonObject
from contracts.receipt import GetReceipt
from services.tasks.adapters.chain import PostgresChain, SealingConnection, open_sealing
from services.tasks.adapters.signing import Ed25519Signer, signs
from services.tasks.app.receipt import Receipts
from services.tasks.app.seal_log import LogSealer
from services.tasks.app.verify_chain import (
    ChainCheck,
    ChainFinding,
    ChainPage,
    KnownCheckpoint,
)
from services.tasks.domain.chain import Checkpoint
from services.tasks.main import SCHEMA
from tests.support.processes import ROOT
from tests.support.tasks import ADA
from tests.support.tasks_service import TaskStore, settings_for, task_store

SIGNER = Ed25519Signer(bytes(range(32)))
PUBLIC_KEY = b64encode(SIGNER.public_key).decode()
SCRIPT = ROOT / "docs" / "verify_receipt.py"


@dataclass(frozen=True, slots=True)
class Chain:
    """A log of tasks, and the one who seals it when told."""

    store: TaskStore
    sealing: SealingConnection
    sealer: LogSealer

    @property
    def reader(self) -> PostgresChain:
        return PostgresChain(self.store.pool)

    async def seal(self) -> int:
        """Seal what is new, in one checkpoint."""
        return await self.sealer.seal_page(self.sealing)

    async def receipt(self, task_id: UUID) -> JsonObject:
        receipts = Receipts(self.reader, are_signed=True)
        answer: JsonObject = json.loads(await receipts.get(GetReceipt(task_id=task_id, actor=ADA)))
        return answer

    async def check(
        self, after: Checkpoint | None = None, known: Sequence[KnownCheckpoint] = ()
    ) -> list[ChainFinding]:
        return [each for page in await self.pages(after, known) for each in page.findings]

    async def pages(
        self, after: Checkpoint | None = None, known: Sequence[KnownCheckpoint] = ()
    ) -> list[ChainPage]:
        trusted = [SIGNER.public_key]
        check = ChainCheck(self.reader, signs, trusted_keys=trusted, known=known)
        return [page async for page in check.run(after)]

    async def sql(self, statement: str, *arguments: object) -> None:
        """Change the database as somebody who has it in their hands would."""
        await self.store.pool.execute(statement, *arguments)


@asynccontextmanager
async def task_chain(database_url: str) -> AsyncIterator[Chain]:
    settings = settings_for(database_url)
    async with (
        task_store(database_url) as store,
        open_sealing(settings, SCHEMA) as sealing,
    ):
        assert await sealing.lead()
        await sealing.add_key(SIGNER.key_id, SIGNER.public_key)
        sealer = LogSealer(lambda: open_sealing(settings, SCHEMA), SIGNER)
        yield Chain(store, sealing, sealer)


def check_offline(receipt: JsonObject, key: str = PUBLIC_KEY) -> subprocess.CompletedProcess[str]:
    """Run the script of the documentation as an auditor would, apart from all of ours."""
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), "-", "--key", key],
        input=json.dumps(receipt),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
