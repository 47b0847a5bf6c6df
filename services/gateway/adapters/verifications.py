"""The verifications in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Pool, Row
from services.gateway.adapters.database import fetch, fetch_one
from services.gateway.app.verify import Verification
from services.gateway.domain.verification import Progress, Scope


class StoredVerifications:
    """The `Verifications` port over a pool on the schema `gateway`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, verification: Verification) -> bool:
        row = await fetch_one(
            self._pool,
            "begin_verification",
            verification.id,
            verification.started_by,
            verification.started_at,
            verification.scope.model_dump_json(),
            verification.progress.model_dump_json(),
        )
        return row is not None

    async def last(self, limit: int) -> Sequence[Verification]:
        return [_of(row) for row in await fetch(self._pool, "list_verifications", limit)]

    async def get(self, verification_id: UUID) -> Verification | None:
        row = await fetch_one(self._pool, "get_verification", verification_id)
        return None if row is None else _of(row)

    async def claim(self, now: datetime, until: datetime) -> Verification | None:
        row = await fetch_one(self._pool, "claim_verification", now, until)
        return None if row is None else _of(row)

    async def store(
        self,
        verification_id: UUID,
        progress: Progress,
        until: datetime,
        finished_at: datetime | None,
    ) -> bool:
        stored = progress.model_dump_json()
        row = await fetch_one(
            self._pool, "store_verification", verification_id, stored, until, finished_at
        )
        return row is not None

    async def stop(self, verification_id: UUID) -> None:
        await fetch(self._pool, "stop_verification", verification_id)

    async def resume(self, verification_id: UUID) -> bool:
        return await fetch_one(self._pool, "resume_verification", verification_id) is not None

    async def prune(self, keep: int) -> None:
        await fetch(self._pool, "prune_verifications", keep)


def _of(row: Row) -> Verification:
    return Verification(
        id=row["id"],
        started_by=row["started_by"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        state=row["state"],
        scope=Scope.model_validate_json(row["scope"]),
        progress=Progress.model_validate_json(row["progress"]),
    )
