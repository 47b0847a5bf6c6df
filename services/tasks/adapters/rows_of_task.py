"""What the tables of tasks must hold of a task, as its fold says: for proving the rows, and for making them anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.task import TaskFact, TaskOpened
from services.chassis.verify_fold import Fold
from services.tasks.app.view import list_item_of
from services.tasks.domain.search import task_words
from services.tasks.domain.task_state import Closed, Decided, Pending, TaskState

TaskFold = Fold[TaskState, TaskFact]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """The one row of a task, in the inbox if `status` is pending, else in the history; `at` is its time there."""

    task_id: UUID
    run_id: UUID
    workflow_id: UUID
    kind: str
    status: str
    at: datetime
    item: str
    words: Sequence[str]
    due_at: datetime | None
    timeout_at: datetime | None


def row_of(fold: TaskFold) -> TaskRow | None:
    """Return the row, None for what people never saw."""
    state, task_id = fold.state, fold.stream_id
    match state:
        case Pending(opened):
            return _row(task_id, opened, "pending", opened.created_at, list_item_of(task_id, state))
        case Closed(opened):
            assert fold.ended_at is not None, "its end is an event"
            return _row(task_id, opened, "closed", fold.ended_at, list_item_of(task_id, state))
        case _ if isinstance(state, Decided):
            at = state.resolved.decided_at
            return _row(task_id, state.opened, "resolved", at, list_item_of(task_id, state))
        case _:
            return None


def _row(task_id: UUID, opened: TaskOpened, status: str, at: datetime, item: str) -> TaskRow:
    texts = (opened.title, opened.workflow_name, opened.step_name, opened.prompt)
    is_pending = status == "pending"
    return TaskRow(
        task_id=task_id,
        run_id=opened.run_id,
        workflow_id=opened.workflow_id,
        kind=opened.kind,
        status=status,
        at=at,
        item=item,
        words=task_words(texts, opened.assignees),
        due_at=opened.due_at if is_pending else None,
        timeout_at=opened.timeout_at if is_pending else None,
    )
