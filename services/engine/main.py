"""The engine's composition root: the only place that knows every part."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from contracts import subjects
from contracts.operations import VerifyWaits
from services.chassis.consumer import BatchConsumer
from services.chassis.dead_letters import DeadLetters
from services.chassis.event_log import LogRow
from services.chassis.health import Health
from services.chassis.job_consumer import JobConsumer
from services.chassis.lost_facts import LostFacts, ToldFacts
from services.chassis.operations import Operations, serve_operations
from services.chassis.pipeline import Pipeline
from services.chassis.provisioner import ConsumerSpec, StreamSpec
from services.chassis.relay import Relay, RelaySpec
from services.chassis.rpc import serve
from services.chassis.runtime import Runtime
from services.chassis.service import run_service
from services.chassis.settings import SettingsError
from services.chassis.verify import Verifier
from services.chassis.verify_stats import VerifyTablesByPages
from services.engine.adapters.announcer import LogAnnouncer
from services.engine.adapters.checked_http import CheckedClient
from services.engine.adapters.definitions import Definitions
from services.engine.adapters.delivery_store import PostgresDeliveries
from services.engine.adapters.draft_store import PostgresDrafts
from services.engine.adapters.host_turns import HostTurns, hands_max
from services.engine.adapters.job_lookup import JobLookup
from services.engine.adapters.named_workflows import PostgresNames
from services.engine.adapters.order_store import PostgresOrders
from services.engine.adapters.queue_store import PostgresQueues
from services.engine.adapters.run_counts import RunNumbers
from services.engine.adapters.run_projection import RunProjection
from services.engine.adapters.run_rows import RunRows, RunTables
from services.engine.adapters.run_store import PostgresRuns
from services.engine.adapters.schedule_alarms import NatsAlarms, rounded_up
from services.engine.adapters.schedule_store import PostgresSchedules
from services.engine.adapters.secret_store import PostgresSecrets
from services.engine.adapters.smtp import make_mailer
from services.engine.adapters.smtp_settings import read_sender, read_smtp
from services.engine.adapters.statements import MIGRATIONS
from services.engine.adapters.stats_store import RUN_DAYS, PostgresStats
from services.engine.adapters.timeline_store import PostgresTimelines
from services.engine.adapters.vault import Vault, read_vault
from services.engine.adapters.wait_store import PostgresWaits
from services.engine.adapters.webhook_secret_store import PostgresWebhookSecrets
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.admission import Admission
from services.engine.app.deliveries import Deliveries
from services.engine.app.delivery_history import DeliveryHistory
from services.engine.app.delivery_journal import DeliveryJournal
from services.engine.app.drafts import Drafts
from services.engine.app.events import Events
from services.engine.app.near_engine import NearEngine
from services.engine.app.old_secrets import SecretMover
from services.engine.app.orders import RunPipeline
from services.engine.app.performers import performers
from services.engine.app.ports import Asks
from services.engine.app.prepare import Prepare
from services.engine.app.reconcile import Reconciler
from services.engine.app.reencrypt import Reencryption
from services.engine.app.resolutions import TASK_RESOLVED, Resolutions
from services.engine.app.run_orders import OrderBell, RunOrders
from services.engine.app.runs import Runs
from services.engine.app.schedule_plan import SchedulePlan
from services.engine.app.schedules import SCHEDULE_DUE, Schedules
from services.engine.app.secret_values import SecretValues
from services.engine.app.secrets import Secrets
from services.engine.app.stats import Stats
from services.engine.app.stats_upkeep import StatsUpkeep
from services.engine.app.timelines import Timelines
from services.engine.app.timers import Timers
from services.engine.app.validate import Validating
from services.engine.app.verify_runs import RULES, VerifyRuns
from services.engine.app.verify_waits import Waits
from services.engine.app.webhook_secrets import SecretKeeper
from services.engine.app.worker import Worker
from services.engine.app.workflows import Workflows
from services.engine.domain.addresses import Network, parse_networks
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.entry.delivery_server import DeliveryServer
from services.engine.entry.requests import (
    QUEUE,
    result_server,
    serve_drafts,
    serve_events,
    serve_orders,
    serve_questions,
    serve_secrets,
    start_server,
)
from services.engine.entry.stats_requests import serve_stats
from services.engine.entry.webhook_requests import serve_webhooks

Listener = Callable[[Sequence[LogRow]], None]
SCHEMA = "engine"
ENGINE: Final = "engine"
WORKER = "worker"
ROLES = frozenset({ENGINE, WORKER})
HEALTH_PORT = 8081
STREAMS = (
    StreamSpec(subjects.RUN_EVENTS, (subjects.RUN_SUBJECTS,)),
    StreamSpec(subjects.TASK_EVENTS, (subjects.TASK_SUBJECTS,)),
    StreamSpec(
        subjects.SCHEDULES,
        (subjects.SCHEDULE_SUBJECTS, subjects.DUE_SUBJECTS),
        age_seconds_max=3600.0,
        schedules=True,
    ),
)
ON_TASK_EVENTS = ConsumerSpec(
    subjects.TASK_EVENTS, subjects.ENGINE_ON_TASK_EVENTS, subjects.TASK_FACTS
)
ON_SCHEDULE_DUE = ConsumerSpec(
    subjects.SCHEDULES, subjects.ENGINE_ON_SCHEDULE_DUE, subjects.SCHEDULE_DUE
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

TOLD = ToldFacts(
    service=ENGINE,
    stream=subjects.RUN_EVENTS,
    subject=subjects.RUN_FACTS,
    types=frozenset(
        {
            "flusso.run.started",
            "flusso.run.completed",
            "flusso.run.failed",
            "flusso.run.cancelled",
        }
    ),
    has_deletions=True,
)


async def build(runtime: Runtime) -> None:
    """Wire what this process is for: the engine, its worker, or both."""
    roles = read_roles(os.environ)
    vault = read_vault(os.environ)
    runtime.provision(STREAMS, (ON_TASK_EVENTS, ON_SCHEDULE_DUE, ON_NODE_SCHEDULED))
    asks: Asks = runtime.caller
    if ENGINE in roles:
        asks = NearEngine(_build_engine(runtime, vault), runtime.caller)
    if WORKER in roles:
        _build_worker(runtime, vault, asks)


def _build_worker(runtime: Runtime, vault: Vault, asks: Asks) -> None:
    turns = HostTurns(hands_max)
    client = CheckedClient(allowed_networks(), turns)
    mailer = make_mailer(read_smtp(os.environ), read_sender(os.environ), turns)
    values = SecretValues(PostgresSecrets(runtime.pool), vault)
    lookup = JobLookup(runtime.pool)
    worker = Worker(lookup, performers(client, mailer, asks), asks, values)
    jobs = JobConsumer(
        runtime.connection, ON_NODE_SCHEDULED, worker.perform, worker.give_up, hands_max
    )
    runtime.spawn("jobs looked up", lookup.run())
    runtime.spawn("worker", _performing(jobs, client))


def _build_engine(runtime: Runtime, vault: Vault) -> RunPipeline:
    pool, connection = runtime.pool, runtime.connection
    relay = runtime.relay(RELAY)
    definitions = Definitions(pool)
    listeners: list[Listener] = []
    bell, names = OrderBell(), PostgresNames(pool)
    pipeline = Pipeline(
        name="runs",
        pool=pool,
        aggregate=RunAggregate(),
        projection=RunProjection(bell.expect),
        prepare=Prepare(definitions, names),
        on_committed=lambda rows: _tell(listeners, rows),
    )
    admission = Admission(PostgresQueues(pool), pipeline)
    listeners += [relay.notify, admission.notice, bell.committed]
    runtime.spawn("pipeline", pipeline.run())
    _keep_stats(runtime)
    runs, waits = Runs(PostgresRuns(pool)), PostgresWaits(pool)
    own = PostgresWebhookSecrets(pool)
    secrets, values = _secrets(runtime, vault, own)
    keeper = SecretKeeper(own, vault, definitions, values)
    runtime.spawn("webhook secrets", SecretMover(own, vault).run())
    _webhooks(runtime, definitions, pipeline, keeper)
    stored = PostgresWorkflows(pool)
    drafts = Drafts(PostgresDrafts(pool), stored, vault)
    serve_drafts(runtime.broker, drafts)
    workflows = Workflows(stored, pipeline, keeper, secrets, called=names, drafts=drafts)
    serve_questions(runtime.broker, runs, workflows, Validating(secrets, names))
    serve_events(runtime.broker, Events(names, pipeline))
    serve_orders(runtime.broker, pipeline, runs)
    runtime.spawn("start requests", start_server(connection, pipeline).run())
    runtime.spawn("results", result_server(connection, pipeline).run())
    letters = DeadLetters(ENGINE, pool)
    _operations(runtime, relay, letters)
    take = Resolutions(pipeline).take
    letters.handled_by(ON_TASK_EVENTS.durable, take)
    consumer = BatchConsumer(
        connection, pool, ON_TASK_EVENTS, types=frozenset({TASK_RESOLVED}), handle=take
    )
    runtime.spawn("task events", consumer.run())
    runtime.spawn("timers", Timers(waits, pipeline).run())
    _keep_schedules(runtime, pipeline, letters)
    runtime.spawn("admission", admission.run())
    runtime.spawn("orders of runs", RunOrders(PostgresOrders(pool), pipeline, bell).run())
    runtime.spawn(
        "reconciler", Reconciler(waits, LogAnnouncer(pool, relay), runtime.caller, pipeline).run()
    )
    return pipeline


def _keep_stats(runtime: Runtime) -> None:
    store = PostgresStats(runtime.pool)
    serve_stats(runtime.broker, Stats(store), Timelines(PostgresTimelines(runtime.pool)))
    runtime.spawn("statistics", StatsUpkeep(store).run())


def _secrets(
    runtime: Runtime, vault: Vault, own: PostgresWebhookSecrets
) -> tuple[Secrets, SecretValues]:
    """Wire the secrets with names, and keep these and those of webhooks under the key of today."""
    store = PostgresSecrets(runtime.pool)
    secrets = Secrets(store, vault)
    serve_secrets(runtime.broker, secrets)
    runtime.spawn("secrets", Reencryption(vault, [store, own, PostgresDrafts(runtime.pool)]).run())
    return secrets, SecretValues(store, vault)


def _webhooks(
    runtime: Runtime, definitions: Definitions, pipeline: RunPipeline, keeper: SecretKeeper
) -> None:
    """Wire what takes deliveries."""
    deliveries = PostgresDeliveries(runtime.pool)
    journal = DeliveryJournal(deliveries)
    receiving = Deliveries(definitions, pipeline, keeper, deliveries, journal)
    history = DeliveryHistory(deliveries, journal, definitions, pipeline)
    serve_webhooks(runtime.broker, keeper, history)
    runtime.spawn("deliveries", DeliveryServer(runtime.connection, QUEUE, receiving).run())
    runtime.spawn("delivery journal", journal.run())


def _operations(runtime: Runtime, relay: Relay, letters: DeadLetters) -> None:
    """Wire what operators ask for."""
    pool, settings, connection = runtime.pool, runtime.settings, runtime.connection
    health = Health(
        ENGINE,
        pool=pool,
        connection=connection,
        relay=relay,
        consumers=(ON_TASK_EVENTS, ON_SCHEDULE_DUE, ON_NODE_SCHEDULED),
        letters=letters,
        checks=runtime.is_ready,
        counts=RunNumbers(pool).now,
    )
    verifier = Verifier(settings, SCHEMA, RULES, RunRows())
    operations = Operations(
        health=health,
        letters=letters,
        lost=LostFacts(connection, pool, TOLD),
        verify_streams=VerifyRuns(verifier, runtime.caller).page,
        verify_tables=VerifyTablesByPages(
            settings, SCHEMA, RunTables(settings, SCHEMA).verify, RUN_DAYS
        ).page,
    )
    serve_operations(runtime.broker, ENGINE, QUEUE, operations)
    waits = Waits(PostgresWaits(pool), runtime.caller)
    serve(runtime.broker, subjects.ENGINE_VERIFY_WAITS, QUEUE, VerifyWaits, waits.verify)


def _keep_schedules(runtime: Runtime, pipeline: RunPipeline, letters: DeadLetters) -> None:
    store = PostgresSchedules(runtime.pool)
    schedules = Schedules(store, pipeline)
    letters.handled_by(ON_SCHEDULE_DUE.durable, schedules.take)
    plan = SchedulePlan(store, NatsAlarms(runtime.connection), rounded_up)
    consumer = BatchConsumer(
        runtime.connection,
        runtime.pool,
        ON_SCHEDULE_DUE,
        types=frozenset({SCHEDULE_DUE}),
        handle=schedules.take,
    )
    runtime.spawn("schedules due", consumer.run())
    runtime.spawn("schedules overdue", schedules.run())
    runtime.spawn("schedule plan", plan.run())


def _tell(listeners: Sequence[Listener], rows: Sequence[LogRow]) -> None:
    for listener in listeners:
        listener(rows)


async def _performing(jobs: JobConsumer, client: CheckedClient) -> None:
    try:
        await jobs.run()
    finally:
        await client.close()


def read_roles(environ: Mapping[str, str]) -> frozenset[str]:
    """Return what this process is for. Raises SettingsError."""
    text = environ.get("FLUSSO_ENGINE_ROLES", "")
    roles = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not roles <= ROLES:
        raise SettingsError(f"FLUSSO_ENGINE_ROLES is {text!r}; it must be engine, worker, or both.")
    return roles or ROLES


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
