"""The orders that runs give to other runs, as they are claimed and carried out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson

from contracts.actor import Actor
from services.chassis.database import Pool, translated
from services.engine.adapters.statements import statements
from services.engine.app.ports import GivenOrder


class PostgresOrders:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[GivenOrder]:
        """Take orders that are due, oldest first; nobody else gets them before `until`."""
        with translated():
            rows = await self._pool.fetch(statements["claim_orders"], now, until, limit)
        orders = [
            GivenOrder(
                id=row["id"],
                run_id=row["run_id"],
                kind=row["kind"],
                giver_id=row["giver_id"],
                data=orjson.loads(row["data"]),
                given_at=row["given_at"],
                attempts=row["attempts"],
            )
            for row in rows
        ]
        return sorted(orders, key=lambda order: order.id)

    async def done(self, order_ids: Sequence[int]) -> None:
        """Forget orders that were carried out, or never will be."""
        with translated():
            await self._pool.execute(statements["delete_orders"], order_ids)

    async def put_off(self, order_ids: Sequence[int], until: datetime) -> None:
        """Let orders be claimed again then."""
        with translated():
            await self._pool.execute(statements["put_off_orders"], order_ids, until)

    async def starters(self, run_ids: Sequence[UUID]) -> Mapping[UUID, Actor]:
        """Return who started those runs, where that is known."""
        with translated():
            rows = await self._pool.fetch(statements["starters_of_runs"], run_ids)
        return {
            row["stream_id"]: Actor.model_validate_json(row["actor"])
            for row in rows
            if row["actor"] is not None
        }
