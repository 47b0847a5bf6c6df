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
from services.tasks.adapters.signing import Ed25519Signer, signer_from, signs, trusted_from
from services.tasks.adapters.stats_store import PostgresDecisionStats
from services.tasks.adapters.timeouts import PostgresTimeouts
from services.tasks.app.aggregate import TaskAggregate
from services.tasks.app.attempts import AttemptRecorder
from services.tasks.app.follow_runs import follow_runs
from services.tasks.app.receipt import Receipts
from services.tasks.app.seal_log import LogSealer
from services.tasks.app.stats_upkeep import keep_stats_small
from services.tasks.app.timeouts import Timeouts
from services.tasks.app.verify_chain import ChainCheck
from services.tasks.app.verify_task_chain import VerifyTaskChain
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
    signer, trusted = signer_from(os.environ), trusted_from(os.environ)
    sealer = _sealer(runtime, signer)

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
    chain = PostgresChain(runtime.pool)
    receipts = Receipts(chain, are_signed=signer is not None)
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
    verify_chain = VerifyTaskChain(chain, _chain_check(chain, signer, trusted))
    serve_operators(runtime, SCHEMA, relay, partial(follow_runs, pipeline), verify_chain)
    runtime.spawn("timeouts", Timeouts(PostgresTimeouts(runtime.pool), pipeline).run())


def _sealer(runtime: Runtime, signer: Ed25519Signer | None) -> LogSealer | None:
    """Without a key to sign with, nothing is sealed; with one, what came before it is too."""
    if signer is None:
        return None
    return LogSealer(partial(open_sealing, runtime.settings, SCHEMA), signer)


def _chain_check(
    chain: PostgresChain, signer: Ed25519Signer | None, trusted: Sequence[bytes]
) -> ChainCheck | None:
    """Only keys from the environment are trusted: whoever has the database could put one there."""
    if signer is None:
        return None
    return ChainCheck(chain, signs, trusted_keys=[signer.public_key, *trusted])


if __name__ == "__main__":
    run_service(SCHEMA, SCHEMA, [MIGRATIONS], build, health_port=HEALTH_PORT)
