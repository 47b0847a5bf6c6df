"""The tables of the engine. One method a statement."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from tests.simulation.log_tables import Event, LogTables, stale, taken_apart
from tests.simulation.rows import Row, rows
from tests.simulation.task_tables import digests

_EVENT = "position stream_id version type schema_version data traceparent occurred_at"
PAUSED, SCHEDULED = "flusso.run.paused", "flusso.run.node_scheduled"


@dataclass(slots=True)
class Run:
    """A row of runs."""

    workflow_id: UUID
    status: str
    started_at: datetime
    finished_at: datetime | None
    error: str | None
    admitted_at: datetime | None = None


@dataclass(slots=True)
class Timer:
    """A row of timers."""

    visit: int
    attempt: int
    due_at: datetime
    claimed_until: datetime | None = None


@dataclass(slots=True)
class GivenOrder:
    """A row of run_orders."""

    id: int
    run_id: UUID
    kind: str
    giver_id: UUID
    data: str
    due_at: datetime
    given_at: datetime
    attempts: int = 0


class EngineTables(LogTables):
    """What the engine reads and writes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.workflows: dict[UUID, tuple[int, int | None]] = {}
        """Current version and limit of concurrency."""
        self.runs: dict[UUID, Run] = {}
        self.waits: dict[UUID, tuple[UUID, datetime]] = {}
        self.jobs: dict[tuple[UUID, str], tuple[int, int, datetime]] = {}
        self.timers: dict[tuple[UUID, str, str], Timer] = {}
        self.counts: Counter[tuple[object, str]] = Counter()
        self.orders: dict[int, GivenOrder] = {}
        self.queue_lock: object = None
        self._next_order = 1

    # -- one batch ------------------------------------------------------------------------------------------------

    def commit_runs(self, *given: Any) -> list[Row]:  # noqa: ANN401 - columns of many types
        append, now = given[:11], given[11]
        try:
            self._check_versions(append)
            self._start(taken_apart(given[12:22]))
        except asyncpg.PostgresError:
            self._next_order += len(given[51])  # what is rolled back has used up its numbers
            raise
        for run_id, status, ended_at, error in zip(*taken_apart(given[22:26]), strict=True):
            run = self.runs[run_id]
            run.status, run.finished_at, run.error = status, ended_at, error
        self._move_waits(given[26], given[27:30])
        self._move_jobs(given[30:32], given[32:37], given[46])
        self._move_timers(given[37:40], given[40:46], given[46])
        for day, status, taken, left in zip(*given[47:51], strict=True):
            self.counts[day, status] += taken - left
        self._give_orders(given[51:56], given[56])
        return self._append(append, now)

    def _start(self, columns: Sequence[Sequence[Any]]) -> None:
        starting = list(zip(*columns, strict=True))
        for run_id, workflow_id, _, version, *_ in starting:
            known = self.workflows.get(workflow_id)
            if known is None or known[0] != version or run_id in self.runs:
                raise stale()
        for run_id, workflow_id, _, _, status, _, started_at, ended_at, error, _ in starting:
            self.runs[run_id] = Run(workflow_id, status, started_at, ended_at, error)

    def _move_waits(self, over: Sequence[UUID], begun: Sequence[Sequence[Any]]) -> None:
        for task in over:
            self.waits.pop(task, None)
        for task, run_id, opened_at in zip(*begun, strict=True):
            self.waits.setdefault(task, (run_id, opened_at))

    def _move_jobs(
        self, over: Sequence[Sequence[Any]], begun: Sequence[Sequence[Any]], ended: Sequence[UUID]
    ) -> None:
        for key in zip(*over, strict=True):
            self.jobs.pop(key, None)
        for key in [key for key in self.jobs if key[0] in ended]:
            del self.jobs[key]
        for run_id, node, visit, attempt, offered_at in zip(*begun, strict=True):
            self.jobs[run_id, node] = (visit, attempt, offered_at)

    def _move_timers(
        self, over: Sequence[Sequence[Any]], given: Sequence[Sequence[Any]], ended: Sequence[UUID]
    ) -> None:
        for key in zip(*over, strict=True):
            self.timers.pop(key, None)
        for timer in [timer for timer in self.timers if timer[0] in ended]:
            del self.timers[timer]
        for run_id, node, kind, visit, attempt, due_at in zip(*given, strict=True):
            self.timers[run_id, node, kind] = Timer(visit, attempt, due_at)

    def _give_orders(self, given: Sequence[Sequence[Any]], ended: Sequence[UUID]) -> None:
        for key, order in list(self.orders.items()):
            waits = order.kind == "start" and orjson.loads(order.data)["parent"]["waits"]
            if waits and order.giver_id in ended:
                del self.orders[key]
        for run_id, kind, giver_id, data, due_at in zip(*given, strict=True):
            order = GivenOrder(self._next_order, run_id, kind, giver_id, data, due_at, due_at)
            self.orders[order.id] = order
            self._next_order += 1

    # -- waits, jobs and timers -------------------------------------------------------------------------------------

    def digest_waits(self, before: datetime) -> list[Row]:
        return digests([task for task, (_, at) in self.waits.items() if at < before], "count")

    def list_waits(self, bucket: int, before: datetime, after: UUID, limit: int) -> list[Row]:
        found = sorted(
            (task, run_id)
            for task, (run_id, opened_at) in self.waits.items()
            if task.int & 0xFF == bucket and opened_at < before and task > after
        )
        return rows("task_id run_id", found[:limit])

    def existing_waits(self, tasks: Sequence[UUID]) -> list[Row]:
        return rows("task_id", [(task,) for task in tasks if task in self.waits])

    def statuses_of_runs(self, run_ids: Sequence[UUID], before: datetime) -> list[Row]:
        ended = [
            (run_id, self.runs[run_id].status)
            for run_id in dict.fromkeys(run_ids)
            if run_id in self.runs and _is_before(self.runs[run_id].finished_at, before)
        ]
        return rows("id status", ended)

    def paused_events(self, tasks: Sequence[UUID], run_ids: Sequence[UUID]) -> list[Row]:
        wanted = {str(task) for task in tasks}
        found = [
            event
            for run_id in dict.fromkeys(run_ids)
            for event in self.streams.get(run_id, ())
            if event.type == PAUSED and orjson.loads(event.data)["task_id"] in wanted
        ]
        return rows(_EVENT, [event.told() for event in sorted(found, key=_position)])

    def stale_jobs(self, before: datetime, limit: int) -> list[Row]:
        due = sorted(
            (offered_at, run_id, node)
            for (run_id, node), (_, _, offered_at) in self.jobs.items()
            if offered_at < before
        )
        return rows(_EVENT, [self._offer(run, node).told() for _, run, node in due[:limit]])

    def _offer(self, run_id: UUID, node: str) -> Event:
        return next(
            event
            for event in reversed(self.streams[run_id])
            if event.type == SCHEDULED and orjson.loads(event.data)["node"] == node
        )

    def touch_jobs(self, run_ids: Sequence[UUID], now: datetime) -> list[Row]:
        for key, (visit, attempt, _) in list(self.jobs.items()):
            if key[0] in run_ids:
                self.jobs[key] = (visit, attempt, now)
        return []

    def wanted_jobs(self, *asked: Sequence[Any]) -> list[Row]:
        places = [
            (place,)
            for place, (run_id, node, visit, attempt) in enumerate(zip(*asked, strict=True), 1)
            if self.jobs.get((run_id, node), (0, 0))[:2] == (visit, attempt)
        ]
        return rows("place", places)

    def claim_timers(self, now: datetime, until: datetime, limit: int) -> list[Row]:
        due = sorted(
            (timer.due_at, key)
            for key, timer in self.timers.items()
            if timer.due_at <= now and (timer.claimed_until is None or timer.claimed_until <= now)
        )[:limit]
        found = []
        for due_at, key in due:
            timer = self.timers[key]
            timer.claimed_until = until
            found.append((*key, timer.visit, timer.attempt, due_at))
        return rows("run_id node kind visit attempt due_at", found)

    def next_timer(self, after: datetime) -> list[Row]:
        later = [timer.due_at for timer in self.timers.values() if timer.due_at > after]
        return rows("due_at", [(min(later),)] if later else [])

    def release_timers(self, *given: Any) -> list[Row]:  # noqa: ANN401 - columns
        *keys, until = given
        for key in zip(*keys, strict=True):
            timer = self.timers.get(key)
            if timer is not None:
                timer.claimed_until = until
        return []

    def drop_timers(self, *given: Any) -> list[Row]:  # noqa: ANN401 - columns
        *columns, due_by = given
        for run_id, node, kind, visit, attempt in zip(*columns, strict=True):
            timer = self.timers.get((run_id, node, kind))
            if (
                timer
                and (timer.visit, timer.attempt) == (visit, attempt)
                and timer.due_at <= due_by
            ):
                del self.timers[run_id, node, kind]
        return []

    # -- orders to other runs -----------------------------------------------------------------------------------------

    def claim_orders(self, now: datetime, until: datetime, limit: int) -> list[Row]:
        due = sorted((o for o in self.orders.values() if o.due_at <= now), key=_due)[:limit]
        for order in due:
            order.due_at = until
            order.attempts += 1
        return rows(
            "id run_id kind giver_id data given_at attempts",
            [
                (o.id, o.run_id, o.kind, o.giver_id, o.data, o.given_at, o.attempts)
                for o in sorted(due, key=lambda order: order.id)
            ],
        )

    def delete_orders(self, ids: Sequence[int]) -> list[Row]:
        for one in ids:
            self.orders.pop(one, None)
        return []

    def put_off_orders(self, ids: Sequence[int], until: datetime) -> list[Row]:
        for one in ids:
            if one in self.orders:
                self.orders[one].due_at = until
        return []

    def starters_of_runs(self, run_ids: Sequence[UUID]) -> list[Row]:
        found = []
        for run_id in dict.fromkeys(run_ids):
            events = self.streams.get(run_id)
            if events:
                actor = orjson.loads(events[0].data).get("actor")
                found.append((run_id, None if actor is None else orjson.dumps(actor).decode()))
        return rows("stream_id actor", found)

    # -- queues -------------------------------------------------------------------------------------------------------

    def _free(self, workflow_id: UUID) -> float:
        limit = self.workflows[workflow_id][1]
        if limit is None:
            return float("inf")
        held = sum(
            run.status == "Running" or (run.status == "Queued" and run.admitted_at is not None)
            for run in self.runs.values()
            if run.workflow_id == workflow_id
        )
        return max(0, limit - held)

    def _queued(self) -> dict[UUID, list[UUID]]:
        """Return the runs that wait for a slot, the oldest first, by workflow."""
        found: dict[UUID, list[UUID]] = {}
        waiting = [
            (run.started_at, run_id, run.workflow_id)
            for run_id, run in self.runs.items()
            if run.status == "Queued" and run.admitted_at is None
        ]
        for _, run_id, workflow_id in sorted(waiting):
            found.setdefault(workflow_id, []).append(run_id)
        return found

    def list_queues(self, limit: int) -> list[Row]:
        queued = sorted(self._queued())
        return rows("id is_open", [(one, self._free(one) > 0) for one in queued[:limit]])

    def lock_queues(self, workflow_ids: Sequence[UUID]) -> list[Row]:
        return rows("id", [(one,) for one in sorted(workflow_ids) if one in self.workflows])

    def admit_runs(self, workflow_ids: Sequence[UUID], now: datetime, limit: int) -> list[Row]:
        chosen: list[UUID] = []
        queued = self._queued()
        for workflow_id in sorted(workflow_ids):
            slots = int(min(limit, self._free(workflow_id)))
            chosen += queued.get(workflow_id, [])[:slots]
        for run_id in chosen:
            self.runs[run_id].admitted_at = now
        order = sorted(chosen, key=lambda run_id: (self.runs[run_id].started_at, run_id))
        return rows("id", [(run_id,) for run_id in order])

    def unstarted_runs(self, before: datetime, limit: int) -> list[Row]:
        found = sorted(
            (run.admitted_at, run_id)
            for run_id, run in self.runs.items()
            if run.status == "Queued" and run.admitted_at is not None and run.admitted_at < before
        )
        return rows("id", [(run_id,) for _, run_id in found[:limit]])


def _is_before(at: datetime | None, before: datetime) -> bool:
    return at is not None and at < before


def _position(event: Event) -> int:
    return event.position


def _due(order: GivenOrder) -> tuple[datetime, int]:
    return order.due_at, order.id
