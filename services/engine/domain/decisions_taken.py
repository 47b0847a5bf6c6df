"""What a check of runs goes by: which events end one, and which decisions it took."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.run import DecidedOutcome, RunFact, RunFailed, RunResumed

ENDINGS = frozenset({"flusso.run.completed", "flusso.run.failed", "flusso.run.cancelled"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision as a run took it."""

    task_id: UUID
    outcome: DecidedOutcome
    decided_at: datetime | None


def decision_taken(event: RunFact) -> Taken | None:
    """Return the decision that the event carries, if it does."""
    if type(event) is RunResumed:
        return Taken(event.task_id, event.outcome, event.decided_at)
    if type(event) is RunFailed and event.reason == "rejected" and event.task_id is not None:
        return Taken(event.task_id, "rejected", event.decided_at)
    return None
