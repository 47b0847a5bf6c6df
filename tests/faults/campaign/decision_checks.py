"""Invariants about decisions: I1 to I4 and I14."""

from datetime import datetime

from contracts.base import JsonObject
from tests.faults.campaign.evidence import LogEntry
from tests.faults.campaign.histories import OPENED, OVERTAKEN, Histories
from tests.faults.campaign.verdicts import Verdict

OUTCOMES = {"approve": "approved", "reject": "rejected", "submit": "submitted"}
TIMED_OUT = "timed_out"
EXPECTED_REFUSALS = frozenset({"already-decided", "run-ended"})


def each_answer_stands(histories: Histories) -> Verdict:
    """I1, seen from those who were told: what they sent is the decision, and the run has taken it."""
    verdict = Verdict("I1", "decisions as answered, and taken by their runs once")
    for entry in histories.evidence.entries("decision"):
        if entry["status"] == 200:
            task = str(entry["task"])
            verdict.expect(
                _is_the_decision(entry, histories.resolved.get(task, [])),
                f"task {task}: {entry['action']} was answered 200 and is not its one decision",
            )
    for task, decisions in histories.resolved.items():
        for decision in decisions:
            verdict.expect(
                _is_taken(task, decision, histories), f"task {task}: its run did not take it once"
            )
    return verdict


def _is_the_decision(entry: JsonObject, decisions: list[LogEntry]) -> bool:
    if len(decisions) != 1:
        return False
    facts, sent, told = decisions[0].facts, entry["sent"], entry["told"]["decision"]
    return (
        facts["outcome"] == OUTCOMES[entry["action"]] == told["outcome"]
        and facts["idempotency_key"] == entry["key"]
        and (facts["values"] or {}) == (sent.get("values") or {})
        and facts["comment"] == sent.get("comment")
        and _instant(facts["decided_at"]) == _instant(told["at"])
    )


def _is_taken(task: str, decision: LogEntry, histories: Histories) -> bool:
    """Tell whether the run left the wait once and with that answer, or ended before it heard of it."""
    left = histories.leaving.get(task, [])
    overtaken = histories.tasks[task][-1].type == OVERTAKEN
    if overtaken or not left:
        return overtaken and not left and histories.end_of(decision.facts["run_id"]) is not None
    if len(left) != 1 or left[0].stream != decision.facts["run_id"]:
        return False
    event, facts = left[0], decision.facts
    match facts["outcome"]:
        case "rejected":
            return event.type == "flusso.run.failed" and event.facts["by"] == facts["by"]
        case "timed_out":
            return event.type == "flusso.run.node_failed"
        case outcome:
            values = facts["values"] or {}
            output = event.facts["output"]
            return (
                event.type == "flusso.run.resumed"
                and event.facts["outcome"] == outcome
                and event.facts["by"] == facts["by"]
                and all(output.get(name) == value for name, value in values.items())
            )


def waits_have_tasks(histories: Histories) -> Verdict:
    """I2, by the tables and by the logs."""
    verdict = Verdict("I2", "waiting runs have their open tasks")
    pending = {row["task"] for row in histories.evidence.rows("pending_tasks")}
    for task in {row["task"] for row in histories.evidence.rows("waits")} | histories.waits.keys():
        holds = task in pending and task in histories.pending
        verdict.expect(holds, f"a run waits for task {task}, which is not open")
    for row in histories.evidence.rows("runs"):
        if row["status"] == "Waiting":
            verdict.expect(
                row["id"] in _asking_runs(histories), f"run {row['id']} waits for nothing"
            )
    return verdict


def _asking_runs(histories: Histories) -> set[str]:
    """Runs that ask, and those above them."""
    above = {row["id"]: row["parent"] for row in histories.evidence.rows("runs")}
    found: set[str] = set()
    for run in histories.waits.values():
        at: str | None = run
        while at is not None and at not in found:
            found.add(at)
            at = above.get(at)
    return found


def tasks_have_waits(histories: Histories) -> Verdict:
    """I3."""
    verdict = Verdict("I3", "open tasks have their waiting runs")
    waits = {row["task"]: row["run"] for row in histories.evidence.rows("waits")}
    tasks = {row["task"]: row["run"] for row in histories.evidence.rows("pending_tasks")}
    for task, run in (tasks | histories.pending).items():
        holds = waits.get(task) == run and histories.waits.get(task) == run
        verdict.expect(holds, f"task {task} is open and run {run} does not wait for it")
    return verdict


def one_decision_a_task(histories: Histories) -> Verdict:
    """I4: and each loser was told the truth about the winner."""
    verdict = Verdict("I4", "one decision a task, losers were told the winner")
    for task, decisions in histories.resolved.items():
        verdict.expect(len(decisions) <= 1, f"task {task} was decided {len(decisions)} times")
    losers = 0
    for entry in histories.evidence.entries("decision"):
        if entry["status"] == 200:
            continue
        task, told = str(entry["task"]), entry["told"] or {}
        code = told.get("code")
        if code == "already-decided":
            losers += 1
            decisions = histories.resolved.get(task, [])
            verdict.expect(
                bool(decisions) and _names_the_winner(told, decisions[0].facts),
                f"task {task}: a loser was told {told.get('outcome')} by {told.get('decided_by')}",
            )
        else:
            verdict.expect(
                code in EXPECTED_REFUSALS, f"task {task}: refused with {entry['status']} {code}"
            )
    verdict.notes.append(f"{losers:,} losers were told")
    return verdict


def _names_the_winner(told: JsonObject, winner: JsonObject) -> bool:
    return (
        told["outcome"] == winner["outcome"]
        and told["decided_by"] == winner["by"]["name"]
        and _instant(told["decided_at"]) == _instant(winner["decided_at"])
    )


def decisions_are_signed(histories: Histories) -> Verdict:
    """I14: who, by what means, when, and on what."""
    verdict = Verdict("I14", "decisions name actor, means, time and digest")
    for task, decisions in histories.resolved.items():
        opened = histories.tasks[task][0]
        for decision in decisions:
            facts = decision.facts
            by = facts["by"]
            holds = (
                all(by.get(name) for name in ("kind", "id", "name", "means"))
                and _instant(facts["decided_at"]) is not None
                and opened.type == OPENED
                and facts["digest"] == opened.facts["digest"]
            )
            verdict.expect(holds, f"task {task}: its decision does not say who, how, when, on what")
    return verdict


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
