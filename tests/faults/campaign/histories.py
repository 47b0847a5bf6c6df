"""The logs stream by stream, and what plainly follows from them: written anew here, to judge the services by it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.faults.campaign.evidence import Evidence, LogEntry

RUN_ENDS = {
    "flusso.run.completed": "Completed",
    "flusso.run.failed": "Failed",
    "flusso.run.cancelled": "Cancelled",
}
STARTS = frozenset({"flusso.run.started", "flusso.run.queued"})
OPENED, RESOLVED = "flusso.task.opened", "flusso.task.resolved"
CLOSED, OVERTAKEN = "flusso.task.closed", "flusso.task.overtaken"
Streams = dict[str, list[LogEntry]]


def _streams(log: Sequence[LogEntry]) -> Streams:
    streams: Streams = defaultdict(list)
    for entry in log:
        streams[entry.stream].append(entry)
    return streams


@dataclass(frozen=True)
class Histories:
    """Read once, asked by every check."""

    evidence: Evidence

    @cached_property
    def runs(self) -> Streams:
        return _streams(self.evidence.engine_log)

    @cached_property
    def tasks(self) -> Streams:
        return _streams(self.evidence.tasks_log)

    @cached_property
    def resolved(self) -> dict[str, list[LogEntry]]:
        """Decisions by task."""
        return {
            task: [entry for entry in entries if entry.type == RESOLVED]
            for task, entries in self.tasks.items()
        }

    @cached_property
    def leaving(self) -> dict[str, list[LogEntry]]:
        """By task: the events with which a run left that wait because of a decision."""
        found: dict[str, list[LogEntry]] = defaultdict(list)
        for entry in self.evidence.engine_log:
            task = _task_of(entry)
            if task is not None:
                found[task].append(entry)
        return found

    @cached_property
    def waits(self) -> dict[str, str]:
        """Runs by task, for what runs wait for at the end of the log."""
        found: dict[str, str] = {}
        for run, entries in self.runs.items():
            asked: dict[str, str] = {}
            for entry in entries:
                match entry.type:
                    case "flusso.run.paused":
                        asked[entry.facts["task_id"]] = entry.facts["node"]
                    case "flusso.run.resumed":
                        asked.pop(entry.facts["task_id"], None)
                    case "flusso.run.node_failed":
                        node = entry.facts["node"]
                        asked = {task: key for task, key in asked.items() if key != node}
                    case _ if entry.type in RUN_ENDS:
                        asked = {}
            found |= dict.fromkeys(asked, run)
        return found

    @cached_property
    def pending(self) -> dict[str, str]:
        """Runs by task, for tasks that are open at the end of the log."""
        return {
            task: entries[0].facts["run_id"]
            for task, entries in self.tasks.items()
            if entries[-1].type == OPENED
        }

    def end_of(self, run: str) -> LogEntry | None:
        entries = self.runs.get(run, [])
        return next((entry for entry in entries if entry.type in RUN_ENDS), None)

    def has_started(self, run: str) -> bool:
        entries = self.runs.get(run, [])
        return bool(entries) and entries[0].type in STARTS


def _task_of(entry: LogEntry) -> str | None:
    """Return the task whose decision this event of a run carries out."""
    if entry.type == "flusso.run.resumed":
        return str(entry.facts["task_id"])
    if entry.type == "flusso.run.failed" and entry.facts["reason"] == "rejected":
        return str(entry.facts["task_id"])
    if entry.type == "flusso.run.node_failed":
        task = entry.facts["error"].get("details", {}).get("task_id")
        return None if task is None else str(task)
    return None
