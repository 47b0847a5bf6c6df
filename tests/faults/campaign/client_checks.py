"""Invariants seen from outside: I5, I10 to I13, I15 and I16, and what nobody should have been told."""

from collections import defaultdict

from contracts.base import JsonObject
from services.engine.app.last_look import look_seconds_max
from tests.faults.campaign import broker_strikes
from tests.faults.campaign.histories import Histories
from tests.faults.campaign.verdicts import Verdict

idle_cpu_max = 0.05
way_seconds = 2.0
"""From the first byte of a request to the endpoint's note of it; milliseconds, but its machine is busy."""
POISONED = (broker_strikes.POISON_ID, "None")
HALF_COMMITTED = ("pause PostgreSQL", "fill PostgreSQL's disk")
"""What may hold PostgreSQL up between the instant that a commit bears and the one when others see it."""


def effects_are_not_repeated(histories: Histories) -> Verdict:
    """I5: a request that comes after its result was recorded, or under a key that no event names, breaks it.

    A worker looks whether a job is wanted at most `look_seconds_max` before the first byte leaves: so long after the
    commit a request may still leave, whoever was frozen or cut off for how long.
    """
    verdict = Verdict("I5", "no side effect after its result was recorded, repeats under one key")
    asked, recorded = _asked_and_recorded(histories)
    arrivals: dict[str, list[float]] = defaultdict(list)
    for entry in histories.evidence.entries("effect"):
        arrivals[str(entry["key"])].append(float(entry["at"]))
    crossed = 0
    for key, times in arrivals.items():
        verdict.expect(key in asked, f"the key {key} is of no scheduled node")
        at = recorded.get(key)
        after = [time for time in times if at is not None and time > at]
        crossed += len(after)
        late = [time for time in after if time > (at or 0.0) + look_seconds_max + way_seconds]
        late = [time for time in late if not _commit_stood_still(histories, at or 0.0, time)]
        verdict.expect(not late, f"{key} was performed {len(late)} times after its result")
    for key, at in recorded.items():
        verdict.expect(key in arrivals, f"{key} has a result of {at} and was never performed")
    repeated = sum(len(times) > 1 for times in arrivals.values())
    verdict.notes.append(
        f"{repeated:,} were repeated, {crossed:,} of them as their result was recorded"
    )
    return verdict


def _asked_and_recorded(histories: Histories) -> tuple[set[str], dict[str, float]]:
    """Return the idempotency keys of all attempts, and when the result of each was recorded."""
    asked: set[str] = set()
    recorded: dict[str, float] = {}
    for entries in histories.runs.values():
        open_keys: dict[str, str] = {}
        for entry in entries:
            match entry.type:
                case "flusso.run.node_scheduled":
                    key = str(entry.facts["idempotency_key"])
                    asked.add(key)
                    open_keys[entry.facts["node"]] = key
                case (
                    "flusso.run.node_completed" | "flusso.run.node_failed" | "flusso.run.retry_set"
                ):
                    done = open_keys.pop(entry.facts["node"], None)
                    if done is not None and entry.facts.get("error", {}).get("code") in OF_THE_CALL:
                        recorded[done] = entry.committed_at
    return asked, recorded


OF_THE_CALL = frozenset({None, "error-status"})
"""Results that say that the other side was reached; without an error, or with its status."""


def _commit_stood_still(histories: Histories, recorded: float, arrived: float) -> bool:
    """Tell whether PostgreSQL stood still, as a whole, between the commit's instant and the request."""
    return any(
        fault.kind in HALF_COMMITTED
        and fault.began_at <= arrived
        and recorded <= fault.ended_at
        and arrived <= fault.ended_at + look_seconds_max + way_seconds
        for fault in histories.evidence.faults
    )


def nothing_accepted_is_lost(histories: Histories) -> Verdict:
    """I10: every 2xx to a start, a delivery, a cancellation, a workflow; and each start is one run."""
    verdict = Verdict("I10", "nothing that was answered 2xx is lost, and it is there once")
    evidence = histories.evidence
    became = {row["run"]: row["became"] for row in evidence.rows("intake") if row["became"]}
    by_key = _runs_by_key(histories)
    for entry in evidence.entries("start"):
        _expect_accepted(verdict, entry)
        if _ok(entry):
            _expect_run(verdict, histories, str(entry["told"]["id"]), by_key[str(entry["key"])])
    for entry in evidence.entries("delivery"):
        _expect_accepted(verdict, entry)
        if _ok(entry):
            told = str(entry["told"]["run_id"])
            run = told if histories.has_started(told) else became.get(told, told)
            _expect_run(verdict, histories, run, by_key[str(entry["delivery"])])
    for entry in evidence.entries("cancel"):
        if _ok(entry):
            end = histories.end_of(str(entry["run"]))
            holds = end is not None and end.type == "flusso.run.cancelled"
            verdict.expect(holds, f"run {entry['run']} was cancelled, and did not end so")
    for row in evidence.rows("intake"):
        lost = row["became"] is None
        verdict.expect(not lost, f"run {row['run']} is still in the intake ({row['refused_code']})")
    for entry in evidence.entries("gave up"):
        verdict.expect(False, f"no answer ever came to {entry['kind']} {entry['path']}")  # noqa: FBT003
    return verdict


