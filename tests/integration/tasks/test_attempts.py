"""Who tried to decide and was refused stays readable, and costs nobody anything."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from nats.aio.client import Client

from contracts.subjects import DECIDE_TASK, GET_TASK, LIST_TASKS
from contracts.task import GetTask, ListTasks, TaskPage, TaskView
from services.chassis.database import Pool
from services.chassis.errors import Refused, Transient
from services.chassis.ids import derived_id
from services.tasks.adapters.attempts import PostgresAttempts
from services.tasks.adapters.inbox import PostgresInbox
from services.tasks.app.attempts import ATTEMPTS_WAITING_MAX, AttemptRecorder
from services.tasks.app.ports import ATTEMPTS_KEPT_MAX, TaskAttempts
from tests.support.chassis import running, until
from tests.support.tasks import ADA, AMOUNT, BOB, TASK_ID, decision, opening, pause_event, paused
from tests.support.tasks_service import (
    ask,
    heard,
    task_pool,
    task_store,
    tasks_service,
    tell,
)

TOO_LATE = Refused("already-decided", "Ada approved this already.")


async def shown(client: Client, task_id: UUID = TASK_ID) -> TaskView:
    return TaskView.model_validate(
        (await ask(client, GET_TASK, GetTask(task_id=task_id, actor=ADA))).ok
    )


async def shown_with(client: Client, attempts: int) -> TaskView:
    """Wait until so many attempts on the task are told."""

    async def all_kept() -> bool:
        return (await shown(client)).attempts_total >= attempts

    await until(all_kept)
    return await shown(client)


async def test_of_fifty_who_decide_at_once_all_losers_stay_readable(
    database_url: str, nats_url: str
) -> None:
    people = [ADA.model_copy(update={"id": f"u-{n}", "name": f"Person {n}"}) for n in range(50)]
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused()))
        await heard(client, 1)
        orders = [decision("reject", actor=person) for person in people]
        await asyncio.gather(*(ask(client, DECIDE_TASK, order) for order in orders))
        task = await shown_with(client, 49)
        assert task.decision is not None
        assert {attempt.by for attempt in task.attempts} | {task.decision.by} == {
            person.name for person in people
        }
        assert {(attempt.action, attempt.code) for attempt in task.attempts} == {
            ("reject", "already-decided")
        }
        assert (len(task.attempts), task.attempts_total) == (49, 49)
        assert all(attempt.at >= task.decision.at for attempt in task.attempts)


async def test_a_repeat_of_the_winner_and_a_mistake_in_a_form_are_no_attempts(
    database_url: str, nats_url: str
) -> None:
    form = paused(kind="manual_input", fields=[AMOUNT], assignees=["Ada"])
    right = decision("submit", values={"amount": 1}, key="k", request_digest="d")
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(form))
        await heard(client, 1)
        orders = [
            decision(task_id=derived_id("nothing")),
            decision("approve"),
            decision("submit", values={"amount": "one"}),
            decision("submit", actor=BOB, values={"amount": 1}),
            decision("submit", values={"amount": 1}, if_match="something else"),
            right,
            right,
            right.model_copy(update={"request_digest": "other"}),
            decision("reject"),
        ]
        for order in orders:
            await ask(client, DECIDE_TASK, order)
        task = await shown_with(client, 4)
        assert [(attempt.by, attempt.action, attempt.code) for attempt in task.attempts] == [
            ("Bob", "submit", "forbidden"),
            ("Ada", "submit", "digest-mismatch"),
            ("Ada", "submit", "idempotency-key-reused"),
            ("Ada", "reject", "already-decided"),
        ]


async def test_lists_leave_the_attempts_out(database_url: str, nats_url: str) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused(assignees=["Ada"])))
        await heard(client, 1)
        await ask(client, DECIDE_TASK, decision(actor=BOB))
        await shown_with(client, 1)
        page = TaskPage.model_validate((await ask(client, LIST_TASKS, ListTasks(actor=ADA))).ok)
        assert (page.items[0].attempts, page.items[0].attempts_total) == ([], 0)


async def test_an_attempt_just_before_the_end_is_kept(database_url: str, nats_url: str) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused(assignees=["Ada"])))
        await heard(client, 1)
        await ask(client, DECIDE_TASK, decision(actor=BOB))
    async with task_pool(database_url) as pool:
        assert (await PostgresInbox(pool).trail(TASK_ID)).total == 1


async def test_of_a_flood_the_first_hundred_are_kept_and_all_are_counted(
    database_url: str,
) -> None:
    async with task_pool(database_url) as pool:
        recorders = [AttemptRecorder(PostgresAttempts(pool)) for _ in range(2)]
        for turn in range(4):
            for place in range(1_000 if turn else 60):
                recorders[place % 2].note(decision(actor=ADA, comment=str(place)), TOO_LATE)
            await asyncio.gather(*(recorder.flush() for recorder in recorders))
        trail = await PostgresInbox(pool).trail(TASK_ID)
        assert (len(trail.attempts), trail.total) == (ATTEMPTS_KEPT_MAX, 3_060)
        rows = await pool.fetchval("SELECT count(*) FROM refused_attempts")
        assert rows == ATTEMPTS_KEPT_MAX


async def test_a_flood_over_many_tasks_is_bounded_and_still_counted(database_url: str) -> None:
    task_ids = [derived_id("flooded", str(place)) for place in range(200)]
    async with task_pool(database_url) as pool:
        recorder = AttemptRecorder(PostgresAttempts(pool))
        for task_id in task_ids:
            for _ in range(ATTEMPTS_KEPT_MAX):
                recorder.note(decision(task_id=task_id), TOO_LATE)
        assert await recorder.flush()
        assert await pool.fetchval("SELECT count(*) FROM refused_attempts") == ATTEMPTS_WAITING_MAX
        assert await pool.fetchval("SELECT sum(attempts) FROM refused_attempt_counts") == 20_000


async def test_what_postgresql_cannot_hold_sinks_nobody_else(database_url: str) -> None:
    odd = ADA.model_copy(update={"name": "A\0da" * 1_000})
    async with task_pool(database_url) as pool:
        recorder = AttemptRecorder(PostgresAttempts(pool))
        recorder.note(decision(actor=odd), TOO_LATE)
        recorder.note(decision(actor=BOB), TOO_LATE)
        assert await recorder.flush()
        assert [
            attempt.by[:3] for attempt in (await PostgresInbox(pool).trail(TASK_ID)).attempts
        ] == ["Ada", "Bob"]


class AwayAtFirst:
    """The real store, behind a database that is away when it is first asked."""

    def __init__(self, pool: Pool) -> None:
        self._store = PostgresAttempts(pool)
        self._asked = 0

    async def keep(self, noted: Sequence[TaskAttempts]) -> None:
        self._asked += 1
        if self._asked == 1:
            raise Transient("the database is away")
        await self._store.keep(noted)


async def test_while_the_database_is_away_attempts_wait(database_url: str) -> None:
    async with task_pool(database_url) as pool:
        recorder = AttemptRecorder(AwayAtFirst(pool))
        recorder.note(decision(actor=BOB), TOO_LATE)
        assert not await recorder.flush()
        recorder.note(decision(actor=ADA), TOO_LATE)

        async def both_are_kept() -> bool:
            return (await PostgresInbox(pool).trail(TASK_ID)).total == 2

        async with running(recorder.run()):
            await until(both_are_kept)
        trail = await PostgresInbox(pool).trail(TASK_ID)
        assert [attempt.by for attempt in trail.attempts] == ["Bob", "Ada"]


WITHOUT_THE_TRAIL = """
DROP TABLE refused_attempts, refused_attempt_counts;
DELETE FROM migrations WHERE name = 'tasks/0002_refused_attempts.sql'
"""


async def test_a_filled_database_takes_the_trail_up(database_url: str) -> None:
    async with task_store(database_url) as old:
        await old.hear((TASK_ID, opening()))
        await old.decide(decision(actor=ADA))
        await old.pool.execute(WITHOUT_THE_TRAIL)
    async with task_store(database_url) as store:
        assert (await store.inbox.trail(TASK_ID)).total == 0
        recorder = AttemptRecorder(PostgresAttempts(store.pool))
        (outcome,) = await store.decide(decision("reject", actor=BOB))
        assert isinstance(outcome, Refused)
        recorder.note(decision("reject", actor=BOB), outcome)
        await recorder.flush()
        assert (await store.inbox.trail(TASK_ID)).total == 1
