"""The database in memory answers as PostgreSQL does: what simulations asked is asked again of the real one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import asyncpg
import orjson
import pytest

from contracts.base import Json
from services.chassis.database import VERSION_CONFLICT, Pool, Statements, migrate, open_pool
from services.chassis.event_log import statements as log_statements
from services.engine.adapters.statements import MIGRATIONS as ENGINE_MIGRATIONS
from services.engine.adapters.statements import statements as engine_statements
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.ports import Draft
from services.gateway.adapters.database import MIGRATIONS as GATEWAY_MIGRATIONS
from services.gateway.adapters.database import statements as gateway_statements
from services.tasks.adapters.projection import statements as task_statements
from services.tasks.main import MIGRATIONS as TASK_MIGRATIONS
from tests.simulation import faults
from tests.simulation.rows import Row
from tests.simulation.workflows import IDS, LIMITS
from tests.simulation.world import World, run_seed
from tests.support.chassis import settings_for

pytestmark = pytest.mark.timeout(600)  # a few seconds of work; a busy machine is no failure
FOLDERS = {
    "engine": (engine_statements, ENGINE_MIGRATIONS),
    "tasks": (task_statements, TASK_MIGRATIONS),
    "gateway": (gateway_statements, GATEWAY_MIGRATIONS),
}
SEEDS = (8,)
UNORDERED = frozenset({"existing_waits", "statuses_of_runs", "load_snapshots", "claim_orders"})
STALE = "stale"
CONFLICTS = {VERSION_CONFLICT, asyncpg.UniqueViolationError.sqlstate}
POLLS = ("claim", "list", "digest", "next", "read", "unstarted")
POLLS_KEPT = 15
"""Of those that found nothing, one in so many is asked again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement as it was carried out, and what came back."""

    schema: str
    name: str
    arguments: Sequence[object]
    answer: Sequence[Row] | Exception


def recorded(seed: int) -> list[Asked]:
    """Return the statements of a seed, in the order of their effects."""
    asked: list[Asked] = []

    def note(
        schema: str, name: str, arguments: Sequence[object], answer: Sequence[Row] | Exception
    ) -> None:
        asked.append(Asked(schema, name, tuple(arguments), answer))

    def watch(world: World) -> None:
        world.server.listener = note
        # What a crash of the database undoes is no statement, and gaps in positions are PostgreSQL's own business.
        world.faults.kinds = [faults.CRASH, faults.STOP, faults.TROUBLE, faults.WIPE]
        world.server.engine.gap = world.server.tasks.gap = 0

    run_seed(seed, before=watch)
    return asked


def worth_asking(asked: Sequence[Asked]) -> list[Asked]:
    kept = []
    for place, one in enumerate(asked):
        is_poll = not one.answer and one.name.startswith(POLLS)
        if one.name not in {"try_relay_lock", "keep_attempts", "insert_dead_letter"} and (
            not is_poll or place % POLLS_KEPT == 0
        ):
            kept.append(one)
    return kept


async def test_the_database_in_memory_answers_as_postgresql_does(database_url: str) -> None:
    for seed in SEEDS:
        asked = worth_asking(await asyncio.to_thread(recorded, seed))
        assert {"commit_runs", "commit_tasks"} <= {one.name for one in asked}
        pools = await _fresh(database_url)
        try:
            for place, one in enumerate(asked):
                found = await _ask(pools[one.schema], one)
                assert found == _shown(one), (seed, place, one.name, one.arguments)
        finally:
            for schema, pool in pools.items():
                await pool.execute(f"DROP SCHEMA {schema} CASCADE")
                await pool.close()


async def _fresh(database_url: str) -> dict[str, Pool]:
    settings = settings_for(database_url)
    pools = {}
    for schema, (_, migrations) in FOLDERS.items():
        await migrate(settings, schema, [migrations])
        pools[schema] = await open_pool(settings, schema)
    store = PostgresWorkflows(pools["engine"])
    for name, workflow_id in IDS.items():
        draft = Draft(name, "", {}, 1, "manual_trigger", LIMITS[workflow_id])
        await store.insert(workflow_id, draft, None, "test", datetime(2026, 11, 24, tzinfo=UTC))
    return pools


async def _ask(pool: Pool, one: Asked) -> object:
    try:
        rows = await pool.fetch(_text(FOLDERS[one.schema][0], one.name), *one.arguments)
    except (asyncpg.RaiseError, asyncpg.UniqueViolationError) as error:
        return STALE if error.sqlstate in CONFLICTS else error
    return _plain(one.name, [dict(row) for row in rows])


def _shown(one: Asked) -> object:
    if isinstance(one.answer, Exception):
        return STALE
    return _plain(one.name, [dict(zip(row.keys(), row, strict=True)) for row in one.answer])


def _text(folder: Statements, name: str) -> str:
    try:
        return folder[name]
    except KeyError:
        return log_statements[name]


def _plain(name: str, found: Sequence[dict[str, object]]) -> list[Json]:
    """Return rows for comparing: the hash of ids is PostgreSQL's own, and spaces in JSON do not matter."""
    plain = [{key: _value(key, value) for key, value in row.items()} for row in found]
    return sorted(plain, key=repr) if name in UNORDERED else cast("list[Json]", plain)


def _value(key: str, value: object) -> object:
    if key == "checksum":
        return 0
    if isinstance(value, UUID):
        return str(value)
    if key in {"actor", "state", "data", "resolution", "command"} and isinstance(value, str):
        return orjson.loads(value)
    return value
