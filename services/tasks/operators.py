"""Wires what operators ask of tasks: the part of the composition root that `main` calls for it."""

from collections.abc import Mapping
from functools import partial

from contracts.operations import GetRebuild, RebuildInbox, VerifyChain
from contracts.subjects import (
    TASK_EVENTS,
    TASK_FACTS,
    TASKS,
    TASKS_GET_REBUILD,
    TASKS_REBUILD_INBOX,
    TASKS_VERIFY_CHAIN,
)
from services.chassis.consumer import Handle
from services.chassis.dead_letters import DeadLetters
from services.chassis.health import Health
from services.chassis.lost_facts import LostFacts, ToldFacts
from services.chassis.operations import Operations, serve_operations
from services.chassis.relay import Relay
from services.chassis.rpc import serve
from services.chassis.runtime import Runtime
from services.chassis.verify import Verifier
from services.chassis.verify_stats import VerifyTablesByPages
from services.tasks.adapters.inbox import PostgresInbox
from services.tasks.adapters.inbox_rebuild import PostgresRebuild
from services.tasks.adapters.stats_store import DECISION_DAYS
from services.tasks.adapters.task_rows import TaskRows, TaskTables
from services.tasks.app.rebuild import InboxRebuild
from services.tasks.app.verify_task_chain import VerifyTaskChain
from services.tasks.app.verify_tasks import RULES, verify_tasks
from services.tasks.entry.run_events import CONSUMER

TOLD = ToldFacts(
    service="tasks",
    stream=TASK_EVENTS,
    subject=TASK_FACTS,
    types=frozenset({"flusso.task.opened", "flusso.task.resolved"}),
    has_deletions=False,
)


def serve_operators(
    runtime: Runtime, schema: str, relay: Relay, follow_runs: Handle, chain: VerifyTaskChain
) -> None:
    """Answer operators from now on; `follow_runs` handles the events of runs."""
    pool, connection = runtime.pool, runtime.connection
    letters = DeadLetters("tasks", pool)
    letters.handled_by(CONSUMER.durable, follow_runs)
    inbox = PostgresInbox(pool)

    async def counts() -> Mapping[str, int]:
        return {"pending": await inbox.count_pending()}

    health = Health(
        "tasks",
        pool=pool,
        connection=connection,
        relay=relay,
        consumers=(CONSUMER,),
        letters=letters,
        checks=runtime.is_ready,
        counts=counts,
    )
    verifier = Verifier(runtime.settings, schema, RULES, TaskRows())
    operations = Operations(
        health=health,
        letters=letters,
        lost=LostFacts(connection, pool, TOLD),
        verify_streams=partial(verify_tasks, verifier),
        verify_tables=VerifyTablesByPages(
            runtime.settings, schema, TaskTables(runtime.settings, schema).verify, DECISION_DAYS
        ).page,
    )
    serve_operations(runtime.broker, "tasks", TASKS, operations)
    serve(runtime.broker, TASKS_VERIFY_CHAIN, TASKS, VerifyChain, chain.page)
    rebuild = InboxRebuild(PostgresRebuild(pool))
    serve(runtime.broker, TASKS_REBUILD_INBOX, TASKS, RebuildInbox, rebuild.begin)
    serve(runtime.broker, TASKS_GET_REBUILD, TASKS, GetRebuild, rebuild.state)
    runtime.spawn("rebuild of the inbox", rebuild.run())
