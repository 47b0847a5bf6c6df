"""The tables about runs are the fold of the log, whatever came, in whatever batches, through whichever replica."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson
import pytest

from contracts.base import JsonObject
from contracts.run import (
    CancelRun,
    DecidedOutcome,
    RecordResult,
    RetrySet,
    RunError,
    RunFact,
    RunFailed,
    RunPaused,
    TimerSet,
)
from services.chassis.database import Pool
from services.chassis.errors import Broken, Transient
from services.chassis.ids import derived_beside, derived_id
from services.chassis.orders import Order
from services.engine.app.orders import RunOrder, order_for
from services.engine.domain.run_codec import decode_event, encode_state
from services.engine.domain.run_commands import Admit, FireRetry, FireTimer, Resolve
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import (
    Asking,
    Ended,
    Live,
    NotStarted,
    Retrying,
    RunState,
    Scheduled,
    Sleeping,
    status_of,
)
from tests.support.chassis import running
from tests.support.engine_service import (
    Clock,
    StoredRuns,
    engine_pool,
    rows,
    run_pipeline,
    start_of,
    stored_workflow,
)
from tests.support.runs import ADA, NOW, edge, node, workflow
from tests.support.stats import fill_stats_again, kept_stats, stats_of_log

MIXED = workflow(
    [
        node("left", "approval", prompt="Left?"),
        node("right", "manual_input", fields=[{"name": "a", "type": "text"}]),
        node("call", "http_request", url="https://example.com/{{ trigger.output.n }}", retries=2),
        node("sorry", "approval", prompt="It failed.", timeout="1h"),
        node("nap", "delay", duration="{{ trigger.output.n }}m"),
        node("after", "http_request", url="https://example.com/{{ right.output.a | default: 0 }}"),
    ],
    [
        edge("trigger", "left"),
        edge("trigger", "right"),
        edge("trigger", "call"),
        edge("call", "sorry", "error"),
        edge("trigger", "nap"),
        edge("nap", "after"),
        edge("left", "after"),
        edge("right", "after"),
    ],
)
for limited in MIXED["nodes"]:
    if limited["type"] == "http_request":
        limited["time_limit"] = "3m"
SETTINGS: tuple[JsonObject | None, ...] = (
    None,
    {"time_limit": "5m"},
    {"concurrency": 3},
    {"time_limit": "5m", "concurrency": 1},
)
ASKING = ("left", "right", "sorry")
CALLING = ("call", "after")
TOO_LARGE = "x" * 270_000


@dataclass
class Folded:
    """A run as its log says."""

    state: RunState = field(default_factory=NotStarted)
    version: int = 0
    ended_at: datetime | None = None
    error: RunError | None = None
    opened_at: dict[UUID, datetime] = field(default_factory=dict)
    due_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Of the last timer, by node and kind."""

    def follow(self, event: RunFact, at: datetime) -> None:
        self.state = evolve(self.state, event)
        self.version += 1
        match event:
            case RunPaused():
                self.opened_at[event.task_id] = at
            case RetrySet():
                self.due_at[event.node, "retry"] = event.due_at
            case TimerSet():
                self.due_at[event.node or "", event.kind] = event.due_at
            case RunFailed():
                self.error = event.error
            case _:
                pass
        if isinstance(self.state, Ended) and self.ended_at is None:
            self.ended_at = at


async def folds(pool: Pool) -> dict[UUID, Folded]:
    found: dict[UUID, Folded] = {}
    query = "SELECT stream_id, version, type, data, occurred_at FROM log ORDER BY position"
    for stream_id, version, name, data, at in await pool.fetch(query):
        run = found.setdefault(UUID(str(stream_id)), Folded())
        run.follow(decode_event(name, data), at)
        assert version == run.version, "versions run from 1 without a gap"
    return found


def any_order(chance: random.Random, workflow_id: UUID, run_id: UUID) -> RunOrder:
    kinds = ("start", "admit", "answer", "result", "fire", "timer", "cancel")
    kind = chance.choices(kinds, (4, 3, 6, 6, 4, 4, 0.3))[0]
    node_key, attempt = chance.choice(CALLING), chance.randint(1, 3)
    match kind:
        case "start":
            return start_of(workflow_id, {"n": 1}, run_id=run_id)
        case "admit":
            return Admit()
        case "answer":
            return any_answer(chance, run_id)
        case "result":
            failed = chance.random() < 0.7
            return RecordResult(
                run_id=run_id,
                node=node_key,
                visit=1,
                attempt=attempt,
                output=None if failed else {"status": 200},
                error=RunError(code="request-failed", message="No.") if failed else None,
                retryable=chance.random() < 0.8,
            )
        case "fire":
            return FireRetry(node_key, 1, attempt)
        case "timer":
            return chance.choice(
                (
                    FireTimer("delay", "nap", 1),
                    FireTimer("node_limit", node_key, 1),
                    FireTimer("run_limit", "", 1),
                )
            )
        case _:
            return CancelRun(run_id=run_id, actor=ADA)


