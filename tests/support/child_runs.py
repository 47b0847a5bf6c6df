"""Runs that start other runs, on a real database: a replica of the engine that carries their orders out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson

from contracts.actor import Actor
from contracts.base import Json, JsonObject
from contracts.run import CancelRun, DecidedOutcome, RunFact, RunPaused
from contracts.run_view import ListRuns, RunItem
from services.chassis.database import Pool
from services.chassis.ids import new_id
from services.chassis.pipeline import Pipeline
from services.engine.adapters.definitions import Definitions
from services.engine.adapters.named_workflows import PostgresNames
from services.engine.adapters.order_store import PostgresOrders
from services.engine.adapters.run_projection import RunProjection
from services.engine.adapters.run_store import PostgresRuns
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.orders import RunDone, order_for
from services.engine.app.ports import Draft
from services.engine.app.prepare import Prepare
from services.engine.app.run_orders import OrderBell, RunOrders
from services.engine.domain.definition import parse_definition
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_codec import decode_event
from services.engine.domain.run_commands import Resolve
from tests.support.chassis import running
from tests.support.engine_service import StoredRuns, now_of_the_clock, start_of
from tests.support.runs import ADA, BOB, NOW, node, workflow

E = TypeVar("E", bound=RunFact)
ROUNDS_MAX = 1_000


def doubles() -> JsonObject:
    """A workflow of one pure step."""
    return workflow([node("twice", "transform", n={"cel": "trigger.output.item * 2"})])


def asks() -> JsonObject:
    """A workflow that asks, and then says who answered."""
    return workflow(
        [
            node("ask", "approval", prompt="Pay {{ trigger.output.item }}?"),
            node("paid", "transform", by="{{ ask.output.decided_by }}"),
        ]
    )


def fails() -> JsonObject:
    """A workflow that fails for 2, and else gives its item back."""
    return workflow(
        [
            node("odd", "condition", expression="trigger.output.item == 2"),
            node("no", "stop", status="Failed", message="Two is one too many."),
            node("yes", "transform", item="{{ trigger.output.item }}"),
        ],
        [
            {"from": "trigger", "to": "odd"},
            {"from": "odd", "port": "true", "to": "no"},
            {"from": "odd", "port": "false", "to": "yes"},
        ],
    )


def each(called: str, items: Json = "{{ trigger.output.items }}", **config: Json) -> JsonObject:
    return node("all", "for_each", items=items, workflow=called, **config)


def one(called: str, **config: Json) -> JsonObject:
    return node("one", "run_workflow", workflow=called, **config)


@dataclass(slots=True)
class Replica:
    """The write side of an engine, which carries out orders when it is told to."""

    pool: Pool
    pipeline: StoredRuns
    orders: RunOrders
    bell: OrderBell

    async def workflow(self, name: str, definition: JsonObject) -> UUID:
        workflow_id = new_id()
        parsed = parse_definition(definition)
        draft = Draft(
            name=name,
            description="",
            definition=definition,
            steps=len(parsed.nodes),
            trigger_type=parsed.trigger.type,
            concurrency=parsed.settings.concurrency,
        )
        await PostgresWorkflows(self.pool).insert(workflow_id, draft, None, ADA.name, NOW)
        return workflow_id

    async def start(self, workflow_id: UUID, given: Json = None) -> UUID:
        order = start_of(workflow_id, given)
        await self.pipeline.execute(order_for(order.run_id, order, actor="test"))
        return order.run_id

    async def settle(self) -> int:
        """Carry out orders until none is due; return how many that were."""
        done = 0
        for _ in range(ROUNDS_MAX):
            claimed = await self.orders.round()
            if not claimed:
                return done
            done += claimed
        msg = "orders never end"
        raise AssertionError(msg)

    async def item(self, run_id: UUID) -> RunItem:
        found = await PostgresRuns(self.pool).item(run_id)
        assert found is not None
        return found[0]

    async def status(self, run_id: UUID) -> str:
        return (await self.item(run_id)).status

    async def children(self, run_id: UUID) -> list[RunItem]:
        """Return the child runs, oldest first."""
        page = await PostgresRuns(self.pool).page(ListRuns(parent_run_id=run_id, limit=200))
        return page[::-1]

    async def events(self, run_id: UUID) -> list[RunFact]:
        rows = await self.pool.fetch(
            "SELECT type, data FROM log WHERE stream_id = $1 ORDER BY version", run_id
        )
        return [decode_event(row["type"], row["data"]) for row in rows]

    async def all(self, run_id: UUID, kind: type[E]) -> list[E]:
        return [event for event in await self.events(run_id) if isinstance(event, kind)]

    async def output(self, run_id: UUID) -> Json:
        text = await self.pool.fetchval(
            "SELECT data -> 'output' FROM log WHERE stream_id = $1 AND type = 'flusso.run.completed'",
            run_id,
        )
        return orjson.loads(text)

    async def decide(
        self, run_id: UUID, outcome: DecidedOutcome = "approved", by: Actor = BOB
    ) -> RunDone:
        (paused,) = await self.all(run_id, RunPaused)
        command = Resolve(paused.task_id, outcome, None, by, NOW)
        return await self.pipeline.execute(order_for(run_id, command, actor=by.id))

    async def cancel(self, run_id: UUID) -> None:
        command = CancelRun(run_id=run_id, reason="Enough.", actor=BOB)
        await self.pipeline.execute(order_for(run_id, command, actor=BOB.id))

    async def orders_left(self) -> int:
        return int(await self.pool.fetchval("SELECT count(*) FROM run_orders"))


@asynccontextmanager
async def replica(
    pool: Pool, clock: Callable[[], datetime] = now_of_the_clock
) -> AsyncIterator[Replica]:
    bell = OrderBell()
    pipeline: StoredRuns = Pipeline(
        name="runs",
        pool=pool,
        aggregate=RunAggregate(),
        projection=RunProjection(bell.expect),
        prepare=Prepare(Definitions(pool), PostgresNames(pool)),
        on_committed=bell.committed,
        clock=clock,
    )
    orders = RunOrders(PostgresOrders(pool), pipeline, bell, clock)
    async with running(pipeline.run()):
        yield Replica(pool, pipeline, orders, bell)


async def at_once(*replicas: Replica) -> None:
    """Have replicas carry out orders beside each other until none is due."""
    for _ in range(ROUNDS_MAX):
        claimed = await asyncio.gather(*(one.orders.round() for one in replicas))
        if not any(claimed):
            return
