"""The secrets of webhooks in PostgreSQL, encrypted."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import orjson

from contracts.webhook import WebhookSecretItem
from services.chassis.database import Connection, Pool, acquire_seconds_max, translated
from services.engine.adapters.statements import statements
from services.engine.adapters.vault import FORM, key_id_of
from services.engine.app.ports import workflow_not_found
from services.engine.app.secret_ports import SealedText
from services.engine.app.webhook_ports import (
    KEEP,
    NewSecret,
    SecretChange,
    StoredSecret,
    WrittenSecret,
)
from services.engine.app.webhook_secrets import context_of
from services.engine.domain.triggers.webhook import GENERATE, KEPT

secrets_kept_max = 5
"""Of one workflow at a time: rotating more often than the overlap is long ends the oldest sooner."""
MOVED = "Flusso"
"""Who has made a secret that was taken out of a definition."""


async def change_secret(
    connection: Connection, workflow_id: UUID, change: SecretChange, by: str, now: datetime
) -> None:
    """Do to a workflow's secret what saving its definition does, in the transaction that saves it."""
    if change == KEEP:
        return
    await _retire(connection, workflow_id, now, now)
    if isinstance(change, NewSecret):
        await _insert(connection, workflow_id, change, by, now)


async def _retire(
    connection: Connection, workflow_id: UUID, until: datetime, now: datetime
) -> datetime | None:
    rows = await connection.fetch(
        statements["retire_webhook_secrets"], workflow_id, until, now, secrets_kept_max - 1
    )
    return max((row["expires_at"] for row in rows), default=None)


async def _insert(
    connection: Connection, workflow_id: UUID, new: NewSecret, by: str, now: datetime
) -> None:
    await connection.execute(
        statements["insert_webhook_secret"], new.id, workflow_id, new.ciphertext, now, by
    )


class PostgresWebhookSecrets:
    """Implements `WebhookSecretStore`, `WrittenSecrets` and `SealedTexts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def _locked(self, workflow_id: UUID) -> AsyncIterator[tuple[Connection, int]]:
        """Hold the workflow in one short transaction; also gives its version."""
        with translated():
            async with (
                self._pool.acquire(timeout=acquire_seconds_max) as connection,
                connection.transaction(),
            ):
                version = await connection.fetchval(statements["lock_workflow"], workflow_id)
                if version is None:
                    raise workflow_not_found()
                yield connection, version

    async def taken(
        self, workflow_ids: Collection[UUID], now: datetime
    ) -> Mapping[UUID, Sequence[StoredSecret]]:
        with translated():
            rows = await self._pool.fetch(statements["webhook_secrets_of"], workflow_ids, now)
        found: defaultdict[UUID, list[StoredSecret]] = defaultdict(list)
        for row in rows:
            stored = StoredSecret(row["ciphertext"], is_current=row["expires_at"] is None)
            found[row["workflow_id"]].append(stored)
        return found

    async def items(self, workflow_id: UUID, now: datetime) -> list[WebhookSecretItem]:
        with translated():
            rows = await self._pool.fetch(statements["list_webhook_secrets"], workflow_id, now)
        return [WebhookSecretItem(**dict(row)) for row in rows]

    async def rotate(
        self, workflow_id: UUID, new: NewSecret, by: str, former_until: datetime, now: datetime
    ) -> datetime | None:
        async with self._locked(workflow_id) as (connection, _):
            former = await _retire(connection, workflow_id, former_until, now)
            await _insert(connection, workflow_id, new, by, now)
        return former

    async def written(self, after: tuple[UUID, int], limit: int) -> Sequence[WrittenSecret]:
        with translated():
            rows = await self._pool.fetch(
                statements["webhook_versions_with_secrets"], *after, limit, KEPT, GENERATE
            )
        return [
            WrittenSecret(
                row["workflow_id"],
                row["version"],
                row["is_current"],
                orjson.loads(row["definition"]),
            )
            for row in rows
        ]

    async def set_apart(self, found: WrittenSecret, new: NewSecret | None, now: datetime) -> None:
        definition = orjson.dumps(found.definition).decode()
        async with self._locked(found.workflow_id) as (connection, version):
            await connection.execute(
                statements["webhook_set_definition"], found.workflow_id, found.version, definition
            )
            if new is None or version != found.version:
                return
            rows = await connection.fetch(
                statements["list_webhook_secrets"], found.workflow_id, now
            )
            if not rows:
                await _insert(connection, found.workflow_id, new, MOVED, now)

    async def under_other_keys(
        self, key_id: str, after: str | None, limit: int
    ) -> Sequence[SealedText]:
        begins = f"{FORM}.{key_id}."
        last = UUID(after) if after else UUID(int=0)
        with translated():
            rows = await self._pool.fetch(
                statements["webhook_secrets_of_other_keys"], begins, last, limit
            )
        return [
            SealedText(str(row["id"]), row["ciphertext"], context_of(row["workflow_id"]))
            for row in rows
        ]

    async def replace(self, old: SealedText, text: str, key_id: str) -> bool:
        assert key_id_of(text) == key_id, "the text says so itself"
        with translated():
            done = await self._pool.fetchval(
                statements["webhook_replace_ciphertext"], UUID(old.id), old.text, text
            )
        return done is not None
