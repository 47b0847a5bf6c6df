"""Engine and tasks in this process on one database, and everything that can be proved about them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from contracts.base import Command
from contracts.operations import (
    OPERATIONS,
    Finding,
    ServiceName,
    VerifiedStreams,
    VerifiedTables,
    VerifiedWaits,
    VerifyStreams,
    VerifyTables,
    VerifyWaits,
)
from contracts.subjects import (
    DECIDE_TASK,
    ENGINE_ON_TASK_EVENTS,
    RUN_EVENTS,
    TASK_EVENTS,
    TASKS_ON_RUN_EVENTS,
)
from contracts.task import DecideTask, TaskAction, TaskView
from services.chassis.ids import derived_beside
from services.chassis.runtime import Runtime
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA
from tests.support.tasks_service import tasks_service

M = TypeVar("M", bound=BaseModel)
SERVICES: tuple[ServiceName, ...] = ("engine", "tasks")


@dataclass(frozen=True, slots=True)
class Both:
    """Both services, and what an operator asks of them."""

    engine: Engine
    tasks: Runtime

    async def ask(self, service: ServiceName, command: Command, answer: type[M]) -> M:
        return await self.engine.does(OPERATIONS[service][type(command)], command, answer)

    async def streams(self, service: ServiceName, limit: int = 100) -> list[Finding]:
        """Prove every stream of a service, page by page."""
        found: list[Finding] = []
        cursor: str | None = None
        while True:
            question = VerifyStreams(cursor=cursor, limit=limit)
            page = await self.ask(service, question, VerifiedStreams)
            found += page.findings
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def tables(self, service: ServiceName) -> list[Finding]:
        """Prove everything that is true of the whole, and the statistics day by day."""
        found: list[Finding] = []
        cursor: str | None = None
        while True:
            page = await self.ask(service, VerifyTables(cursor=cursor), VerifiedTables)
            found += page.findings
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def suspects(self) -> list[UUID]:
        """Compare both sides as they are now."""
        first = await self.ask("engine", VerifyWaits(settle_seconds=0), VerifiedWaits)
        return first.suspects

    async def convicted(self, suspects: Sequence[UUID]) -> list[Finding]:
        """Look again at those that differed."""
        again = VerifyWaits(suspects=list(suspects))
        return (await self.ask("engine", again, VerifiedWaits)).findings

    async def of_each(self) -> list[Finding]:
        """Everything that can be found in one of them."""
        found = [each for service in SERVICES for each in await self.streams(service)]
        return found + [each for service in SERVICES for each in await self.tables(service)]

    async def findings(self) -> list[Finding]:
        """Everything that can be found, once all is quiet."""
        await self.quiet()
        return await self.of_each() + await self.convicted(await self.suspects())

    async def decide(self, run_id: UUID, action: TaskAction = "approve") -> None:
        order = DecideTask(task_id=task_of(run_id), action=action, actor=ADA)
        await self.engine.does(DECIDE_TASK, order, TaskView)

    async def quiet(self) -> None:
        """Wait until both have heard everything."""

        async def is_quiet() -> bool:
            jetstream = self.engine.client.jetstream()
            for stream, durable in (
                (RUN_EVENTS, TASKS_ON_RUN_EVENTS),
                (TASK_EVENTS, ENGINE_ON_TASK_EVENTS),
            ):
                info = await jetstream.consumer_info(stream, durable)
                if info.num_pending or info.num_ack_pending:
                    return False
            told = [await everything_told(one) for one in (self.engine.runtime, self.tasks)]
            return all(told)

        await until(is_quiet)


def task_of(run_id: UUID, node: str = "ask") -> UUID:
    """The task that the run's node asks by, at its first visit."""
    return derived_beside(run_id, "task", node, "1")


async def everything_told(runtime: Runtime) -> bool:
    query = "SELECT coalesce(max(position), 0) <= (SELECT position FROM relay_cursor) FROM log"
    return bool(await runtime.pool.fetchval(query))


def told(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    """What was found where, without its words."""
    return {(finding.check, finding.subject) for finding in findings}


@asynccontextmanager
async def both_services(database_url: str, nats_url: str) -> AsyncIterator[Both]:
    async with (
        tasks_service(database_url, nats_url) as (tasks, _),
        engine_service(database_url, nats_url) as engine,
    ):
        yield Both(engine, tasks)
