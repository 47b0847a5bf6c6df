"""The engine's composition root: the only place that knows every part."""

import os

from contracts import subjects
from services.chassis.consumer import BatchConsumer
from services.chassis.job_consumer import JobConsumer
from services.chassis.pipeline import Pipeline
from services.chassis.provisioner import ConsumerSpec, StreamSpec
from services.chassis.relay import RelaySpec
from services.chassis.runtime import Runtime
from services.chassis.service import run_service
from services.chassis.settings import SettingsError
from services.engine.adapters.announcer import LogAnnouncer
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.definitions import Definitions
from services.engine.adapters.run_projection import RunProjection
from services.engine.adapters.run_store import PostgresRuns
from services.engine.adapters.statements import MIGRATIONS
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.deliveries import Deliveries
from services.engine.app.prepare import Prepare
from services.engine.app.reconcile import Reconciler
from services.engine.app.resolutions import TASK_RESOLVED, Resolutions
from services.engine.app.runs import Runs
from services.engine.app.timers import Timers
from services.engine.app.worker import Worker
from services.engine.app.workflows import Workflows
from services.engine.domain.addresses import Network, parse_networks
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.entry.requests import serve_orders, serve_questions, start_server

SCHEMA = "engine"
HEALTH_PORT = 8081
STREAMS = (
    StreamSpec(subjects.RUN_EVENTS, (subjects.RUN_SUBJECTS,)),
    StreamSpec(subjects.TASK_EVENTS, (subjects.TASK_SUBJECTS,)),
)
ON_TASK_EVENTS = ConsumerSpec(
    subjects.TASK_EVENTS, subjects.ENGINE_ON_TASK_EVENTS, subjects.TASK_FACTS
)
ON_NODE_SCHEDULED = ConsumerSpec(
    subjects.RUN_EVENTS, subjects.WORKER_ON_NODE_SCHEDULED, subjects.RUN_NODE_SCHEDULED
)
RELAY = RelaySpec(
    schema=SCHEMA,
    source="flusso/engine",
    stream=subjects.RUN_EVENTS,
    subject=subjects.RUN_FACTS,
    wake_subject=subjects.ENGINE_RELAY_WAKE,
    consumers=(subjects.TASKS_ON_RUN_EVENTS, subjects.WORKER_ON_NODE_SCHEDULED),
    alone_subjects=((subjects.RUN_NODE_SCHEDULED, subjects.RUN_NODE_SCHEDULED),),
)


async def build(runtime: Runtime) -> None:
    """Wire the engine."""
    pool, connection = runtime.pool, runtime.connection
    runtime.provision(STREAMS, (ON_TASK_EVENTS, ON_NODE_SCHEDULED))
    relay = runtime.relay(RELAY)
    definitions = Definitions(pool)
    pipeline = Pipeline(
        name="runs",
        pool=pool,
        aggregate=RunAggregate(),
        projection=RunProjection(),
        prepare=Prepare(definitions),
        on_committed=relay.notify,
    )
    runtime.spawn("pipeline", pipeline.run())
    runs, waits = Runs(PostgresRuns(pool)), PostgresWaits(pool)
    workflows = Workflows(PostgresWorkflows(pool), pipeline)
    serve_questions(runtime.broker, runs, workflows)
    serve_orders(runtime.broker, pipeline, runs, Deliveries(definitions, pipeline))
    runtime.spawn("start requests", start_server(connection, pipeline).run())
    consumer = BatchConsumer(
        connection,
        pool,
        ON_TASK_EVENTS,
        types=frozenset({TASK_RESOLVED}),
        handle=Resolutions(pipeline).take,
    )
    runtime.spawn("task events", consumer.run())
    client = CheckedClient(allowed_networks())
    worker = Worker(waits, client, runtime.caller)
    jobs = JobConsumer(connection, ON_NODE_SCHEDULED, worker.perform)
    runtime.spawn("worker", _performing(jobs, client))
    runtime.spawn("timers", Timers(waits, pipeline).run())
    runtime.spawn(
        "reconciler", Reconciler(waits, LogAnnouncer(pool, relay), runtime.caller, pipeline).run()
    )


async def _performing(jobs: JobConsumer, client: CheckedClient) -> None:
    try:
        await jobs.run()
    finally:
        await client.close()


def allowed_networks() -> tuple[Network, ...]:
    """Return the networks that the operator lets workflows reach beside the public ones. Raises SettingsError."""
    text = os.environ.get("FLUSSO_HTTP_ALLOWED_NETWORKS", "")
    try:
        return parse_networks(text)
    except ValueError as error:
        msg = f"FLUSSO_HTTP_ALLOWED_NETWORKS is {text!r}; it must be a list such as 10.0.0.0/8,fd00::/8."
        raise SettingsError(msg) from error


if __name__ == "__main__":
    run_service("engine", SCHEMA, [MIGRATIONS], build, health_port=HEALTH_PORT)
