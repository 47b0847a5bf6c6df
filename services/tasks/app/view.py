"""A task as the API shows it (`contracts.task.TaskView`), as JSON straight from its events.

What TaskOpened says is a part of what TaskView shows, under the same names; a test holds them equal.
"""

import json
from typing import assert_never
from uuid import UUID

from contracts.base import rfc3339
from contracts.task import TaskClosed, TaskDecision, TaskOpened, TaskOvertaken, TaskResolved
from services.tasks.app.opened_json import json_of
from services.tasks.app.ports import Trail
from services.tasks.domain.task_state import Closed, Overtaken, Pending, Resolved, Shown

PROMPT_CHARACTERS_LISTED_MAX = 2_000


def whole_view_of(task_id: UUID, shown: Shown, trail: Trail) -> str:
    """Return the whole task, and who tried to decide it in vain."""
    attempts = ",".join(attempt.model_dump_json() for attempt in trail.attempts)
    view = view_of(task_id, shown)
    return f'{view[:-1]},"attempts":[{attempts}],"attempts_total":{trail.total}}}'


def view_of(task_id: UUID, shown: Shown) -> str:
    """Return the whole task, without its trail."""
    return _object(task_id, shown, shown.opened, truncated=False)


def list_item_of(task_id: UUID, shown: Shown) -> str:
    """Return the task as lists show it: a long prompt is shortened, and said to be."""
    opened = shown.opened
    if len(opened.prompt) <= PROMPT_CHARACTERS_LISTED_MAX:
        return _object(task_id, shown, opened, truncated=False)
    beginning = opened.prompt[:PROMPT_CHARACTERS_LISTED_MAX]
    shortened = opened.model_copy(update={"prompt": beginning})
    return _object(task_id, shown, shortened, truncated=True)


def _object(task_id: UUID, shown: Shown, opened: TaskOpened, *, truncated: bool) -> str:
    head = f'{{"id":"{task_id}",{json_of(opened)[1:-1]}'
    flag = "true" if truncated else "false"
    return f'{head},"prompt_truncated":{flag},{_ending(shown)}}}'


def _ending(shown: Shown) -> str:
    match shown:
        case Pending():
            return '"status":"pending","decision":null,"closed_reason":null'
        case Resolved(_, resolved):
            decision = _decision(resolved).model_dump_json()
            return f'"status":"resolved","decision":{decision},"closed_reason":null'
        case Overtaken(_, resolved, overtaken):
            decision = _decision(resolved).model_dump_json()
            return f'"status":"resolved","decision":{decision},{_run_end(overtaken)}'
        case Closed(_, closed):
            return f'"status":"closed","decision":null,{_run_end(closed)}'
        case _:
            assert_never(shown)


def _run_end(end: TaskClosed | TaskOvertaken) -> str:
    """Say how the run ended; who and when only if that is known, so that what was listed before stays as it was."""
    by = "" if end.ended_by is None else f',"closed_by":{json.dumps(end.ended_by.name)}'
    at = "" if end.ended_at is None else f',"closed_at":"{rfc3339(end.ended_at)}"'
    return f'"closed_reason":"{end.run_status}"{by}{at}'


def _decision(resolved: TaskResolved) -> TaskDecision:
    return TaskDecision(
        outcome=resolved.outcome,
        by=resolved.by.name,
        at=resolved.decided_at,
        values=resolved.values,
        comment=resolved.comment,
    )
