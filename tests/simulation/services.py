"""The services as their `main.py` wires them, on the simulated broker and database, by the simulated clock."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from nats.aio.client import Client

from contracts import subjects
from contracts.base import JsonObject, Nothing
from contracts.run import CancelRun, NodeScheduled, RunError
from contracts.task import (
    CloseTasks,
    DecideTask,
    DigestOpenTasks,
    ExplainTasks,
    ListOpenTasks,
    TaskView,
)
from services.chassis.database import Connection as DatabaseConnection
from services.chassis.database import Pool as DatabasePool
from services.chassis.database import translated
from services.chassis.errors import Transient
from services.chassis.event_log import LogRow
from services.chassis.ids import derived_id
from services.chassis.pipeline import as_they_are
from services.chassis.provisioner import Provisioner, StreamSpec
from services.chassis.rpc import Caller, serve
from services.chassis.settings import Settings
from services.engine.adapters.announcer import LogAnnouncer
from services.engine.adapters.job_lookup import JobLookup
from services.engine.adapters.order_store import PostgresOrders
from services.engine.adapters.queue_store import PostgresQueues
from services.engine.adapters.run_projection import RunProjection
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.app.last_look import Gate
from services.engine.app.near_engine import NearEngine
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.prepare import Prepare
from services.engine.app.resolutions import TASK_RESOLVED
from services.engine.app.run_orders import OrderBell
from services.engine.app.secret_values import SecretValues
from services.engine.entry.requests import QUEUE, result_server, start_server
from services.engine.main import ON_NODE_SCHEDULED, ON_TASK_EVENTS
from services.engine.main import RELAY as ENGINE_RELAY
from services.gateway.adapters.intake import StoredIntake
from services.gateway.app.begin_run import BeginRun
from services.tasks.adapters.attempts import PostgresAttempts
from services.tasks.adapters.inbox import PostgresInbox
from services.tasks.adapters.projection import TaskProjection
from services.tasks.adapters.timeouts import PostgresTimeouts
from services.tasks.app.attempts import AttemptRecorder
from services.tasks.app.follow_runs import HEARD, follow_runs
from services.tasks.app.reconcile import (
    close_tasks,
    digest_open_tasks,
    explain_tasks,
    list_open_tasks,
)
from services.tasks.entry.decisions import TaskPipeline, take_decisions
from services.tasks.entry.run_events import CONSUMER as ON_RUN_EVENTS
from services.tasks.main import RELAY as TASKS_RELAY
from services.testkit.secrets import PlainSecrets
from tests.simulation.bus import Broker, Connection
from tests.simulation.chance import moment
from tests.simulation.database import Pool
from tests.simulation.loop import Process
from tests.simulation.workflows import LIBRARY

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")
STREAMS = (
    StreamSpec(subjects.RUN_EVENTS, (subjects.RUN_SUBJECTS,)),
    StreamSpec(subjects.TASK_EVENTS, (subjects.TASK_SUBJECTS,)),
)
request_seconds_max = 7.0


class Replica:
    """What the services' parts have in common here: a process, its connections, its clock."""

    def __init__(self, world: "World", process: Process, schema: str) -> None:
        self.world = world
        self.process = process
        self.connection = cast("Client", Connection(world.bus, process))
        self.pool = cast("DatabasePool", Pool(world.server, schema, process))
        self.broker = Broker(cast("Connection", self.connection))
        self.caller = Caller(self.connection)

    def now(self) -> datetime:
        return moment(self.world.loop.time())

    async def opens(self, settings: Settings, schema: str, **overrides: str) -> DatabaseConnection:
        """Open a connection for the relay."""
        del settings, schema, overrides
        with translated():
            return cast("DatabaseConnection", cast("Any", self.pool).connection())

    def relay(self, spec: Any) -> Any:  # noqa: ANN401 - a RelaySpec and a Relay, or who stands in for it
        relay = self.world.parts.relay(cast("Settings", None), self.connection, spec, self.opens)
        self.process.spawn("relay", relay.run())
        return relay


