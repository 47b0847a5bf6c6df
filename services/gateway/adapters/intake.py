"""The intake in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.database import Pool
from services.chassis.errors import Refused
from services.gateway.adapters.database import fetch, fetch_one
from services.gateway.app.ports import Arrival, Claimed, Parked

counted_max = 100_001


class StoredIntake:
    """The `Intake` port over a pool on the schema `gateway`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, arrival: Arrival) -> None:
        kept = await fetch_one(
            self._pool,
            "keep_arrival",
            arrival.run_id,
            arrival.workflow_id,
            arrival.kind,
            arrival.command,
            arrival.request_digest,
            arrival.traceparent,
            arrival.received_at,
        )
        if kept is not None:
            return
        row = await fetch_one(self._pool, "find_arrival", arrival.run_id)
        if row is not None and row["request_digest"] != arrival.request_digest:
            raise Refused("idempotency-key-reused", "This key was used for another request.")

    async def find(self, run_id: UUID) -> Parked | None:
        row = await fetch_one(self._pool, "find_arrival", run_id)
        if row is None:
            return None
        return Parked(
            run_id=row["run_id"],
            workflow_id=row["workflow_id"],
            kind=row["kind"],
            received_at=row["received_at"],
            refused_at=row["refused_at"],
            refused_code=row["refused_code"],
            refused_message=row["refused_message"],
        )

    async def count(self) -> int:
        row = await fetch_one(self._pool, "count_arrivals", counted_max)
        return 0 if row is None else row[0]

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> Sequence[Claimed]:
        ends_at = now + timedelta(seconds=lease_seconds)
        rows = await fetch(self._pool, "claim_arrivals", limit, now, ends_at)
        return [
            Claimed(row["run_id"], row["kind"], row["command"], row["traceparent"], row["attempts"])
            for row in sorted(rows, key=lambda row: row["position"])
        ]

    async def forwarded(self, run_ids: Sequence[UUID]) -> None:
        await fetch(self._pool, "forget_arrivals", run_ids)

    async def refused(self, run_id: UUID, code: str, message: str, now: datetime) -> None:
        await fetch(self._pool, "refuse_arrival", run_id, code, message, now)

    async def retry_at(self, run_ids: Sequence[UUID], due_at: datetime) -> None:
        if run_ids:
            await fetch(self._pool, "give_arrivals_back", run_ids, due_at)

    async def prune(self, before: datetime) -> None:
        await fetch(self._pool, "prune_arrivals", before)
