"""Invariants about logs and what is derived from them: I6 to I9."""

from collections import Counter
from collections.abc import Callable

import orjson
from pydantic import ValidationError

from contracts.base import JsonObject
from contracts.task import TASK_FACTS_BY_TYPE
from services.chassis.errors import Broken
from services.engine.domain.run_codec import decode_event
from services.engine.domain.run_codec import encode_state as encode_run
from services.engine.domain.run_evolve import evolve as evolve_run
from services.engine.domain.run_state import (
    Live,
    NotStarted,
    Retrying,
    RunState,
    Scheduled,
    Sleeping,
    status_of,
)
from services.tasks.app.aggregate import encode_state as encode_task
from services.tasks.domain.task import evolve as evolve_task
from services.tasks.domain.task_state import TaskState, Unknown
from tests.faults.campaign.evidence import LogEntry
from tests.faults.campaign.histories import (
    CLOSED,
    OPENED,
    OVERTAKEN,
    RESOLVED,
    RUN_ENDS,
    Histories,
    Streams,
)
from tests.faults.campaign.verdicts import Verdict


def tables_are_folds(histories: Histories) -> Verdict:
    """I6: runs, waits, jobs, timers, inbox, history and every counter."""
    verdict = Verdict("I6", "inbox, lists and counters equal the fold of the log")
    _check_runs(histories, verdict)
    _check_inbox(histories, verdict)
    return verdict


def _check_runs(histories: Histories, verdict: Verdict) -> None:
    evidence = histories.evidence
    states = {run: fold_run(entries) for run, entries in histories.runs.items()}
    listed = {row["id"]: row["status"] for row in evidence.rows("runs")}
    for run, state in states.items():
        status = status_of(state)
        verdict.expect(
            listed.get(run) == status, f"run {run} is {status} and listed as {listed.get(run)}"
        )
    for run in listed.keys() - states.keys():
        verdict.expect(False, f"run {run} is listed and has no log")  # noqa: FBT003
    counted = {row["status"]: row["now"] for row in evidence.rows("run_counts") if row["now"]}
    found = Counter(listed.values())
    verdict.expect(counted == found, f"runs are counted as {counted} and are {dict(found)}")
    verdict.expect(
        {row["task"]: row["run"] for row in evidence.rows("waits")} == histories.waits,
        "the table of waits is not the fold of the log",
    )
    jobs = {(row["run"], row["node"]) for row in evidence.rows("jobs")}
    expected = _nodes_in(states, Scheduled)
    verdict.expect(jobs == expected, f"jobs are {len(jobs)} and should be {len(expected)}")
    timers = {
        (row["run"], row["node"])
        for row in evidence.rows("timers")
        if row["kind"] in {"retry", "delay"}
    }
    expected = _nodes_in(states, Retrying, Sleeping)
    verdict.expect(timers == expected, f"timers are {len(timers)} and should be {len(expected)}")


def _nodes_in(states: dict[str, RunState], *situations: type[object]) -> set[tuple[str, str]]:
    return {
        (run, key)
        for run, state in states.items()
        if isinstance(state, Live)
        for key, node in state.nodes.items()
        if isinstance(node, situations)
    }


def _check_inbox(histories: Histories, verdict: Verdict) -> None:
    evidence = histories.evidence
    pending = {row["task"]: row["run"] for row in evidence.rows("pending_tasks")}
    ended = {row["task"]: row["status"] for row in evidence.rows("ended_tasks")}
    counts: dict[tuple[str, str], Counter[str]] = {}
    for task, entries in histories.tasks.items():
        if entries[0].type != OPENED:
            continue  # closed before it was heard of: it never was in the inbox
        facts, types = entries[0].facts, {entry.type for entry in entries}
        status = "resolved" if RESOLVED in types else "closed" if CLOSED in types else None
        verdict.expect(
            (task in pending) == (status is None) and ended.get(task) == status,
            f"task {task} should be {status or 'pending'}",
        )
        count = counts.setdefault((facts["workflow_id"], facts["kind"]), Counter())
        count["opened"] += 1
        count.update([status] if status else [])
    for task in (pending.keys() | ended.keys()) - histories.tasks.keys():
        verdict.expect(False, f"task {task} is listed and has no log")  # noqa: FBT003
    for row in evidence.rows("task_counts"):
        count = counts.pop((row["workflow"], row["kind"]), Counter())
        for name in ("opened", "resolved", "closed"):
            verdict.expect(
                row[name] == count[name],
                f"{row['kind']} tasks of {row['workflow']}: {row[name]} {name}, not {count[name]}",
            )
    verdict.expect(not counts, "tasks of a workflow are not counted")


