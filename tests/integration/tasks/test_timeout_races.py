"""People against the clock, through two replicas, in the same instant: one wins, the other is told or is silent."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from contracts.task import TaskAction
from services.chassis.errors import Refused, Transient
from services.chassis.orders import Done
from services.tasks.domain.task_commands import Close
from tests.support.chassis import running
from tests.support.tasks import ADA, BOB, RUN_ID, decision
from tests.support.tasks_service import TaskOutcome, TaskStore, task_pipeline, task_store
from tests.support.timeouts import (
    TIMEOUT_AT,
    Clock,
    a_timed,
    an_id,
    by_the_clock,
    decisions,
    timeouts,
    waiting_timeouts,
)

WAVES = 50
TASKS_A_WAVE = 60
LOOKS_MAX = 4
"""How often a person looks before deciding, at most: so that either side is first often enough."""
PEOPLE: Sequence[tuple[TaskAction, str]] = (("approve", "Ada"), ("reject", "Bob"))


async def answer(store: TaskStore, task_id: UUID, action: TaskAction, looks: int) -> TaskOutcome:
    for _ in range(looks):
        await store.inbox.load(task_id)
    told = decision(action, task_id=task_id, actor=ADA if action == "approve" else BOB)
    while True:
        (outcome,) = await store.decide(told)
        if not isinstance(outcome, Transient):  # "try again in a moment", as every client does
            return outcome


async def race(
    replicas: Sequence[TaskStore], clock: Clock, task_ids: Sequence[UUID], chance: random.Random
) -> Sequence[TaskOutcome]:
    """Have two people and two replicas' clocks answer each task at once; return what the people were told."""
    people = [
        answer(chance.choice(replicas), task_id, action, chance.randrange(LOOKS_MAX))
        for task_id in task_ids
        for action, _ in PEOPLE
    ]
    chance.shuffle(people)
    clocks = asyncio.gather(*(timeouts(each, clock).fire_due() for each in replicas))
    outcomes = await asyncio.gather(*people)
    await clocks
    return outcomes


async def test_a_person_and_the_clock_in_the_same_instant_never_both_decide(
    database_url: str,
) -> None:
    """3,000 rounds: every task has one decision, and every person who lost was told whose it was."""
    clock, chance = Clock(), random.Random(11)
    refused: list[Refused] = []
    won = 0
    async with task_store(database_url, clock) as store:
        other = task_pipeline(store.pool, clock)
        async with running(other.run()):
            replicas = [store, TaskStore(store.pool, other, store.inbox)]
            for wave in range(WAVES):
                numbers = range(wave * TASKS_A_WAVE, (wave + 1) * TASKS_A_WAVE)
                clock.now = TIMEOUT_AT
                await store.hear(*map(a_timed, numbers))
                for outcome in await race(replicas, clock, [*map(an_id, numbers)], chance):
                    won += isinstance(outcome, Done)
                    if not isinstance(outcome, Done):
                        assert isinstance(outcome, Refused)
                        refused.append(outcome)
        decided = await decisions(store.pool)
        assert await store.inbox.count_pending() == 0
        assert await waiting_timeouts(store.pool) == 0
    assert Counter(Counter(each["task_id"] for each in decided).values()) == {
        1: WAVES * TASKS_A_WAVE
    }
    clock_won = len(by_the_clock(decided))
    assert won == len(decided) - clock_won
    assert min(won, clock_won) > WAVES, "both sides win often, else nothing was raced"
    winners = Counter(refusal.details["decided_by"] for refusal in refused)
    assert {refusal.code for refusal in refused} == {"already-decided"}
    assert winners["Timeout"] == 2 * clock_won
    assert winners.total() == won + 2 * clock_won


async def test_the_clock_and_the_end_of_the_run_in_the_same_instant(database_url: str) -> None:
    """Either the clock decides, and the end overtakes that, or the end closes, and the clock is silent."""
    clock = Clock(TIMEOUT_AT)
    async with task_store(database_url, clock) as store:
        numbers = range(600)
        await store.hear(*map(a_timed, numbers))
        ends = [(an_id(number), Close(RUN_ID, "Cancelled")) for number in numbers]
        first, *rest = [ends[place : place + 50] for place in range(0, len(ends), 50)]
        await asyncio.gather(store.hear(*first), timeouts(store, clock).fire_due())
        await asyncio.gather(
            timeouts(store, clock).fire_due(), *(store.hear(*some) for some in rest)
        )
        rows = await store.pool.fetch(
            "SELECT state ->> 'situation' AS situation, count(*) FROM snapshots GROUP BY situation"
        )
        situations = {row["situation"]: row["count"] for row in rows}
        assert sum(situations.values()) == len(numbers)
        assert set(situations) <= {"overtaken", "closed"}
        assert await waiting_timeouts(store.pool) == 0
        assert len(await decisions(store.pool)) == situations.get("overtaken", 0)