def start_engine(world: "World", process: Process) -> None:
    """Start a replica of the engine with its worker."""
    it, parts = Replica(world, process, "engine"), world.parts
    provisioner = Provisioner(it.connection, STREAMS, (ON_TASK_EVENTS, ON_NODE_SCHEDULED))
    process.spawn("provisioner", provisioner.run())
    relay = it.relay(ENGINE_RELAY)
    listeners: list[Callable[[Sequence[LogRow]], None]] = []
    bell = OrderBell()
    pipeline = parts.pipeline(
        name="runs",
        pool=it.pool,
        aggregate=parts.run_aggregate(),
        projection=RunProjection(bell.expect),
        prepare=Prepare(LIBRARY, LIBRARY),
        on_committed=lambda rows: _tell(listeners, rows),
        clock=it.now,
    )
    admission = parts.admission(PostgresQueues(it.pool), pipeline, it.now)
    listeners += [relay.notify, admission.notice, bell.committed]
    waits = PostgresWaits(it.pool)
    process.spawn("pipeline", pipeline.run())
    process.spawn("start requests", start_server(it.connection, pipeline).run())
    process.spawn("results", result_server(it.connection, pipeline).run())
    consumer = parts.consumer(
        it.connection,
        it.pool,
        ON_TASK_EVENTS,
        types=frozenset({TASK_RESOLVED}),
        handle=parts.resolutions(pipeline).take,
    )
    process.spawn("task events", consumer.run())
    process.spawn("timers", parts.timers(waits, pipeline, it.now).run())
    process.spawn("admission", admission.run())
    orders = parts.run_orders(PostgresOrders(it.pool), pipeline, bell, it.now)
    process.spawn("orders of runs", orders.run())
    if world.has_reconciler and parts.reconciler is not None:
        announcer = LogAnnouncer(it.pool, relay)
        reconciler = parts.reconciler(waits, announcer, it.caller, pipeline, it.now)
        process.spawn("reconciler", reconciler.run())
    _serve_cancels(it, pipeline)
    _start_worker(it, pipeline)


def _tell(listeners: Sequence[Callable[[Sequence[LogRow]], None]], rows: Sequence[LogRow]) -> None:
    for listener in listeners:
        listener(rows)


def _serve_cancels(it: Replica, pipeline: RunPipeline) -> None:
    async def cancel(command: CancelRun) -> Nothing:
        await pipeline.execute(order_for(command.run_id, command, actor=command.actor.id))
        return Nothing()

    serve(cast("Any", it.broker), subjects.CANCEL_RUN, QUEUE, CancelRun, cancel)
    it.process.spawn("questions", it.broker.start(), lasts=False)


def _start_worker(it: Replica, pipeline: RunPipeline) -> None:
    world, parts = it.world, it.world.parts
    lookup = JobLookup(it.pool)
    secrets = PlainSecrets({})
    worker = parts.worker(
        lookup,
        {"http_request": partial(_perform, world, it.process)},
        NearEngine(pipeline, it.caller),
        SecretValues(secrets, secrets, it.now),
        world.loop.time,
    )
    jobs = parts.jobs(it.connection, ON_NODE_SCHEDULED, worker.perform, worker.give_up, 16)
    it.process.spawn("jobs looked up", lookup.run())
    it.process.spawn("worker", jobs.run())


async def _perform(
    world: "World", process: Process, run_id: UUID, job: NodeScheduled, gate: Gate
) -> JsonObject:
    """Wait for a turn, then do what others would see; now and then it fails in a way that may pass."""
    if world.chance.happens(0.2):
        await asyncio.sleep(world.chance.between(0.0, world.longest_effect))
    await gate()
    world.effects.append((world.loop.time(), process, (run_id, job.node, job.visit, job.attempt)))
    await asyncio.sleep(world.chance.between(0.005, world.longest_effect))
    if world.chance.happens(0.3):
        error = RunError(code="connection-failed", message="No route.")
        return {"error": error, "retryable": True}
    return {"output": {"status": 200, "headers": {}, "body": None, "ok": True}}


