"""The last deliveries of each workflow in PostgreSQL, and the runs of named ones."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson

from contracts.webhook import DeliveryItem
from services.chassis.database import Pool, Row, acquire_seconds_max, translated
from services.chassis.errors import Refused
from services.engine.adapters.statements import statements
from services.engine.app.webhook_ports import KeptDelivery
from services.engine.domain.webhook import content_type

_NO_WAIT = "SET LOCAL synchronous_commit = off"
"""What a crash takes of these is told by the runs anyway, or was refused: not worth waiting for the disk."""


class PostgresDeliveries:
    """Implements `DeliveryStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, deliveries: Sequence[KeptDelivery], kept_max: int) -> None:
        columns = zip(*map(_columns, deliveries), strict=True)
        workflows = sorted({one.workflow_id for one in deliveries})
        with translated():
            async with (
                self._pool.acquire(timeout=acquire_seconds_max) as connection,
                connection.transaction(),
            ):
                await connection.execute(_NO_WAIT)
                await connection.execute(statements["insert_deliveries"], *map(list, columns))
                await connection.execute(statements["prune_deliveries"], workflows, kept_max)

    async def claim_names(
        self, names: Sequence[tuple[UUID, str, UUID]]
    ) -> Mapping[tuple[UUID, str], UUID]:
        workflows, given, runs = (list(column) for column in zip(*names, strict=True))
        with translated():
            rows = await self._pool.fetch(statements["claim_webhook_names"], workflows, given, runs)
        return {(row["workflow_id"], row["name"]): row["run_id"] for row in rows}

    async def page(self, workflow_id: UUID, limit: int) -> list[DeliveryItem]:
        with translated():
            rows = await self._pool.fetch(statements["list_deliveries"], workflow_id, limit)
        return [_item(row) for row in rows]

    async def get(self, workflow_id: UUID, delivery_id: UUID) -> KeptDelivery:
        with translated():
            row = await self._pool.fetchrow(statements["get_delivery"], workflow_id, delivery_id)
        if row is None:
            raise Refused("delivery-not-found", "This delivery is not kept.")
        return KeptDelivery(
            id=row["id"],
            workflow_id=workflow_id,
            received_at=row["received_at"],
            method=row["method"],
            headers=_pairs(row["headers"]),
            query=_pairs(row["query"]),
            body=row["body"],
            body_bytes=row["body_bytes"],
            sent_as=row["sent_as"],
            authentic=row["authentic"],
            verdict=row["verdict"],
            run_id=row["run_id"],
            code=row["code"],
            message=row["message"],
        )


def _columns(one: KeptDelivery) -> tuple[object, ...]:
    return (
        one.id,
        one.workflow_id,
        one.received_at,
        one.method,
        _storable(one.headers),
        _storable(one.query),
        one.body,
        one.body_bytes,
        None if one.sent_as is None else _clean(one.sent_as),
        one.authentic,
        one.verdict,
        one.run_id,
        one.code,
        None if one.message is None else _clean(one.message),
    )


def _storable(pairs: Sequence[tuple[str, str]]) -> str:
    return orjson.dumps([[_clean(name), _clean(value)] for name, value in pairs]).decode()


def _clean(text: str) -> str:
    """Return the text as UTF-8 that PostgreSQL takes, whatever somebody has sent."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _pairs(stored: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in orjson.loads(stored)]


def _item(row: Row) -> DeliveryItem:
    return DeliveryItem(
        id=row["id"],
        received_at=row["received_at"],
        method=row["method"],
        content_type=content_type(_pairs(row["headers"])),
        body_bytes=row["body_bytes"],
        sent_as=row["sent_as"],
        verdict=row["verdict"],
        run_id=row["run_id"],
        code=row["code"],
        message=row["message"],
        authentic=row["authentic"],
    )
