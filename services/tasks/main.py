"""The tasks service: `python -m services.tasks.main`. The only place that knows all its parts."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contracts.subjects import (
    ENGINE_ON_TASK_EVENTS,
    RUN_EVENTS,
    RUN_SUBJECTS,
    TASK_EVENTS,
    TASK_FACTS,
    TASK_SUBJECTS,
    TASKS_RELAY_WAKE,
)
from services.chassis.event_log import LogRow
from services.chassis.pipeline import Pipeline, as_they_are
from services.chassis.provisioner import StreamSpec
from services.chassis.relay import RelaySpec
from services.chassis.runtime import Runtime
from services.chassis.service import run_service
from services.tasks.adapters.attempts import PostgresAttempts
from services.tasks.adapters.chain import PostgresChain, open_sealing
from services.tasks.adapters.inbox import PostgresInbox
from services.tasks.adapters.projection import TaskProjection
from services.tasks.adapters.search_index import SearchIndex
from services.tasks.adapters.signing import signer_from
from services.tasks.adapters.stats_store import PostgresDecisionStats
from services.tasks.adapters.timeouts import PostgresTimeouts
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.app.attempts import AttemptRecorder
from services.tasks.app.follow_runs import follow_runs
from services.tasks.app.receipt import Receipts
from services.tasks.app.seal_log import LogSealer
from services.tasks.app.stats_upkeep import keep_stats_small
from services.tasks.app.timeouts import Timeouts
from services.tasks.entry.decisions import TaskPipeline, take_decisions
from services.tasks.entry.questions import serve_questions
from services.tasks.entry.run_events import CONSUMER, run_events_consumer
from services.tasks.entry.stats_questions import serve_stats
from services.tasks.operators import serve_operators

SCHEMA = "tasks"
MIGRATIONS = Path(__file__).parent / "adapters" / "migrations"
HEALTH_PORT = 8082
STREAMS = (StreamSpec(RUN_EVENTS, (RUN_SUBJECTS,)), StreamSpec(TASK_EVENTS, (TASK_SUBJECTS,)))
RELAY = RelaySpec(
    schema=SCHEMA,
    source="flusso/tasks",
    stream=TASK_EVENTS,
    subject=TASK_FACTS,
    wake_subject=TASKS_RELAY_WAKE,
    consumers=(ENGINE_ON_TASK_EVENTS,),
)


async def build(runtime: Runtime) -> None:
    """Wire the service and start its loops."""
    runtime.provision(STREAMS, (CONSUMER,))
    relay = runtime.relay(RELAY)
    search_index = SearchIndex(runtime.pool)
    sealer = _sealer(runtime)

    def on_committed(rows: Sequence[LogRow]) -> None:
        relay.notify(rows)
        search_index.on_committed()
        if sealer is not None:
            sealer.on_committed()

    pipeline: TaskPipeline = Pipeline(
        name=SCHEMA,
        pool=runtime.pool,
        aggregate=TaskAggregate(),
        projection=TaskProjection(),
        prepare=as_they_are,
        on_committed=on_committed,
    )
    receipts = Receipts(PostgresChain(runtime.pool), are_signed=sealer is not None)
    serve_questions(runtime.broker, PostgresInbox(runtime.pool), pipeline, receipts)
    stats = PostgresDecisionStats(runtime.pool)
    serve_stats(runtime.broker, stats)
    runtime.spawn("statistics", keep_stats_small(stats))
    runtime.spawn("pipeline", pipeline.run())
    runtime.spawn("search index", search_index.run())
    if sealer is not None:
        runtime.spawn("sealer", sealer.run())
    recorder = AttemptRecorder(PostgresAttempts(runtime.pool))
    runtime.spawn("decisions", take_decisions(runtime.connection, pipeline, recorder))
    consumer = run_events_consumer(runtime.connection, runtime.pool, pipeline)
    runtime.spawn("run events", consumer.run())
    serve_operators(runtime, SCHEMA, relay, partial(follow_runs, pipeline))
    runtime.spawn("timeouts", Timeouts(PostgresTimeouts(runtime.pool), pipeline).run())


def _sealer(runtime: Runtime) -> LogSealer | None:
    """Without a key to sign with, nothing is sealed; with one, what came before it is too."""
    signer = signer_from(os.environ)
    if signer is None:
        return None
    return LogSealer(partial(open_sealing, runtime.settings, SCHEMA), signer)


if __name__ == "__main__":
    run_service(SCHEMA, SCHEMA, [MIGRATIONS], build, health_port=HEALTH_PORT)
