"""A page of the inbox or of its history, with its exact total, that always fits a message."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never

from contracts.run import TaskKind
from contracts.task import ListTasks
from services.chassis.errors import Refused
from services.chassis.pages import encode_cursor, time_cursor
from services.tasks.app.ports import EndedStatus, Filter, Inbox, Place, Row, Rows, Words
from services.tasks.domain.search import assignee_word, words_of

PAGE_BYTES_MAX = 700_000
"""A page with larger tasks ends early, since NATS carries at most 1 MB a message."""
QUERY_WORDS_MAX = 10
KINDS: tuple[TaskKind, ...] = ("approval", "manual_input")


def _now() -> datetime:
    return datetime.now(UTC)


async def list_tasks(
    inbox: Inbox, question: ListTasks, clock: Callable[[], datetime] = _now
) -> bytes:
    """Return a TaskPage as JSON. The inbox goes by when tasks were created or are due, the history by when they ended.

    Raises Refused (`invalid-cursor`, or `invalid-request` if due dates of ended tasks are asked for).
    """
    _check_due_dates(question)
    words = _words(question)
    after = _place(question.cursor)
    if words is not None and not words.beginnings and not words.assignees:
        return _page([], total=0, has_more=False)  # was asked for nothing that a word could hold
    wanted = Filter(
        statuses=_statuses(question),
        kinds=KINDS if question.kind is None else (question.kind,),
        workflow_id=question.workflow_id,
        words=words,
        sort=question.sort,
        due_by=clock() if question.overdue else None,
    )
    rows = await inbox.list(wanted, after, question.limit + 1)
    return _fitting(rows, question.limit)


def _check_due_dates(question: ListTasks) -> None:
    if question.status != "pending" and (question.sort == "due" or question.overdue):
        message = "Only pending tasks can be overdue, or sorted by when they are due."
        raise Refused("invalid-request", message, status=question.status)


def _place(cursor: str | None) -> Place | None:
    at, task_id = time_cursor(cursor)
    if at is None or task_id is None:
        return None
    if at.tzinfo is None:
        raise Refused("invalid-cursor", "The cursor is not one that a list answered.")
    return Place(at, task_id)


def _statuses(question: ListTasks) -> tuple[EndedStatus, ...]:
    match question.status:
        case "pending":
            return ()
        case "decided":
            return ("resolved", "closed")
        case "resolved" | "closed":
            return (question.status,)
        case _:
            assert_never(question.status)


def _words(question: ListTasks) -> Words | None:
    text = (question.q or "").strip()
    assignee = (question.assignee or "").strip()
    if not text and not assignee:
        return None
    names = [assignee] if assignee else []
    if assignee == "me":
        names = [question.actor.id, question.actor.name]
    return Words(words_of(text, QUERY_WORDS_MAX), [assignee_word(name) for name in names])


def _fitting(rows: Rows, limit: int) -> bytes:
    kept: list[Row] = []
    size = 0
    for row in rows.items[:limit]:
        size += len(row.item.encode())
        if kept and size > PAGE_BYTES_MAX:
            break
        kept.append(row)
    return _page(kept, total=rows.total, has_more=len(kept) < len(rows.items))


def _page(rows: list[Row], *, total: int, has_more: bool) -> bytes:
    cursor = f'"{encode_cursor(rows[-1].place.at, rows[-1].place.task_id)}"' if has_more else "null"
    items = ",".join(row.item for row in rows)
    return f'{{"items":[{items}],"next_cursor":{cursor},"total":{total}}}'.encode()
