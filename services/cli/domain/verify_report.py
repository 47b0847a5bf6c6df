"""What a terminal says of a verification, of dead letters and of what was lost."""

from datetime import datetime

from contracts.base import JsonObject
from services.cli.domain.safe_text import safe_line
from services.cli.domain.spans import age, local, moment

LETTER_COLUMNS = ("age", "service", "consumer", "event", "tries", "reason", "id")
LOST_COLUMNS = ("when", "what", "by", "outcome", "about", "id")
_SHARES = {"engine streams": 0.0, "tasks streams": 0.5}
"""Refolding is nearly all of the work: half of it for runs, half for tasks."""


def look_of(look: JsonObject) -> str:
    """Return what is being looked at."""
    streams = look["streams"]
    match look["phase"]:
        case "engine streams":
            return f"runs: {streams.get('engine', 0):,}"
        case "tasks streams":
            return f"tasks: {streams.get('tasks', 0):,}"
        case "done":
            return "done"
        case phase:
            return str(phase)


def share_done(look: JsonObject) -> float:
    """Return how much is done, from 0 to 1; where no total is known, only the halves."""
    begun = _SHARES.get(look["phase"])
    if begun is None:
        return 1.0
    service = look["phase"].partition(" ")[0]
    total = look["totals"].get(service) or 0
    seen = look["streams"].get(service, 0)
    return float(begun + (min(1.0, seen / total) / 2 if total else 0.0))


def finding_lines(finding: JsonObject) -> list[str]:
    """Return what does not hold, where, and what to do."""
    return [
        safe_line(f"{finding['subject']}: {finding['message']} [{finding['check']}]"),
        safe_line(f"  {finding['remedy']}"),
    ]


def summary_line(look: JsonObject) -> str:
    """Return what was looked at, and what came of it."""
    streams = look["streams"]
    seen = (
        f"{streams.get('engine', 0):,} runs and {streams.get('tasks', 0):,} tasks with "
        f"{look['events']:,} events, {look['waits']:,} waits"
    )
    if look["state"] != "done":
        return f"Stopped after {seen}: `flusso verify --resume` goes on."
    if not look["found"]:
        return f"Everything holds: {seen}."
    shown = len(look["findings"])
    more = "" if shown == look["found"] else f" The first {shown} are shown."
    return f"{look['found']} findings in {seen}.{more}"


def letter_row(letter: JsonObject, now: datetime) -> list[str]:
    """Return a dead letter as a row of LETTER_COLUMNS."""
    return [
        age(moment(letter["received_at"]), now),
        letter["service"],
        letter["consumer"],
        letter["event_type"] or "(unreadable)",
        str(letter["attempts"]),
        letter["reason"],
        letter["id"],
    ]


def letter_lines(letter: JsonObject) -> list[str]:
    """Return all of a dead letter."""
    tried = f"tried {letter['attempts']} times, the last time {local(letter['tried_at'])}"
    lines = [
        f"{letter['event_type'] or 'a message that cannot be read'} {letter['event_id']}",
        f"for {letter['consumer']} of {letter['service']}",
        f"came {local(letter['received_at'])}, {tried}",
        f"because: {letter['reason']}",
    ]
    return list(map(safe_line, lines))


def lost_row(fact: JsonObject) -> list[str]:
    """Return a lost fact as a row of LOST_COLUMNS."""
    details = fact["details"]
    about = details.get("title") or details.get("workflow_name") or details.get("node") or ""
    what = fact["type"].removeprefix("flusso.").replace(".", " ")
    return [
        local(fact["at"]),
        what if fact["certain"] else f"{what} (or deleted with its workflow)",
        fact["by"] or "",
        (fact["outcome"] or "").replace("_", " "),
        about,
        fact["subject"],
    ]
