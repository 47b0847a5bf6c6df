"""The inbox by when answers are wished for, and what is past that."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.run import TaskKind
from contracts.task import ListTasks, TaskPage
from services.chassis.errors import Refused
from services.chassis.ids import derived_id
from services.tasks.app.list_tasks import list_tasks
from services.tasks.domain.task_commands import Open
from tests.support.tasks import (
    ADA,
    CREATED_AT,
    RUN_ID,
    TASK_ID,
    WORKFLOW_ID,
    decision,
    opening,
    paused,
    timed,
)
from tests.support.tasks_service import TaskStore, task_store

OTHER_WORKFLOW = UUID("018f0000-0000-7000-8000-00000000000c")
NOW = CREATED_AT + timedelta(hours=10)
HOUR = timedelta(hours=1)


def an_id(number: int) -> UUID:
    return derived_id("due", str(number))


def numbers(*wanted: int) -> list[UUID]:
    return [an_id(number) for number in wanted]


def a_task(
    number: int,
    due_at: datetime | None = None,
    *,
    kind: TaskKind = "approval",
    workflow_id: UUID = WORKFLOW_ID,
    prompt: str = "Send it?",
) -> tuple[UUID, Open]:
    """A task that was created `number` minutes after all others."""
    pause = paused(task_id=an_id(number), kind=kind, workflow_id=workflow_id, prompt=prompt)
    created_at = CREATED_AT + timedelta(minutes=number)
    return an_id(number), opening(timed(pause, due_at=due_at), created_at=created_at)


async def page(store: TaskStore, **question: object) -> TaskPage:
    asked = ListTasks.model_validate({"actor": ADA, **question})
    return TaskPage.model_validate_json(await list_tasks(store.inbox, asked, lambda: NOW))


async def ids(store: TaskStore, **question: object) -> list[UUID]:
    return [item.id for item in (await page(store, **question)).items]


async def all_pages(store: TaskStore, **question: object) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    while True:
        one = await page(store, cursor=cursor, **question)
        found.extend(item.id for item in one.items)
        cursor = one.next_cursor
        if cursor is None:
            return found


MIXED: Sequence[tuple[UUID, Open]] = (
    a_task(1),
    a_task(2, NOW + HOUR, kind="manual_input"),
    a_task(3, NOW - HOUR, workflow_id=OTHER_WORKFLOW),
    a_task(4, workflow_id=OTHER_WORKFLOW, prompt="Zebra?"),
    a_task(5, NOW - 2 * HOUR, prompt="Zebra?"),
    a_task(6, NOW, kind="manual_input", prompt="Zebra?"),
    a_task(7, NOW + timedelta(microseconds=1)),
)


async def test_what_is_due_first_comes_first_and_what_is_never_due_last(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(*MIXED)
        assert await ids(store, sort="due") == numbers(5, 3, 6, 7, 2, 1, 4)
        assert await ids(store, sort="due", workflow_id=OTHER_WORKFLOW) == numbers(3, 4)
        assert await ids(store, sort="due", kind="manual_input") == numbers(6, 2)
        assert await ids(store, sort="due", q="zebra") == numbers(5, 6, 4)
        assert (await page(store, sort="due", limit=1)).total == 7
        shown = (await page(store, sort="due", limit=1)).items[0]
        assert shown.due_at == NOW - 2 * HOUR


async def test_what_is_past_its_due_date_is_overdue_from_that_instant_on(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(*MIXED)
        assert await ids(store, overdue=True) == numbers(3, 5, 6)
        assert await ids(store, overdue=True, sort="newest") == numbers(6, 5, 3)
        assert await ids(store, overdue=True, sort="due") == numbers(5, 3, 6)
        assert await ids(store, overdue=True, workflow_id=OTHER_WORKFLOW) == numbers(3)
        assert await ids(store, overdue=True, kind="manual_input") == numbers(6)
        assert await ids(store, overdue=True, q="zebra") == numbers(5, 6)
        assert await ids(store, overdue=True, q="zebra", sort="newest") == numbers(6, 5)
        assert (await page(store, overdue=True, limit=1)).total == 3


async def test_a_task_that_is_decided_is_not_overdue_any_more(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(*MIXED)
        await store.decide(decision(task_id=an_id(3)))
        assert await ids(store, overdue=True) == numbers(5, 6)
        assert await ids(store, sort="due") == numbers(5, 6, 7, 2, 1, 4)


@pytest.mark.parametrize(
    "question",
    [
        {"sort": "due"},
        {"sort": "due", "q": "zebra"},
        {"sort": "due", "overdue": True},
        {"sort": "newest", "overdue": True},
        {"overdue": True, "q": "zebra"},
    ],
    ids=str,
)
async def test_pages_follow_each_other_without_gap_or_repeat(
    database_url: str, question: dict[str, object]
) -> None:
    same_moment = [a_task(number, NOW - HOUR, prompt="Zebra?") for number in range(10, 15)]
    undated = [a_task(number, prompt="Zebra?") for number in range(20, 25)]
    async with task_store(database_url) as store:
        await store.hear(*MIXED, *same_moment, *undated)
        whole = await ids(store, **question)
        assert await all_pages(store, limit=2, **question) == whole
        assert len(whole) == (await page(store, limit=1, **question)).total


@pytest.mark.parametrize("question", [{"sort": "due"}, {"overdue": True}], ids=str)
@pytest.mark.parametrize("status", ["decided", "resolved", "closed"])
async def test_the_history_has_no_due_dates_to_go_by(
    database_url: str, status: str, question: dict[str, object]
) -> None:
    async with task_store(database_url) as store:
        with pytest.raises(Refused) as refused:
            await page(store, status=status, **question)
        assert refused.value.code == "invalid-request"


AS_IT_WAS_BEFORE = """
DROP INDEX pending_tasks_by_due, pending_tasks_of_workflow_by_due;
DROP FUNCTION due_place;
DROP TABLE task_timeouts;
ALTER TABLE pending_tasks DROP COLUMN due_at;
DELETE FROM migrations WHERE name = 'tasks/0003_due_dates_and_timeouts.sql'
"""


async def test_a_filled_database_takes_due_dates_and_timeouts_up(database_url: str) -> None:
    async with task_store(database_url) as old:
        await old.hear((TASK_ID, opening()), a_task(1))
        await old.pool.execute(AS_IT_WAS_BEFORE)
    async with task_store(database_url) as store:
        await store.hear(a_task(2, NOW))
        assert await ids(store, sort="due") == [an_id(2), TASK_ID, an_id(1)]
        await store.decide(decision(task_id=TASK_ID))
        assert (await page(store)).total == 2


async def test_an_older_replica_s_tasks_have_no_due_date_and_are_shown_all_the_same(
    database_url: str,
) -> None:
    """While releases change, the older one writes without the column."""
    async with task_store(database_url) as store:
        await store.hear((TASK_ID, opening()))
        await store.pool.execute(
            "INSERT INTO pending_tasks (task_id, run_id, workflow_id, kind, created_at, item, words)"
            " SELECT $1, $2, workflow_id, kind, created_at, item, words FROM pending_tasks",
            an_id(1),
            RUN_ID,
        )
        assert len(await ids(store, sort="due")) == 2
        assert await ids(store, overdue=True) == []