def _expect_accepted(verdict: Verdict, entry: JsonObject) -> None:
    verdict.expect(_ok(entry), f"{entry['what']} {entry['path']} was refused: {entry['status']}")


def _expect_run(verdict: Verdict, histories: Histories, run: str, of_key: list[str]) -> None:
    verdict.expect(histories.has_started(run), f"run {run} was accepted and is not in the log")
    verdict.expect(of_key == [run], f"run {run} was asked for once and is there as {of_key}")


def _runs_by_key(histories: Histories) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for run, entries in histories.runs.items():
        output = entries[0].facts.get("trigger_output") or {}
        given = output.get("payload", output)
        key = given.get("key") if isinstance(given, dict) else None
        if key is not None:
            found[str(key)].append(run)
    return found


def _ok(entry: JsonObject) -> bool:
    return 200 <= int(entry["status"]) < 300


def listeners_go_forward(histories: Histories) -> Verdict:
    """I11: between two resets versions only grow, and in the end the newest was told."""
    verdict = Verdict("I11", "live clients never go back, and miss no end")
    newest: dict[str, dict[str, int]] = defaultdict(dict)
    for entry in histories.evidence.journal:
        match entry["what"]:
            case "reset":
                newest[str(entry["gateway"])].clear()
            case "listens" if not entry["after"]:
                newest[str(entry["gateway"])].clear()
            case "told":
                told = newest[str(entry["gateway"])]
                subject, sequence = str(entry["subject"]), int(entry["sequence"])
                holds = sequence >= told.get(subject, 0)
                words = f"{subject} went from {told.get(subject)} to {sequence}"
                verdict.expect(holds, f"{words} at {entry['gateway']}")
                told[subject] = max(sequence, told.get(subject, 0))
    ends = {**histories.runs, **histories.tasks}
    for gateway, told in newest.items():
        for subject, sequence in told.items():
            last = len(ends.get(subject, []))
            verdict.expect(sequence >= last, f"{gateway}: {subject} stayed at {sequence} of {last}")
    return verdict


def everything_comes_to_rest(histories: Histories) -> Verdict:
    """I12."""
    verdict = Verdict("I12", "what was decided is done, and nothing is busy")
    evidence = histories.evidence
    verdict.expect(evidence.settled, "not everything was over in time after healing")
    asking = set(histories.waits.values())
    for row in evidence.rows("runs"):
        if row["status"] in {"Running", "Queued"}:
            verdict.expect(row["id"] in asking, f"run {row['id']} is still {row['status']}")
        else:
            verdict.checked += 1
    for table in ("jobs", "timers", "run_orders"):
        left = len(evidence.rows(table))
        verdict.expect(left == 0, f"{left} {table} are left")
    for name, used in evidence.cpu.items():
        verdict.expect(used < idle_cpu_max, f"{name} uses {used:.1%} of a CPU when idle")
    return verdict


def repairs_follow_faults(histories: Histories) -> Verdict:
    """I13: without faults the reconciler has nothing to do; with them its work is told."""
    verdict = Verdict("I13", "the reconciler repairs nothing unless something broke")
    evidence = histories.evidence
    for kind, count in evidence.repairs.items():
        verdict.expect(bool(evidence.faults), f"{count} times {kind}, and there were no faults")
        verdict.notes.append(f"repaired: {count} times {kind}")
    verdict.checked += 1
    return verdict


def secrets_stay_secret(histories: Histories) -> Verdict:
    """I15, as far as a canary shows it: the endpoint got it, and nothing else has it."""
    verdict = Verdict("I15", "the secret of a workflow is nowhere but where it was sent")
    effects = histories.evidence.entries("effect")
    for entry in effects:
        verdict.expect(
            str(entry["authorization"]).startswith("Bearer "), "an effect came without its secret"
        )
    for place in histories.evidence.leaks:
        verdict.expect(False, f"it is in {place}")  # noqa: FBT003
    return verdict


def every_fault_struck(histories: Histories) -> Verdict:
    """I16."""
    verdict = Verdict("I16", "every fault that was armed struck")
    for fault in histories.evidence.faults:
        verdict.expect(bool(fault.evidence), f"{fault.kind} {fault.target} did not strike")
    return verdict


def operators_find_nothing(histories: Histories) -> Verdict:
    """I18: what services prove about themselves agrees with what is proved here."""
    verdict = Verdict("I18", "`flusso verify` finds nothing")
    verdict.checked += 1
    verdict.broken.extend(histories.evidence.findings)
    return verdict


def nobody_broke(histories: Histories) -> Verdict:
    """No 500, no process that gave up, no dead letter but those that were sent as such."""
    verdict = Verdict("also", "no 500, no process that ends itself, no dead letter of a real event")
    evidence = histories.evidence
    for entry in evidence.entries("later"):
        words = f"{entry['path']} was answered 500: {entry.get('text')}"
        verdict.expect(entry["status"] != 500, words)
    for words in evidence.unasked:
        verdict.expect(False, words)  # noqa: FBT003
    for row in evidence.rows("dead_letters"):
        event_id, reason = str(row["event_id"]), str(row["reason"])
        poisoned = event_id == "" or event_id.startswith(POISONED)
        verdict.expect(poisoned and bool(reason), f"dead letter {event_id or '?'}: {reason}")
    verdict.notes.append(f"{len(evidence.rows('dead_letters'))} dead letters, all of them poison")
    return verdict
