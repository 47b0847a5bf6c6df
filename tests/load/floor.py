"""The floor: the SQL of cycles, in batches, straight against PostgreSQL, without a service around it.

The statements and their values are the services' own: their aggregates decide, their projections write, into a recorder
that takes a connection's place. Then only the sending is timed, engine and tasks each on a connection of their own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar, cast
from uuid import UUID

from contracts.actor import Actor
from contracts.run import RunPaused
from contracts.task import DecideTask, TaskResolved
from services.chassis.aggregate import Aggregate
from services.chassis.batch import Batch
from services.chassis.database import Connection, Pool, connect
from services.chassis.event_log import EventLog, Projection
from services.chassis.ids import new_id
from services.chassis.orders import Change, Order
from services.chassis.settings import Settings
from services.chassis.snapshot_cache import Fold, SnapshotCache
from services.engine.adapters.run_projection import RunProjection
from services.engine.domain.definition import parse_definition
from services.engine.domain.graph import compile_graph
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_commands import Resolve, RunCommand, Start
from services.tasks.adapters.projection import TaskProjection
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.domain.task_commands import Decide, Open
from tests.load.cycle import CYCLE, INPUT

ACTOR = Actor(kind="token", id="bench", name="bench", means="token", is_admin=True)
GRAPH = compile_graph(parse_definition(CYCLE))
S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
Statement = tuple[str, tuple[object, ...]]


@dataclass(slots=True)
class Recorder:
    """Takes the place of a pool and its connection, and keeps what is sent."""

    statements: list[Statement] = field(default_factory=list)

    @asynccontextmanager
    async def acquire(self, timeout: float) -> AsyncIterator["Recorder"]:
        """Stand in for a connection."""
        del timeout
        yield self

    async def fetchval(self, query: str, *values: object) -> int:
        """Keep the statement; the position that it would return matters to nobody here."""
        self.statements.append((query, values))
        return 0


class Side(Generic[S, C, E]):
    """One service without its I/O: folds in memory, statements into the recorder."""

    def __init__(
        self, name: str, aggregate: Aggregate[S, C, E], projection: Projection[S, E]
    ) -> None:
        self.recorder = Recorder()
        self._aggregate = aggregate
        self._log = EventLog(name, cast("Pool", self.recorder), aggregate, projection)
        self._folds: dict[UUID, Fold[S]] = {}

    async def commit(self, commands: Sequence[tuple[UUID, C]]) -> Sequence[Change[S, E]]:
        """Decide and record one batch."""
        batch: Batch[S, C, C, E] = Batch(self._aggregate, SnapshotCache(), datetime.now(UTC))
        streams = [stream for stream, _ in commands]
        batch.loaded(streams, self._folds)
        for stream, command in commands:
            batch.decide(Order(stream, command, actor="bench", cause="bench"), command)
        changes = batch.changes()
        await self._log.append(changes, batch.causes, batch.now)
        for change in changes:
            version = change.first_version - 1 + len(change.events)
            self._folds[change.stream_id] = Fold(version, change.after, 0)
        return changes


async def _record(cycles: int, batch: int, workflow: UUID) -> tuple[Recorder, Recorder]:
    engine = Side("floor-engine", RunAggregate(), RunProjection())
    tasks = Side("floor-tasks", TaskAggregate(), TaskProjection())
    for _ in range(cycles // batch):
        started = await engine.commit([_start(new_id(), workflow) for _ in range(batch)])
        await tasks.commit(
            [
                (event.task_id, Open(change.stream_id, event, change.occurred_at))
                for change in started
                for event in change.events
                if isinstance(event, RunPaused)
            ]
        )
        asked = [event for change in started for event in change.events]
        decided = await tasks.commit(
            [
                (
                    event.task_id,
                    Decide(DecideTask(task_id=event.task_id, action="approve", actor=ACTOR)),
                )
                for event in asked
                if isinstance(event, RunPaused)
            ]
        )
        await engine.commit(
            [
                _resolve(change.stream_id, event)
                for change in decided
                for event in change.events
                if isinstance(event, TaskResolved)
            ]
        )
    return engine.recorder, tasks.recorder


def _start(run: UUID, workflow: UUID) -> tuple[UUID, RunCommand]:
    start = Start(workflow, "Bench", 1, "manual", INPUT, ACTOR)
    return run, RunCommand(run, start, GRAPH)


def _resolve(task: UUID, resolved: TaskResolved) -> tuple[UUID, RunCommand]:
    command = Resolve(task, resolved.outcome, None, resolved.by, resolved.decided_at)
    return resolved.run_id, RunCommand(resolved.run_id, command, GRAPH)


async def _replay(connection: Connection, sent: Sequence[Statement]) -> None:
    for query, values in sent:
        await connection.execute(query, *values)


async def measure_floor(
    database_url: str,
    workflow: UUID,
    cycles: int,
    batch: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return how many cycles a second the database takes, in batches of `batch` runs."""
    engine, tasks = await _record(cycles, batch, workflow)
    settings = Settings("floor", database_url, "", "", 0, 0, Path(), None, "json")
    async with asyncio.TaskGroup() as group:
        opening = [group.create_task(connect(settings, schema)) for schema in ("engine", "tasks")]
    connections = [task.result() for task in opening]
    try:
        began = clock()
        async with asyncio.TaskGroup() as group:
            for connection, side in zip(connections, (engine, tasks), strict=True):
                group.create_task(_replay(connection, side.statements))
        return cycles // batch * batch / (clock() - began)
    finally:
        for connection in connections:
            await connection.close()