def any_answer(chance: random.Random, run_id: UUID) -> Resolve:
    key = chance.choice(ASKING)
    task_id = derived_beside(run_id, "task", key, "1")
    values = {"a": TOO_LARGE if chance.random() < 0.05 else "b"}
    if key == "right":
        return Resolve(task_id, "submitted", values, ADA, NOW)
    outcome: DecidedOutcome = "rejected" if chance.random() < 0.1 else "approved"
    if key == "sorry" and chance.random() < 0.5:
        outcome = "timed_out"
    return Resolve(task_id, outcome, None, ADA, NOW)


async def hear(
    pipeline: StoredRuns, orders: Sequence[Order[RunOrder]], chance: random.Random
) -> None:
    """Give the orders in batches of any size."""
    left = list(orders)
    while left:
        size = chance.randint(1, 40)
        for outcome in await pipeline.execute_all(left[:size]):
            assert not isinstance(outcome, Broken | Transient), outcome
        left = left[size:]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_the_tables_are_the_fold_of_the_log(database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with engine_pool(database_url) as pool:
        clock = Clock()
        one, other = run_pipeline(pool, clock), run_pipeline(pool, clock)
        async with running(one.run(), other.run()):
            settings = SETTINGS[seed % len(SETTINGS)]
            workflow_id = await stored_workflow(pool, one, {**MIXED, "settings": settings})
            run_ids = [derived_id("mixed", str(place)) for place in range(25)]
            orders = [
                order_for(run_id, any_order(chance, workflow_id, run_id), actor="test")
                for run_id in chance.choices(run_ids, k=700)
            ]
            await asyncio.gather(hear(one, orders[:500], chance), hear(other, orders[200:], chance))
        await tables_are_folds(pool, await folds(pool))
        await statistics_are_folds(pool)
        statuses = {row[0] for row in await rows(pool, "SELECT status FROM runs")}
        assert {"Failed", "Cancelled"} & statuses, f"seed {seed} tried too little"


async def statistics_are_folds(pool: Pool) -> None:
    """Both those that were kept as it went, and those that the migration fills a database with."""
    told = await stats_of_log(pool)
    assert await kept_stats(pool) == told
    await fill_stats_again(pool)
    assert await kept_stats(pool) == told


N = TypeVar("N", Asking, Scheduled, Retrying, Sleeping)


def of_kind(run: Folded, kind: type[N]) -> list[tuple[str, N]]:
    assert isinstance(run.state, Live)
    return [(key, node) for key, node in run.state.nodes.items() if isinstance(node, kind)]


def timers_of(run: Folded) -> Iterator[tuple[str, str, int, int, datetime]]:
    for key, retrying in of_kind(run, Retrying):
        yield key, "retry", retrying.visit, retrying.attempt, run.due_at[key, "retry"]
    for key, asleep in of_kind(run, Sleeping):
        yield key, "delay", asleep.visit, 1, run.due_at[key, "delay"]
    assert isinstance(run.state, Live)
    for key, clock in run.state.clocks.items():
        if clock.due_at is not None:
            yield key, clock.kind, clock.visit, 1, clock.due_at


async def tables_are_folds(pool: Pool, runs: dict[UUID, Folded]) -> None:
    live = {run_id: run for run_id, run in runs.items() if isinstance(run.state, Live)}
    assert set(await rows(pool, "SELECT id, status, finished_at, error ->> 'code' FROM runs")) == {
        (run_id, status_of(run.state), run.ended_at, run.error.code if run.error else None)
        for run_id, run in runs.items()
    }
    counted = "SELECT status, sum(taken - left_again)::integer FROM run_counts GROUP BY status"
    statuses = Counter(status_of(run.state) for run in runs.values())
    assert {name: count for name, count in await rows(pool, counted) if count} == statuses
    assert set(await rows(pool, "SELECT run_id, task_id, opened_at FROM waits")) == {
        (run_id, node.task_id, run.opened_at[node.task_id])
        for run_id, run in live.items()
        for _, node in of_kind(run, Asking)
    }
    assert set(await rows(pool, "SELECT run_id, node, visit, attempt FROM jobs")) == {
        (run_id, key, node.visit, node.attempt)
        for run_id, run in live.items()
        for key, node in of_kind(run, Scheduled)
    }
    timers = "SELECT run_id, node, kind, visit, attempt, due_at FROM timers"
    assert set(await rows(pool, timers)) == {
        (run_id, *timer) for run_id, run in live.items() for timer in timers_of(run)
    }
    for run_id, version, state in await rows(
        pool, "SELECT stream_id, version, state FROM snapshots"
    ):
        run = runs[UUID(str(run_id))]
        assert version == run.version
        assert orjson.loads(str(state)) == orjson.loads(encode_state(run.state))
