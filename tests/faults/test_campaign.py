"""A short seeded campaign; then its evidence is tampered with, and the checker must find each lie."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from contracts.base import JsonObject
from tests.faults import forgeries
from tests.faults.campaign.campaign import Settings, run_campaign
from tests.faults.campaign.checker import broken, check
from tests.faults.campaign.evidence import Evidence, FaultRecord, LogEntry, load, save
from tests.faults.campaign.plan import KINDS, Fault, Kind, plan_faults
from tests.faults.campaign.verdicts import lines_of

seed = 7
rest_seconds_max = 120.0
"""The promise is 30 s; this machine may be busy with other tests."""


def _fault(kind: Kind, target: str = "", seconds: float = 0.3) -> Fault:
    return Fault(kind, target, seconds, pause_seconds=0.3, number=seed)


SHORT = (
    _fault("kill a service", "tasks"),
    _fault("wipe NATS"),
    _fault("deliver again", "TASK_EVENTS"),
    _fault("poison messages", "RUN_EVENTS"),
    _fault("end PostgreSQL sessions"),
)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What is left of a short campaign with one replica of each service."""
    settings = Settings(
        seed=seed,
        faults=SHORT,
        starts_a_second=5.0,
        rest_seconds_max=rest_seconds_max,
        replicas=1,
        durable=False,
        measures_cpu=False,
    )
    folder = tmp_path_factory.mktemp("campaign")
    return asyncio.run(run_campaign(folder, settings, print))


