"""The tables about runs against the folds of the runs: list, waits, jobs, timers; and their counters."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from contracts.operations import Finding, VerifiedTables
from contracts.run import RunFact, RunQueued, RunStarted
from services.chassis.database import Connection, Row
from services.chassis.findings import finding, said
from services.chassis.settings import Settings
from services.chassis.verify import reading
from services.chassis.verify_fold import FROM_BACKUP, Fold
from services.chassis.verify_relay import relay_findings
from services.engine.adapters.statements import statements
from services.engine.app.verify_runs import RULES
from services.engine.domain.run_state import (
    RUN_CLOCK,
    Asking,
    Live,
    NotStarted,
    Retrying,
    RunState,
    Scheduled,
    Sleeping,
    status_of,
)

RunFold = Fold[RunState, RunFact]
Values = tuple[object, ...]
Expected = Mapping[UUID, set[Values]]
"""Rows by run, without it."""
count_seconds_max = 60.0
FROM_FOLD = said(
    "from-fold",
    "The run itself is right, what is read of it is not: report this, and restore the row from a "
    "backup or write it by hand as this says.",
)
_ONLY_NUMBERS = said(
    "only-numbers",
    "Only the numbers of the Dashboard are wrong: report this; set the row of run_counts.",
)


class RunRows:
    """Implements `services.chassis.verify.RowCheck`."""

    ids = statements["verify_ids"]

    async def findings(
        self, connection: Connection, folds: Mapping[UUID, RunFold]
    ) -> Sequence[Finding]:
        """Compare the rows of these runs with their folds."""
        ids = list(folds)
        whole = [fold for fold in folds.values() if fold.is_whole]
        runs = {row["id"]: row for row in await connection.fetch(statements["verify_runs"], ids)}
        found = [finding for fold in whole for finding in _of_list(fold, runs.get(fold.stream_id))]
        found += _unlike(whole, "waits", *await _waits(connection, whole))
        found += _unlike(whole, "jobs", *await _jobs(connection, whole))
        found += _unlike(whole, "timers", *await _timers(connection, whole))
        return found


def _of_list(fold: RunFold, row: Row | None) -> Iterator[Finding]:
    run_id = fold.stream_id
    if isinstance(fold.state, NotStarted):
        if row is not None:
            message = said("list-without-run", "the list has a row of a run that has no events")
            yield RULES.finding("row-without-stream", run_id, message, FROM_BACKUP)
        return
    if row is None:
        message = said("list-lacks", "the list of runs lacks it")
        yield RULES.finding("row-missing", run_id, message, FROM_FOLD)
        return
    expected = _row(fold)
    wrong = sorted(name for name, value in expected.items() if row[name] != value)
    if wrong:
        told = ", ".join(f"{name} is {row[name]} and should be {expected[name]}" for name in wrong)
        message = said(
            "list-differs", "in the list of runs {told}", told=told, fields=", ".join(wrong)
        )
        yield RULES.finding("row-differs", run_id, message, FROM_FOLD)


def _row(fold: RunFold) -> dict[str, object]:
    assert not isinstance(fold.state, NotStarted), "it has events"
    facts = fold.state.facts
    first = fold.first
    assert isinstance(first, RunStarted | RunQueued), "a fold that is whole begins so"
    return {
        "workflow_id": facts.workflow_id,
        "workflow_name": facts.workflow_name,
        "version": facts.version,
        "status": status_of(fold.state),
        "trigger": first.trigger,
        "started_at": facts.started_at,
        "finished_at": fold.ended_at,
        "parent_run_id": None if facts.parent is None else facts.parent.run_id,
        "parent_node": None if facts.parent is None else facts.parent.node,
    }


async def _waits(connection: Connection, folds: Sequence[RunFold]) -> tuple[Expected, Expected]:
    asked = {
        fold.stream_id: [node.task_id for node in live.nodes.values() if isinstance(node, Asking)]
        for fold, live in _live(folds)
    }
    expected: Expected = {run_id: {(task,) for task in tasks} for run_id, tasks in asked.items()}
    tasks = [task_id for of_run in asked.values() for task_id in of_run]
    rows = await connection.fetch(statements["verify_waits"], tasks)
    return expected, _by_run([(row["run_id"], (row["task_id"],)) for row in rows])


async def _jobs(connection: Connection, folds: Sequence[RunFold]) -> tuple[Expected, Expected]:
    expected: Expected = {
        fold.stream_id: {
            (key, node.visit, node.attempt)
            for key, node in live.nodes.items()
            if isinstance(node, Scheduled)
        }
        for fold, live in _live(folds)
    }
    rows = await connection.fetch(statements["verify_jobs"], [fold.stream_id for fold in folds])
    found = [(row["run_id"], (row["node"], row["visit"], row["attempt"])) for row in rows]
    return expected, _by_run(found)


async def _timers(connection: Connection, folds: Sequence[RunFold]) -> tuple[Expected, Expected]:
    expected: Expected = {fold.stream_id: set(_timers_of(live)) for fold, live in _live(folds)}
    rows = await connection.fetch(statements["verify_timers"], [fold.stream_id for fold in folds])
    found = [
        (row["run_id"], (row["kind"], row["node"], row["visit"], _moment(row))) for row in rows
    ]
    return expected, _by_run(found)


def _timers_of(live: Live) -> Iterator[Values]:
    for key, node in live.nodes.items():
        if isinstance(node, Retrying):
            yield "retry", key, node.visit, None
        elif isinstance(node, Sleeping):
            yield "delay", key, node.visit, None
    for key, clock in live.clocks.items():
        if clock.due_at is not None:
            yield clock.kind, key or RUN_CLOCK, clock.visit, clock.due_at


def _moment(row: Row) -> object:
    """Return when a clock's time is up; a retry's and a delay's the fold does not keep."""
    return None if row["kind"] in {"retry", "delay"} else row["due_at"]


