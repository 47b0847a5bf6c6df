"""The tables of tasks against the folds of the tasks: inbox, history, timeouts; and their counters."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import orjson

from contracts.base import Json, JsonObject
from contracts.operations import Finding, VerifiedTables
from contracts.task import TaskFact
from services.chassis.database import Connection, Row, Statements
from services.chassis.findings import finding, said
from services.chassis.settings import Settings
from services.chassis.verify import reading
from services.chassis.verify_fold import FROM_BACKUP, Fold
from services.chassis.verify_relay import relay_findings
from services.tasks.adapters.rows_of_task import TaskRow, row_of
from services.tasks.app.verify_tasks import RULES
from services.tasks.domain.task_state import TaskState

statements = Statements(Path(__file__).parent / "sql")
count_seconds_max = 60.0
REBUILD = said("rebuild", "`flusso rebuild inbox` makes the lists and counters anew from the log.")
_EMPTY: tuple[Json, ...] = (None, [], {}, "", 0, False)
TaskFold = Fold[TaskState, TaskFact]


class TaskRows:
    """Implements `services.chassis.verify.RowCheck`."""

    ids = statements["verify_ids"]

    async def findings(
        self, connection: Connection, folds: Mapping[UUID, TaskFold]
    ) -> Sequence[Finding]:
        """Compare the rows of these tasks with their folds."""
        rows: dict[UUID, list[Row]] = {}
        for row in await connection.fetch(statements["verify_tasks"], list(folds)):
            rows.setdefault(row["task_id"], []).append(row)
        timeouts = {
            row["task_id"]
            for row in await connection.fetch(statements["verify_timeouts"], list(folds))
        }
        return [
            finding
            for fold in folds.values()
            if fold.is_whole
            for finding in _of_task(
                fold, rows.get(fold.stream_id, []), is_timed=fold.stream_id in timeouts
            )
        ]


def _of_task(fold: TaskFold, rows: Sequence[Row], *, is_timed: bool) -> Iterator[Finding]:
    task_id = fold.stream_id
    expected = row_of(fold)
    if fold.version == 0 and (rows or is_timed):
        message = said("lists-without-task", "the lists have a row of a task that has no events")
        yield RULES.finding("row-without-stream", task_id, message, FROM_BACKUP, REBUILD)
        return
    where = "inbox" if expected is not None and expected.status == "pending" else "history"
    for row in rows:
        if expected is None or (row["status"] == "pending") != (expected.status == "pending"):
            place = "inbox" if row["status"] == "pending" else "history"
            message = said(f"{place}-has", f"the {place} has it")
            yield RULES.finding("row-surplus", task_id, message, REBUILD)
        else:
            yield from _unlike(row, expected, where)
    if expected is None:
        return
    if not any((row["status"] == "pending") == (expected.status == "pending") for row in rows):
        message = said(f"{where}-lacks", f"the {where} lacks it")
        yield RULES.finding("row-missing", task_id, message, REBUILD)
    if is_timed != (expected.timeout_at is not None):
        missing = said("timeout-missing", "its timeout is not kept")
        surplus = said("timeout-surplus", "a timeout is kept that it lacks")
        message = surplus if is_timed else missing
        yield RULES.finding("row-differs", task_id, message, REBUILD)


def _unlike(row: Row, expected: TaskRow, where: str) -> Iterator[Finding]:
    values: dict[str, object] = {
        "workflow_id": expected.workflow_id,
        "kind": expected.kind,
        "status": expected.status,
        "placed_at": expected.at,
        "due_at": expected.due_at,
    }
    wrong = sorted(name for name, value in values.items() if row[name] != value)
    wrong += _fields_unlike(orjson.loads(row["item"]), orjson.loads(expected.item))
    if set(row["words"]) != set(expected.words):
        wrong.append("the words that it is found by")
    if wrong:
        message = said(
            f"{where}-differs",
            f"in the {where} these are not what its events say: {{fields}}",
            fields=", ".join(wrong),
        )
        yield RULES.finding("row-differs", expected.task_id, message, REBUILD)


def _fields_unlike(stored: JsonObject, expected: JsonObject) -> list[str]:
    """Return the fields that differ; one that an older release did not write is none, while it says nothing."""
    return sorted(
        name
        for name in stored.keys() | expected.keys()
        if (
            stored[name] != expected.get(name)
            if name in stored
            else not any(expected[name] is empty or expected[name] == empty for empty in _EMPTY)
        )
    )


class TaskTables:
    """Answers VerifyTables for tasks."""

    def __init__(self, settings: Settings, schema: str) -> None:
        self._settings = settings
        self._schema = schema

    async def verify(self) -> VerifiedTables:
        """Compare counters with rows, the relay with the log. Raises Transient."""
        async with reading(self._settings, self._schema) as connection:
            await connection.execute(statements["verify_patience"])
            found = await relay_findings(connection, "tasks")
            rows = await connection.fetch(statements["verify_counts"], timeout=count_seconds_max)
        return VerifiedTables(findings=[*found, *map(_of_counter, rows)])


def _of_counter(row: Row) -> Finding:
    counted = [row["counted_opened"], row["counted_resolved"], row["counted_closed"]]
    present = [row["opened"], row["resolved"], row["closed"]]
    words = ("opened", "resolved", "closed")
    wrong = [
        (word, many, there)
        for word, many, there in zip(words, counted, present, strict=True)
        if many != there
    ]
    told = ", ".join(
        f"{many} {word} are counted and there are {there}" for word, many, there in wrong
    )
    subject = said(
        "task-counter",
        "tasks of kind {kind} of workflow {workflow}",
        kind=row["kind"],
        workflow=row["workflow_id"],
    )
    numbers = "; ".join(f"{word}: {many}, {there}" for word, many, there in wrong)
    message = said("task-counts", "{told}", told=told, numbers=numbers)
    return finding("tasks", "counter-differs", subject, message, REBUILD)