@pytest.mark.timeout(600)
def test_every_promise_holds_after_a_short_campaign(evidence: Evidence) -> None:
    verdicts = check(evidence)

    assert broken(verdicts) == set(), "\n".join(lines_of(verdicts))
    looked_at = {verdict.name: verdict.checked for verdict in verdicts}
    assert evidence.entries("receipt"), "nobody was given a receipt"
    for name in ("I1", "I4", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I14", "I16", "I17"):
        assert looked_at[name] > 0, name


def test_evidence_survives_the_disk(evidence: Evidence, tmp_path: Path) -> None:
    save(evidence, tmp_path / "evidence.json")

    assert load(tmp_path / "evidence.json") == evidence


# -- the schedule ----------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_schedule() -> None:
    assert plan_faults(11, 300.0) == plan_faults(11, 300.0) != plan_faults(12, 300.0)


def test_a_long_campaign_has_every_kind() -> None:
    assert {fault.kind for fault in plan_faults(seed, 600.0)} == set(KINDS)


# -- the checker -----------------------------------------------------------------------------------


def _without_one_of(entries: list[LogEntry], kind: str, more: Callable[[JsonObject], bool]) -> None:
    lost = next(entry for entry in entries if entry.type == kind and more(entry.facts))
    entries.remove(lost)


def _anything(_: JsonObject) -> bool:
    return True


def _again(entries: list[LogEntry], kind: str) -> None:
    """Append the first event of that kind once more, as the next of its stream."""
    found = next(entry for entry in entries if entry.type == kind)
    version = sum(entry.stream == found.stream for entry in entries) + 1
    last = entries[-1].position
    entries.append(replace(found, position=last + 1, version=version))


def _changed(entries: list[LogEntry], kind: str, **changes: object) -> None:
    place, found = next((place, entry) for place, entry in enumerate(entries) if entry.type == kind)
    data = orjson.dumps(found.facts | changes).decode()
    entries[place] = replace(found, data=data)


def _first(evidence: Evidence, what: str, status: int) -> JsonObject:
    return next(entry for entry in evidence.entries(what) if entry["status"] == status)


def _lost_decision(evidence: Evidence) -> None:
    decided = str(_first(evidence, "decision", 200)["task"])
    evidence.tasks_log[:] = [
        entry
        for entry in evidence.tasks_log
        if not (entry.stream == decided and entry.type == "flusso.task.resolved")
    ]


def _double_resume(evidence: Evidence) -> None:
    _again(evidence.engine_log, "flusso.run.resumed")


def _other_answer(evidence: Evidence) -> None:
    _first(evidence, "decision", 200)["sent"]["comment"] = "something else"


def _decision_not_taken(evidence: Evidence) -> None:
    _without_one_of(evidence.engine_log, "flusso.run.resumed", _anything)


def _wait_without_task(evidence: Evidence) -> None:
    evidence.rows("waits").append({"task": "t-1", "run": "r-1"})


def _orphan_task(evidence: Evidence) -> None:
    evidence.rows("pending_tasks").append({"task": "t-1", "run": "r-1"})


def _two_decisions(evidence: Evidence) -> None:
    _again(evidence.tasks_log, "flusso.task.resolved")


def _wrong_winner(evidence: Evidence) -> None:
    won = _first(evidence, "decision", 200)
    told = {"code": "already-decided", "decided_by": "Mallory", "outcome": "approved"}
    told["decided_at"] = won["told"]["decision"]["at"]
    evidence.journal.append({**won, "status": 409, "told": told})


def _unknown_refusal(evidence: Evidence) -> None:
    won = _first(evidence, "decision", 200)
    evidence.journal.append({**won, "status": 422, "told": {"code": "invalid-values"}})


def _late_effect(evidence: Evidence) -> None:
    done = next(
        entry
        for entry in evidence.engine_log
        if entry.type == "flusso.run.node_completed" and entry.facts["node"] == "call"
    )
    made = next(
        entry
        for entry in evidence.entries("effect")
        if str(entry["key"]).startswith(f"{done.stream}/") and not entry["failed"]
    )
    evidence.journal.append({**made, "at": done.committed_at + 4.0})


def _unknown_key(evidence: Evidence) -> None:
    made = evidence.entries("effect")[0]
    evidence.journal.append({**made, "key": "run/node/1/1"})


def _miscounted(evidence: Evidence) -> None:
    evidence.rows("task_counts")[0]["opened"] += 1


def _miscounted_runs(evidence: Evidence) -> None:
    evidence.rows("run_counts")[0]["now"] += 1


def _stale_list(evidence: Evidence) -> None:
    run = next(row for row in evidence.rows("runs") if row["status"] == "Completed")
    run["status"] = "Running"


def _stale_snapshot(evidence: Evidence) -> None:
    stream = evidence.tasks_log[0].stream
    version, _ = evidence.snapshots[stream]
    evidence.snapshots[stream] = version, '{"situation":"unknown"}'


def _gap(evidence: Evidence) -> None:
    evidence.engine_log[-1] = replace(evidence.engine_log[-1], version=99)


def _life_after_death(evidence: Evidence) -> None:
    end = next(entry for entry in evidence.engine_log if entry.type == "flusso.run.completed")
    late = replace(end, type="flusso.run.node_skipped", data='{"node":"done","visit":1}')
    evidence.engine_log.append(
        replace(late, position=evidence.engine_log[-1].position + 1, version=end.version + 1)
    )


def _untold(evidence: Evidence) -> None:
    evidence.rows("cursors")[0]["position"] -= 1


def _untaken(evidence: Evidence) -> None:
    evidence.backlog[next(iter(evidence.backlog))] = 1


def _lost_start(evidence: Evidence) -> None:
    run = str(next(e for e in evidence.entries("start"))["told"]["id"])
    evidence.engine_log[:] = [entry for entry in evidence.engine_log if entry.stream != run]


def _started_twice(evidence: Evidence) -> None:
    first = evidence.engine_log[0]
    run = str(evidence.entries("start")[0]["told"]["id"])
    found = next(entry for entry in evidence.engine_log if entry.stream == run)
    evidence.engine_log.append(replace(found, stream=first.stream[::-1], position=first.position))


def _left_in_intake(evidence: Evidence) -> None:
    evidence.rows("intake").append({"run": "r-1", "became": None, "refused_code": None})


def _went_back(evidence: Evidence) -> None:
    told = next(e for e in reversed(evidence.entries("told")) if e["sequence"] > 1)
    evidence.journal.append({**told, "sequence": told["sequence"] - 1})


def _missed_the_end(evidence: Evidence) -> None:
    told = evidence.entries("told")[-1]
    same = (told["gateway"], told["subject"])
    evidence.journal[:] = [
        entry
        for entry in evidence.journal
        if entry["what"] != "told"
        or (entry["gateway"], entry["subject"]) != same
        or entry["sequence"] < told["sequence"]
    ]
    if told["sequence"] == 1:
        evidence.journal.append({**told, "sequence": 0})


def _restless(evidence: Evidence) -> None:
    evidence.rows("jobs").append({"run": "r-1", "node": "call", "visit": 1, "attempt": 1})


def _busy(evidence: Evidence) -> None:
    evidence.cpu["engine"] = 0.4


def _repaired_without_faults(evidence: Evidence) -> None:
    evidence.faults.clear()
    evidence.repairs["wait-without-task"] = 1


def _anonymous(evidence: Evidence) -> None:
    nobody = {"kind": "", "id": "", "name": "", "means": ""}
    _changed(evidence.tasks_log, "flusso.task.resolved", by=nobody)


def _other_digest(evidence: Evidence) -> None:
    _changed(evidence.tasks_log, "flusso.task.resolved", digest="0" * 64)


def _leak(evidence: Evidence) -> None:
    evidence.leaks.append("table engine.log")


def _missed_fault(evidence: Evidence) -> None:
    evidence.faults.append(FaultRecord("wipe NATS", "", 0.0, 1.0, ""))


def _internal_error(evidence: Evidence) -> None:
    evidence.journal.append({"at": 0.0, "what": "later", "path": "/", "status": 500})


def _buried_event(evidence: Evidence) -> None:
    real = f"{evidence.engine_log[0].stream}-1"
    evidence.rows("dead_letters").append({"event_id": real, "reason": "no idea"})


def _found_by_an_operator(evidence: Evidence) -> None:
    evidence.findings.append("counter-wrong, runs of today: 3 counted, 4 are there")


def _named(value: object) -> str:
    return getattr(value, "__name__", str(value)).strip("_")


LIES: list[tuple[str, Callable[[Evidence], None]]] = [
    ("I1", _lost_decision),
    ("I1", _double_resume),
    ("I1", _other_answer),
    ("I1", _decision_not_taken),
    ("I2", _wait_without_task),
    ("I3", _orphan_task),
    ("I4", _two_decisions),
    ("I4", _wrong_winner),
    ("I4", _unknown_refusal),
    ("I5", _late_effect),
    ("I5", _unknown_key),
    ("I6", _miscounted),
    ("I6", _miscounted_runs),
    ("I6", _stale_list),
    ("I7", _stale_snapshot),
    ("I7", _gap),
    ("I8", _life_after_death),
    ("I9", _untold),
    ("I9", _untaken),
    ("I10", _lost_start),
    ("I10", _started_twice),
    ("I10", _left_in_intake),
    ("I11", _went_back),
    ("I11", _missed_the_end),
    ("I12", _restless),
    ("I12", _busy),
    ("I13", _repaired_without_faults),
    ("I14", _anonymous),
    ("I14", _other_digest),
    ("I15", _leak),
    ("I16", _missed_fault),
    ("I17", forgeries.forged_decision),
    ("I17", forgeries.forged_with_its_hash),
    ("I17", forgeries.taken_out),
    ("I17", forgeries.put_in_later),
    ("I17", forgeries.forged_checkpoint),
    ("I17", forgeries.signed_by_another),
    ("I17", forgeries.cut_off_its_end),
    ("I17", forgeries.forged_receipt),
    ("I18", _found_by_an_operator),
    ("also", _internal_error),
    ("also", _buried_event),
]


@pytest.mark.parametrize(("invariant", "tamper"), LIES, ids=_named)
def test_the_checker_finds(
    evidence: Evidence, invariant: str, tamper: Callable[[Evidence], None]
) -> None:
    tampered = copy.deepcopy(evidence)
    tamper(tampered)

    assert invariant in broken(check(tampered))