def _live(folds: Sequence[RunFold]) -> Iterator[tuple[RunFold, Live]]:
    return ((fold, fold.state) for fold in folds if isinstance(fold.state, Live))


def _by_run(rows: Sequence[tuple[UUID, Values]]) -> Expected:
    found: dict[UUID, set[Values]] = {}
    for run_id, row in rows:
        found.setdefault(run_id, set()).add(row)
    return found


def _unlike(
    folds: Sequence[RunFold], table: str, expected: Expected, found: Expected
) -> Iterator[Finding]:
    for run_id in (fold.stream_id for fold in folds):
        wanted, there = expected.get(run_id, set()), found.get(run_id, set())
        for missing in sorted(map(_words, wanted - there)):
            message = said("table-lacks", "{table} lacks {row}", table=table, row=missing)
            yield RULES.finding("row-missing", run_id, message, FROM_FOLD)
        for surplus in sorted(map(_words, there - wanted)):
            text = "{table} has {row}, which the run does not"
            message = said("table-has", text, table=table, row=surplus)
            yield RULES.finding("row-surplus", run_id, message, FROM_FOLD)


def _words(row: Values) -> str:
    shown = (value.isoformat() if isinstance(value, datetime) else value for value in row)
    return " ".join(str(value) for value in shown if value is not None)


class RunTables:
    """Answers VerifyTables for the engine."""

    def __init__(self, settings: Settings, schema: str) -> None:
        self._settings = settings
        self._schema = schema

    async def verify(self) -> VerifiedTables:
        """Compare counters with rows, waits with runs, the relay with the log. Raises Transient."""
        async with reading(self._settings, self._schema) as connection:
            await connection.execute(statements["verify_patience"])
            found = await relay_findings(connection, "engine")
            for row in await connection.fetch(
                statements["verify_counts"], timeout=count_seconds_max
            ):
                found.append(_of_counter(row))
            for row in await connection.fetch(
                statements["verify_orphan_waits"], timeout=count_seconds_max
            ):
                text = "waits has task {task}, whose run does not wait"
                message = said("wait-left", text, task=row["task_id"])
                found.append(RULES.finding("row-surplus", row["run_id"], message, FROM_FOLD))
        return VerifiedTables(findings=found)


def _of_counter(row: Row) -> Finding:
    subject = said(
        "run-counter", "runs {status} begun on {day}", status=row["status"], day=row["day"]
    )
    text = "{counted} are counted, and there are {present}"
    message = said("run-counts", text, counted=row["counted"], present=row["present"])
    return finding("engine", "counter-differs", subject, message, _ONLY_NUMBERS)