def start_tasks(world: "World", process: Process) -> None:
    """Start a replica of the tasks service."""
    it, parts = Replica(world, process, "tasks"), world.parts
    process.spawn("provisioner", Provisioner(it.connection, STREAMS, (ON_RUN_EVENTS,)).run())
    relay = it.relay(TASKS_RELAY)
    pipeline: TaskPipeline = parts.pipeline(
        name="tasks",
        pool=it.pool,
        aggregate=parts.task_aggregate(),
        projection=TaskProjection(),
        prepare=as_they_are,
        on_committed=relay.notify,
        clock=it.now,
    )
    inbox = PostgresInbox(it.pool)
    _answer(it, subjects.DIGEST_OPEN_TASKS, DigestOpenTasks, partial(digest_open_tasks, inbox))
    _answer(it, subjects.LIST_OPEN_TASKS, ListOpenTasks, partial(list_open_tasks, inbox))
    _answer(it, subjects.EXPLAIN_TASKS, ExplainTasks, partial(explain_tasks, inbox))
    _answer(it, subjects.CLOSE_TASKS, CloseTasks, partial(close_tasks, pipeline))
    process.spawn("questions", it.broker.start(), lasts=False)
    process.spawn("pipeline", pipeline.run())
    recorder = AttemptRecorder(PostgresAttempts(it.pool), it.now)
    process.spawn("decisions", take_decisions(it.connection, pipeline, recorder))
    consumer = parts.consumer(
        it.connection, it.pool, ON_RUN_EVENTS, types=HEARD, handle=partial(follow_runs, pipeline)
    )
    process.spawn("run events", consumer.run())
    timeouts = parts.timeouts(PostgresTimeouts(it.pool), pipeline, it.now)
    process.spawn("timeouts", timeouts.run())


def _answer(it: Replica, subject: str, model: Any, handler: Any) -> None:  # noqa: ANN401 - as `serve` has it
    serve(cast("Any", it.broker), subject, subjects.TASKS, model, handler)


class Gateway:
    """A replica of the gateway, as people's requests see it."""

    def __init__(self, world: "World", process: Process) -> None:
        it, parts = Replica(world, process, "gateway"), world.parts
        self.process = process
        self._caller = it.caller
        intake = StoredIntake(it.pool)
        forwarder = parts.forwarder(it.caller, intake, it.now)
        self._begin: BeginRun = parts.begin_run(it.caller, intake, forwarder, it.now)
        process.spawn("forwarder", forwarder.run())

    async def start(self, order: Any) -> object:  # noqa: ANN401 - a StartRun
        """Return Started or Kept. Raises Refused, Transient."""
        return await self._through(self._begin.start(order))

    async def decide(self, order: DecideTask) -> TaskView:
        """Return the task as decided. Raises Refused, Transient."""
        answer = await self._through(self._caller.ask(subjects.DECIDE_TASK, order))
        return TaskView.model_validate_json(answer)

    async def cancel(self, order: CancelRun) -> None:
        """Return when it is committed. Raises Refused, Transient."""
        await self._through(self._caller.ask(subjects.CANCEL_RUN, order))

    async def _through(self, work: Awaitable[T]) -> T:
        """Await the answer; the connection goes with the process, and nobody waits for ever."""
        request = self.process.spawn("request", cast("Any", work), lasts=False)
        await asyncio.wait([request], timeout=request_seconds_max)
        if not request.done() or request.cancelled():
            msg = "no answer"
            raise Transient(msg)
        return cast("T", request.result())


def key_of(*parts: object) -> UUID:
    """Return an id that is the same for the same parts."""
    return derived_id(*(str(part) for part in parts))
