"""What a batch adds to the statistics of decisions: how long each took, from the pause of the run to the answer."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.task import TaskFact, TaskOpened, TaskResolved
from services.chassis.magnitudes import duration_ms, magnitude
from services.chassis.orders import Change
from services.tasks.domain.task_state import Shown, TaskState

Key = tuple[datetime, UUID, str, str, int]
"""The hour, the workflow, the node, the answer and the magnitude."""


def decision_rows(changes: Sequence[Change[TaskState, TaskFact]]) -> list[tuple[object, ...]]:
    """Return a row for each key that occurs, sorted so that replicas lock them in one order."""
    decisions: Counter[Key] = Counter()
    milliseconds: Counter[Key] = Counter()
    names: dict[Key, tuple[str, str]] = {}
    for change in changes:
        for event in change.events:
            if isinstance(event, TaskResolved) and isinstance(change.after, Shown):
                opened = change.after.opened
                taken = duration_ms(opened.created_at, event.decided_at)
                key = _key(opened, event, taken)
                decisions[key] += 1
                milliseconds[key] += taken
                names[key] = opened.workflow_name, opened.step_name
    return [(*key, decisions[key], milliseconds[key], *names[key]) for key in sorted(decisions)]


def _key(opened: TaskOpened, resolved: TaskResolved, taken: int) -> Key:
    hour = resolved.decided_at.replace(minute=0, second=0, microsecond=0)
    return hour, opened.workflow_id, opened.node, resolved.outcome, magnitude(taken)
