"""Workflows that the clock starts, stored and active, with a clock that a test moves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from nats.aio.client import Client

from contracts.base import Json, JsonObject
from contracts.subjects import ENGINE_ON_SCHEDULE_DUE, SCHEDULES
from contracts.workflow import WorkflowStatus
from services.chassis.database import Pool
from services.chassis.ids import new_id
from services.engine.adapters.schedule_alarms import NatsAlarms, rounded_up
from services.engine.adapters.schedule_store import PostgresSchedules
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.ports import Draft
from services.engine.app.schedule_plan import SchedulePlan
from services.engine.app.schedules import Schedules, scheduled_run_id
from tests.support.chassis import running, until
from tests.support.engine_service import Engine, StoredRuns, engine_pool, run_pipeline
from tests.support.runs import node, workflow

NINE = datetime.fromisoformat("2027-03-01T09:00:00Z")


def scheduled(cron: str = "0 9 * * *", **config: Json) -> JsonObject:
    """Return a definition that keeps when it was due."""
    given = workflow([node("note", "transform", at="{{ trigger.output.scheduled_at }}")])
    return given | {"trigger": {"type": "schedule_trigger", "config": {"cron": cron, **config}}}


@dataclass(slots=True)
class Given:
    """A clock that stands still until it is moved."""

    now: datetime = NINE

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Stored:
    """The write side of an engine, and one replica's schedules."""

    pool: Pool
    pipeline: StoredRuns
    clock: Given
    schedules: Schedules

    def replica(self) -> Schedules:
        return Schedules(PostgresSchedules(self.pool), self.pipeline, self.clock)

    async def workflow(
        self,
        definition: JsonObject,
        *,
        status: WorkflowStatus = "Active",
        next_at: datetime | None = None,
    ) -> UUID:
        """Store a workflow; `next_at` is when it is due next."""
        store, workflow_id = PostgresWorkflows(self.pool), new_id()
        await store.insert(workflow_id, draft_of(definition), None, "Ada", self.clock.now)
        if status != "Draft":
            await store.set_status(workflow_id, status, self.clock.now)
        if next_at is not None:
            await set_next(self.pool, [workflow_id], next_at)
        return workflow_id

    async def update(self, workflow_id: UUID, definition: JsonObject) -> None:
        async with PostgresWorkflows(self.pool).locked(workflow_id) as head:
            await head.store(draft_of(definition), "Ada", self.clock.now)

    async def schedule(self, workflow_id: UUID) -> dict[str, object] | None:
        row = await self.pool.fetchrow(
            "SELECT * FROM schedules WHERE workflow_id = $1", workflow_id
        )
        return None if row is None else dict(row)

    async def next_at(self, workflow_id: UUID) -> object:
        row = await self.schedule(workflow_id)
        return row and row["next_at"]

    async def looked(self, at: datetime) -> None:
        """Have an engine look then for the last time."""
        await self.pool.execute("UPDATE schedule_looks SET looked_at = $1", at)

    async def runs(self, workflow_id: UUID) -> list[str]:
        return await runs_of(self.pool, workflow_id)


def draft_of(definition: JsonObject) -> Draft:
    nodes: Sequence[JsonObject] = definition["nodes"]
    return Draft("Stored", "", definition, len(nodes), definition["trigger"]["type"])


async def set_next(pool: Pool, workflow_ids: Sequence[UUID], next_at: datetime) -> None:
    """Have them due then next, whatever their schedules say."""
    await pool.execute(
        "UPDATE schedules SET next_at = $2 WHERE workflow_id = ANY($1::uuid[])",
        list(workflow_ids),
        next_at,
    )


async def runs_of(pool: Pool, workflow_id: UUID) -> list[str]:
    """Return for which instants the clock has started runs, in order."""
    rows = await pool.fetch(
        "SELECT l.data::json #>> '{trigger_output,scheduled_at}' AS at FROM runs AS r"
        " JOIN log AS l ON l.stream_id = r.id AND l.version = 1"
        " WHERE r.workflow_id = $1 AND r.trigger = 'schedule' ORDER BY at",
        workflow_id,
    )
    return [row["at"].removesuffix(".000000Z") for row in rows]


@asynccontextmanager
async def stored_schedules(database_url: str) -> AsyncIterator[Stored]:
    """An engine's write side with a clock at nine, at which an engine has just looked."""
    async with engine_pool(database_url) as pool:
        clock = Given()
        pipeline = run_pipeline(pool)
        schedules = Schedules(PostgresSchedules(pool), pipeline, clock)
        stored = Stored(pool, pipeline, clock, schedules)
        await stored.looked(clock.now)
        async with running(pipeline.run()):
            yield stored


async def soon(pool: Pool, seconds: float) -> datetime:
    """Return the whole second that comes in about so many, by the database's clock."""
    now: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return rounded_up(now + timedelta(seconds=seconds))


async def due(engine: Engine, seconds: float, count: int = 1) -> tuple[list[UUID], datetime]:
    """Have workflows due in so many seconds, with the broker told of it."""
    ids = [await engine.workflow(scheduled("0 0 1 1 *"), active=True) for _ in range(count)]
    at = await soon(engine.runtime.pool, seconds)
    await set_next(engine.runtime.pool, ids, at)
    return ids, at


async def plan(engine: Engine) -> int:
    store = PostgresSchedules(engine.runtime.pool)
    return await SchedulePlan(store, NatsAlarms(engine.client), rounded_up).look()


async def is_looking(pool: Pool) -> bool:
    """Tell whether an engine has looked what is due within the last seconds."""
    return bool(
        await pool.fetchval(
            "SELECT looked_at > clock_timestamp() - interval '6 seconds' FROM schedule_looks"
        )
    )


async def has_come(pool: Pool, at: datetime) -> bool:
    return bool(await pool.fetchval("SELECT clock_timestamp() >= $1", at))


async def start_of(pool: Pool, workflow_id: UUID, at: datetime) -> datetime:
    """Wait for the run of an instant, see that it is the only one, and return when it started."""
    run_id = scheduled_run_id(workflow_id, at)

    async def is_there() -> bool:
        return await pool.fetchval("SELECT 1 FROM runs WHERE id = $1", run_id) is not None

    await until(is_there)
    found = await pool.fetch("SELECT started_at FROM runs WHERE workflow_id = $1", workflow_id)
    assert len(found) == 1
    started_at: datetime = found[0]["started_at"]
    return started_at


async def acknowledged(client: Client) -> bool:
    info = await client.jetstream().consumer_info(SCHEDULES, ENGINE_ON_SCHEDULE_DUE)
    return (info.num_pending, info.num_ack_pending) == (0, 0)
