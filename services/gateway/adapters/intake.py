"""The intake in PostgreSQL."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.chassis.database import Pool
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import derived_id
from services.gateway.adapters.database import fetch, fetch_one
from services.gateway.app.ports import Arrival, Claimed, Parked

counted_max = 100_001
written_max = 500
written_characters_max = 8_388_608
"""Of one statement: some 50 ms."""
Waiting = tuple[Arrival, "asyncio.Future[str | None]"]


class StoredIntake:
    """The `Intake` port over a pool on the schema `gateway`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: deque[Waiting] = deque()
        self._writing = asyncio.Lock()

    async def keep(self, arrival: Arrival) -> None:
        stored = await self._keep(arrival)
        if stored == arrival.request_digest:
            return
        if arrival.kind == "start_run":
            raise Refused("idempotency-key-reused", "This key was used for another request.")
        # Whoever came first may have been somebody else: both are kept, and the engine tells.
        beside = derived_id("arrival", str(arrival.run_id), str(arrival.request_digest))
        await self._keep(replace(arrival, run_id=beside))

    async def _keep(self, arrival: Arrival) -> str | None:
        """Write together with what waits by then; returns the digest of what is kept under the arrival's id."""
        outcome: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, outcome))
        async with self._writing:
            while not outcome.done():  # else somebody has written it along with its own
                await self._write()
        return await outcome

    async def _write(self) -> None:
        taken = self._take()
        try:
            kept = await self._insert([arrival for arrival, _ in taken])
        except (Transient, Broken) as error:
            for _, outcome in taken:
                if not outcome.done():
                    outcome.set_exception(error)
            return
        except asyncio.CancelledError:  # this sender has gone; the others' turn comes
            self._waiting.extendleft(reversed(taken))
            raise
        for arrival, outcome in taken:
            if not outcome.done():
                outcome.set_result(kept.get(arrival.run_id, arrival.request_digest))

    def _take(self) -> list[Waiting]:
        taken: list[Waiting] = []
        size = 0
        while self._waiting and len(taken) < written_max and size < written_characters_max:
            waiting = self._waiting.popleft()
            size += len(waiting[0].command)
            taken.append(waiting)
        return taken

    async def _insert(self, arrivals: Sequence[Arrival]) -> dict[UUID, str | None]:
        columns = zip(*map(_columns, arrivals), strict=True)
        rows = await fetch(self._pool, "keep_arrivals", *map(list, columns))
        kept = {row["run_id"]: row["request_digest"] for row in rows}
        known = list({one.run_id for one in arrivals} - kept.keys())
        if known:
            rows = await fetch(self._pool, "digests_of_arrivals", known)
            kept.update({row["run_id"]: row["request_digest"] for row in rows})
        return kept

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
            became_run_id=row["became_run_id"],
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

    async def became(self, run_id: UUID, became_run_id: UUID, now: datetime) -> None:
        await fetch(self._pool, "arrival_became", run_id, became_run_id, now)

    async def refused(self, run_id: UUID, code: str, message: str, now: datetime) -> None:
        await fetch(self._pool, "refuse_arrival", run_id, code, message, now)

    async def retry_at(self, run_ids: Sequence[UUID], due_at: datetime) -> None:
        if run_ids:
            await fetch(self._pool, "give_arrivals_back", run_ids, due_at)

    async def prune(self, before: datetime) -> None:
        await fetch(self._pool, "prune_arrivals", before)


def _columns(one: Arrival) -> tuple[object, ...]:
    return (
        one.run_id,
        one.workflow_id,
        one.kind,
        one.command,
        one.request_digest,
        one.traceparent,
        one.received_at,
    )