def snapshots_are_folds(histories: Histories) -> Verdict:
    """I7: by the services' own rules, which replay the whole log."""
    verdict = Verdict("I7", "snapshots equal the fold, versions run 1..n")
    snapshots = histories.evidence.snapshots
    for run, entries in histories.runs.items():
        _check_stream(verdict, run, entries, lambda of: encode_run(fold_run(of)), snapshots)
    for task, entries in histories.tasks.items():
        _check_stream(verdict, task, entries, lambda of: encode_task(fold_task(of)), snapshots)
    for stream in snapshots.keys() - histories.runs.keys() - histories.tasks.keys():
        verdict.expect(False, f"stream {stream} has a snapshot and no events")  # noqa: FBT003
    return verdict


def _check_stream(
    verdict: Verdict,
    stream: str,
    entries: list[LogEntry],
    encoded_fold: Callable[[list[LogEntry]], str],
    snapshots: dict[str, tuple[int, str]],
) -> None:
    versions = [entry.version for entry in entries]
    verdict.expect(
        versions == list(range(1, len(entries) + 1)), f"stream {stream} has versions {versions}"
    )
    try:
        fold = encoded_fold(entries)
    except (Broken, ValidationError) as error:
        verdict.expect(False, f"stream {stream} cannot be read: {error}")  # noqa: FBT003
        return
    version, state = snapshots.get(stream, (0, "null"))
    holds = version == len(entries) and _parsed(state) == _parsed(fold)
    verdict.expect(holds, f"stream {stream}: its snapshot is not the fold of its {len(entries)}")


def _parsed(text: str) -> JsonObject | None:
    parsed: JsonObject | None = orjson.loads(text)
    return parsed


def fold_run(entries: list[LogEntry]) -> RunState:
    state: RunState = NotStarted()
    for entry in entries:
        state = evolve_run(state, decode_event(entry.type, entry.data))
    return state


def fold_task(entries: list[LogEntry]) -> TaskState:
    state: TaskState = Unknown()
    for entry in entries:
        state = evolve_task(state, TASK_FACTS_BY_TYPE[entry.type].model_validate_json(entry.data))
    return state


def nothing_follows_an_end(histories: Histories) -> Verdict:
    """I8."""
    verdict = Verdict("I8", "nothing follows a terminal event")
    run_follows = {name: frozenset[str]() for name in RUN_ENDS}
    task_follows = {
        RESOLVED: frozenset({OVERTAKEN}),
        CLOSED: frozenset[str](),
        OVERTAKEN: frozenset[str](),
    }
    _check_ends(verdict, histories.runs, run_follows)
    _check_ends(verdict, histories.tasks, task_follows)
    return verdict


def _check_ends(verdict: Verdict, streams: Streams, follows: dict[str, frozenset[str]]) -> None:
    for stream, entries in streams.items():
        for place, entry in enumerate(entries):
            if entry.type in follows:
                later = [after.type for after in entries[place + 1 :]]
                holds = len(later) <= 1 and set(later) <= follows[entry.type]
                verdict.expect(holds, f"stream {stream}: {later} after {entry.type}")


def everything_was_told(histories: Histories) -> Verdict:
    """I9: the relays have told their whole logs, and every consumer has taken all of it."""
    verdict = Verdict("I9", "every event was told and taken")
    evidence = histories.evidence
    ends = {"engine": evidence.engine_log, "tasks": evidence.tasks_log}
    for row in evidence.rows("cursors"):
        log = ends[row["schema"]]
        last = log[-1].position if log else 0
        verdict.checked += len(log)
        if row["position"] < last:
            verdict.broken.append(f"{row['schema']}: told up to {row['position']} of {last}")
    for consumer, left in evidence.backlog.items():
        verdict.expect(left == 0, f"{consumer} has not taken {left} messages")
    return verdict
