"""The statistics of runs and steps: as they are kept, as the log says, and as the migration fills them."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.chassis.database import Pool
from services.chassis.magnitudes import duration_ms, magnitude
from services.engine.adapters.statements import MIGRATIONS

STARTED = "flusso.run.started"
QUEUED = "flusso.run.queued"
BEGINS = frozenset({"flusso.run.paused", "flusso.run.node_scheduled", "flusso.run.children_called"})
STEP_ENDS = {
    "flusso.run.node_completed": "Completed",
    "flusso.run.node_failed": "Failed",
    "flusso.run.resumed": "Answered",
}
RUN_ENDS = {
    "flusso.run.completed": "Completed",
    "flusso.run.failed": "Failed",
    "flusso.run.cancelled": "Cancelled",
}
DROPPED = """
DROP TABLE run_stats, step_stats, run_hour_stats, run_start_stats, stats_folded;
DROP FUNCTION duration_ms, duration_magnitude, hour_of, step_begun_at;
DROP INDEX runs_long_idx;
"""
Key = tuple[object, ...]
Stats = dict[Key, tuple[int, int]]
"""How many and how long in ms together, by hour, workflow, node (of steps), outcome and magnitude."""


class _Counted:
    """The fold of one log."""

    def __init__(self) -> None:
        self.numbers: Counter[Key] = Counter()
        self.milliseconds: Counter[Key] = Counter()
        self.runs: dict[UUID, tuple[UUID, datetime]] = {}
        self.begun: dict[tuple[UUID, str], tuple[datetime, bool]] = {}

    def count(self, run_id: UUID, name: tuple[str, ...], began_at: datetime, at: datetime) -> None:
        workflow_id, _ = self.runs[run_id]
        taken = 0 if name == ("Started",) else duration_ms(began_at, at)
        hour = at.replace(minute=0, second=0, microsecond=0)
        key = (hour, workflow_id, *name, magnitude(taken))
        self.numbers[key] += 1
        self.milliseconds[key] += taken

    def follow(self, run_id: UUID, kind: str, data: dict[str, Any], at: datetime) -> None:
        delayed = kind == "flusso.run.timer_set" and data["kind"] == "delay"
        if kind in {STARTED, QUEUED} and run_id not in self.runs:
            self.runs[run_id] = UUID(data["workflow_id"]), at
            self.count(run_id, ("Started",), at, at)
        elif kind in BEGINS or delayed:
            self.begun.setdefault((run_id, data["node"]), (at, delayed))
        elif kind in STEP_ENDS:
            began_at, slept = self.begun.get((run_id, data["node"]), (at, False))
            outcome = "Slept" if slept and kind.endswith("completed") else STEP_ENDS[kind]
            self.count(run_id, (data["node"], outcome), began_at, at)
        elif kind in RUN_ENDS:
            self.end(run_id, kind, data, at)

    def end(self, run_id: UUID, kind: str, data: dict[str, Any], at: datetime) -> None:
        outcome = RUN_ENDS[kind]
        if data.get("reason") == "rejected":
            outcome, node = "Rejected", data["error"]["node"]
            self.count(run_id, (node, outcome), self.begun[run_id, node][0], at)
        self.count(run_id, (outcome,), self.runs[run_id][1], at)


async def stats_of_log(pool: Pool) -> Stats:
    """Return what the log says, folded here, one event after the other."""
    counted = _Counted()
    query = "SELECT stream_id, type, data, occurred_at FROM log ORDER BY stream_id, version"
    for run_id, kind, data, at in await pool.fetch(query):
        counted.follow(run_id, kind, orjson.loads(data), at)
    return {key: (counted.numbers[key], counted.milliseconds[key]) for key in counted.numbers}


async def kept_stats(pool: Pool) -> Stats:
    """Return what the tables hold."""
    runs = await pool.fetch(
        "SELECT hour, workflow_id, outcome, magnitude, runs, duration_ms FROM run_stats"
    )
    steps = await pool.fetch(
        "SELECT hour, workflow_id, node, outcome, magnitude, steps, duration_ms FROM step_stats"
    )
    return {tuple(row)[:-2]: (row[-2], row[-1]) for row in [*runs, *steps]}


async def fill_stats_again(pool: Pool) -> None:
    """Go back to before the statistics were kept, and migrate."""
    await pool.execute(DROPPED)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute((MIGRATIONS / "0008_statistics.sql").read_text())
