"""The inbox and its history in a real PostgreSQL."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from contracts.base import JsonObject
from contracts.run import TaskKind
from contracts.task import (
    GetTask,
    ListTasks,
    TaskPage,
    TaskView,
)
from services.chassis.errors import Refused
from services.chassis.ids import derived_id, new_id
from services.tasks.adapters.search_index import SearchIndex
from services.tasks.app.get_task import get_task
from services.tasks.app.list_tasks import PAGE_BYTES_MAX, list_tasks
from services.tasks.domain.task_commands import Close, Decide, TaskCommand, TimeOut
from tests.support.tasks import (
    ADA,
    AMOUNT,
    BOB,
    CREATED_AT,
    RUN_ID,
    decision,
    opening,
    paused,
    timed,
)
from tests.support.tasks_service import TaskStore, task_store

OTHER_WORKFLOW = UUID("018f0000-0000-7000-8000-00000000000c")


def an_id(number: int) -> UUID:
    return derived_id("task", str(number))


def an_opening(
    number: int,
    *,
    kind: TaskKind = "approval",
    workflow_id: UUID | None = None,
    title: str = "Review",
    prompt: str = "Send it?",
    assignees: list[str] | None = None,
    timeout_at: datetime | None = None,
) -> tuple[UUID, TaskCommand]:
    pause = paused(
        task_id=an_id(number),
        kind=kind,
        title=title,
        prompt=prompt,
        assignees=assignees,
        workflow_name="Weekly",
        fields=[AMOUNT] if kind == "manual_input" else [],
        workflow_id=workflow_id or paused().workflow_id,
    )
    timed_pause = timed(pause, timeout_at=timeout_at)
    return an_id(number), opening(timed_pause, created_at=CREATED_AT + timedelta(seconds=number))


async def page(store: TaskStore, **question: object) -> TaskPage:
    asked = ListTasks.model_validate({"actor": ADA, **question})
    return TaskPage.model_validate_json(await list_tasks(store.inbox, asked))


async def ids(store: TaskStore, **question: object) -> list[UUID]:
    return [item.id for item in (await page(store, **question)).items]


async def all_pages(store: TaskStore, **question: object) -> list[UUID]:
    found: list[UUID] = []
    cursor = None
    while True:
        one = await page(store, cursor=cursor, **question)
        found.extend(item.id for item in one.items)
        assert one.total >= len(found)
        cursor = one.next_cursor
        if cursor is None:
            return found


def numbers(*wanted: int) -> list[UUID]:
    return [an_id(number) for number in wanted]


async def test_the_oldest_task_comes_first_or_the_newest_if_asked(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(an_opening(2), an_opening(1, kind="manual_input"), an_opening(3))
        assert await ids(store) == numbers(1, 2, 3)
        assert await ids(store, sort="newest") == numbers(3, 2, 1)


@pytest.mark.parametrize("sort", ["oldest", "newest"])
async def test_pages_follow_each_other_without_gap_or_repeat(database_url: str, sort: str) -> None:
    async with task_store(database_url) as store:
        kinds: Sequence[TaskKind] = ("approval", "manual_input")
        same_moment = [
            (new_task, opening(paused(task_id=new_task), created_at=CREATED_AT))
            for new_task in (new_id() for _ in range(5))
        ]
        others = [an_opening(number, kind=kinds[number % 2]) for number in range(1, 19)]
        await store.hear(*same_moment, *others)
        expected = [*sorted(task_id for task_id, _ in same_moment), *numbers(*range(1, 19))]
        found = await all_pages(store, limit=4, sort=sort)
        assert found == (expected if sort == "oldest" else expected[::-1])


async def test_filters_and_their_totals_are_exact(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(
            an_opening(1),
            an_opening(2, kind="manual_input"),
            an_opening(3, workflow_id=OTHER_WORKFLOW),
            an_opening(4, workflow_id=OTHER_WORKFLOW, kind="manual_input"),
        )
        both: JsonObject = {"workflow_id": OTHER_WORKFLOW, "kind": "manual_input"}
        assert await ids(store, kind="approval") == numbers(1, 3)
        assert await ids(store, workflow_id=OTHER_WORKFLOW) == numbers(3, 4)
        assert await ids(store, **both) == numbers(4)
        assert (await page(store, kind="approval", limit=1)).total == 2
        assert (await page(store, workflow_id=OTHER_WORKFLOW, limit=1)).total == 2
        assert (await page(store, **both)).total == 1
        assert (await page(store, workflow_id=RUN_ID)).total == 0


async def test_the_history_goes_by_when_tasks_ended(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(*(an_opening(number) for number in (1, 2, 3, 4)))
        await store.decide(decision(task_id=an_id(3)))
        await store.decide(decision("reject", task_id=an_id(1), comment="no"))
        await store.hear((an_id(2), Close(RUN_ID, "Cancelled")))
        assert await ids(store) == numbers(4)
        assert await ids(store, status="decided") == numbers(3, 1, 2)
        assert await ids(store, status="decided", sort="newest") == numbers(2, 1, 3)
        assert await ids(store, status="resolved") == numbers(3, 1)
        assert await all_pages(store, status="decided", limit=1) == numbers(3, 1, 2)
        closed = await page(store, status="closed")
        assert (closed.total, closed.items[0].closed_reason) == (1, "Cancelled")
        rejected = (await page(store, status="resolved", sort="newest")).items[0]
        assert rejected.decision is not None
        assert (rejected.decision.outcome, rejected.decision.comment) == ("rejected", "no")


async def test_a_decision_and_the_end_that_overtakes_it_in_one_batch(database_url: str) -> None:
    async with task_store(database_url) as store:
        order = Decide(decision(task_id=an_id(1)))
        await store.hear(an_opening(1), (an_id(1), order), (an_id(1), Close(RUN_ID, "Failed")))
        (item,) = (await page(store, status="resolved")).items
        assert (item.closed_reason, (await page(store)).total) == ("Failed", 0)
        assert await differences(store) == []


async def test_history_filters_and_their_totals_are_exact(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(
            an_opening(1),
            an_opening(2, workflow_id=OTHER_WORKFLOW),
            an_opening(3, kind="manual_input"),
        )
        await store.hear(*((an_id(number), Close(RUN_ID, "Failed")) for number in (1, 2, 3)))
        assert await ids(store, status="decided", kind="approval", workflow_id=OTHER_WORKFLOW) == (
            numbers(2)
        )
        assert (await page(store, status="decided", kind="manual_input")).total == 1
        assert (await page(store, status="closed", workflow_id=OTHER_WORKFLOW, limit=1)).total == 1
        assert (await page(store, status="resolved")).total == 0


@pytest.mark.parametrize("merged", [False, True])
async def test_words_find_tasks_by_their_beginnings(database_url: str, merged: bool) -> None:  # noqa: FBT001
    async with task_store(database_url) as store:
        await store.hear(
            an_opening(1, prompt="Send the newsletter to ada@example.com?"),
            an_opening(2, title="Refund of 300 €", prompt="Müller's order"),
            an_opening(3, prompt="Send the news"),
        )
        await store.decide(decision(task_id=an_id(3)))
        if merged:
            await SearchIndex(store.pool).merge()
        assert await ids(store, q="news") == numbers(1)
        assert await ids(store, q="EXAMPLE send") == numbers(1)
        assert await ids(store, q="müll refund 300") == numbers(2)
        assert await ids(store, q="news", status="decided") == numbers(3)
        assert (await page(store, q="newsletter refund")).total == 0
        assert (await page(store, q="send", kind="approval")).total == 1
        assert (await page(store, q="send", workflow_id=OTHER_WORKFLOW)).total == 0


@pytest.mark.parametrize("q", ["'", "\\", "a:*&!|", "<->", "!!!", "🎈", "' | 'x", "\u202e"])
async def test_no_query_breaks_the_search(database_url: str, q: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(an_opening(1, prompt="zebra"))
        assert (await page(store, q=q)).total == 0


async def test_a_search_is_paged_and_counted(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(*(an_opening(number, prompt=f"zebra {number}") for number in range(7)))
        assert await all_pages(store, q="zebra", limit=3) == numbers(*range(7))
        assert await all_pages(store, q="zebra", limit=3, sort="newest") == numbers(
            *range(6, -1, -1)
        )
        assert (await page(store, q="zebra", limit=1)).total == 7


async def test_tasks_are_found_by_who_they_are_for(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear(
            an_opening(1, assignees=["Ada"]),
            an_opening(2, assignees=["u-ada", "Bob"]),
            an_opening(3, prompt="about Ada"),
        )
        assert await ids(store, assignee="me") == numbers(1, 2)
        assert await ids(store, assignee="me", actor=BOB) == numbers(2)
        assert await ids(store, assignee="Ada") == numbers(1)
        assert await ids(store, assignee="ada", q="send") == numbers(1)
        assert (await page(store, assignee="Eve")).total == 0


async def test_a_page_always_fits_a_message(database_url: str) -> None:
    form = AMOUNT.model_copy(update={"help": "x" * 100_000})
    async with task_store(database_url) as store:
        openings = [
            (an_id(n), opening(paused(task_id=an_id(n), kind="manual_input", fields=[form])))
            for n in range(20)
        ]
        await store.hear(*openings)
        asked = ListTasks(actor=ADA)
        assert len(await list_tasks(store.inbox, asked)) < PAGE_BYTES_MAX + 1_000
        assert sorted(await all_pages(store)) == sorted(numbers(*range(20)))


@pytest.mark.parametrize("cursor", ["", "x", "bm8", "WyIyMDI2LTAxLTAxIiwiYSJd", "\u00e4", "W10"])
async def test_a_cursor_of_somebody_else_is_refused(database_url: str, cursor: str) -> None:
    async with task_store(database_url) as store:
        with pytest.raises(Refused) as refused:
            await page(store, cursor=cursor)
        assert refused.value.code == "invalid-cursor"


async def test_one_task_is_shown_whole_while_it_waits_and_ever_after(database_url: str) -> None:
    async with task_store(database_url) as store:
        prompt = "p" * 100_000
        await store.hear(an_opening(1, prompt=prompt))
        question = GetTask(task_id=an_id(1), actor=ADA)
        waiting = TaskView.model_validate_json(await get_task(store.inbox, question))
        assert (waiting.prompt, waiting.status) == (prompt, "pending")
        (item,) = (await page(store)).items
        assert (len(item.prompt), item.prompt_truncated) == (2_000, True)
        await store.decide(decision(task_id=an_id(1)))
        decided = TaskView.model_validate_json(await get_task(store.inbox, question))
        assert (decided.prompt, decided.status) == (prompt, "resolved")


async def test_a_task_that_never_opened_is_not_found(database_url: str) -> None:
    async with task_store(database_url) as store:
        await store.hear((an_id(1), Close(RUN_ID, "Failed")))
        for number in (1, 2):
            with pytest.raises(Refused, match="no such task"):
                await get_task(store.inbox, GetTask(task_id=an_id(number), actor=ADA))


async def test_counters_equal_counts_whatever_happens(database_url: str) -> None:
    """Seeded chance: openings, decisions, timeouts, ends and repeats in one stream of mixed batches."""
    chance = random.Random(7)
    kinds: Sequence[TaskKind] = ("approval", "manual_input")
    async with task_store(database_url) as store:
        for _ in range(40):
            picked = [chance.randrange(60) for _ in range(chance.randrange(1, 20))]
            await store.hear(
                *(
                    an_opening(
                        n,
                        kind=kinds[n % 2],
                        workflow_id=OTHER_WORKFLOW if n % 3 else None,
                        timeout_at=CREATED_AT if n % 4 else None,
                    )
                    if chance.random() < 0.6
                    else (an_id(n), Close(RUN_ID, "Failed"))
                    for n in picked
                ),
                (an_id(chance.randrange(60)), TimeOut()),
            )
            await store.decide(
                *(
                    decision("reject", task_id=an_id(n))
                    for n in (chance.randrange(60) for _ in range(3))
                )
            )
            assert await store.inbox.count_pending() == await store.pool.fetchval(
                "SELECT count(*) FROM pending_tasks"
            )
        assert await differences(store) == []
        assert await store.pool.fetchval("SELECT count(*) FROM ended_tasks") > 10


async def differences(store: TaskStore) -> list[object]:
    """Counters against counts, and tables against the snapshots."""
    counters = await store.pool.fetch(
        """
        SELECT workflow_id, kind, opened - resolved - closed AS pending, resolved, closed FROM task_counts
        EXCEPT
        SELECT workflow_id, kind, count(*) FILTER (WHERE status = 'pending'),
            count(*) FILTER (WHERE status = 'resolved'), count(*) FILTER (WHERE status = 'closed')
        FROM (SELECT workflow_id, kind, 'pending' AS status FROM pending_tasks
              UNION ALL SELECT workflow_id, kind, status FROM ended_tasks) AS tasks
        GROUP BY workflow_id, kind
        """
    )
    rows = await store.pool.fetch(
        """
        SELECT stream_id, replace(state ->> 'situation', 'overtaken', 'resolved') FROM snapshots
        WHERE state ->> 'situation' <> 'closed-unseen'
        EXCEPT
        SELECT * FROM (SELECT task_id, 'pending' FROM pending_tasks
                       UNION ALL SELECT task_id, status FROM ended_tasks) AS tasks
        """
    )
    timeouts = await store.pool.fetch(
        """
        WITH expected AS (
            SELECT stream_id AS task_id FROM snapshots
            WHERE state ->> 'situation' = 'pending' AND state -> 'opened' ->> 'timeout_at' IS NOT NULL
        )
        SELECT task_id FROM task_timeouts FULL JOIN expected USING (task_id)
        EXCEPT SELECT task_id FROM task_timeouts JOIN expected USING (task_id)
        """
    )
    return [*counters, *rows, *timeouts]
