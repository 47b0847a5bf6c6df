"""What a consumer could not handle is one letter, however often it comes, and is settled once."""

from uuid import uuid4

import pytest

from contracts.envelope import CloudEvent
from contracts.operations import (
    DeadLetterPage,
    DiscardDeadLetters,
    ListDeadLetters,
    ReplayDeadLetters,
)
from services.chassis.dead_letters import DeadLetters
from services.chassis.errors import Broken, Refused, Transient
from services.tasks.entry.run_events import CONSUMER
from tests.support.chassis import until
from tests.support.dead_letters import ended, keep_letter, run_event
from tests.support.runs import ADA
from tests.support.tasks_service import task_pool, tasks_service, tell


async def test_a_message_that_comes_again_is_counted_not_kept_twice(
    database_url: str, nats_url: str
) -> None:
    poison = CloudEvent.model_validate(run_event(uuid4(), "flusso.run.paused", {"no": "pause"}))
    async with tasks_service(database_url, nats_url) as (runtime, client):
        letters = DeadLetters("tasks", runtime.pool)
        for times in (1, 2):
            await tell(client, poison)

            async def was_tried(times: int = times) -> bool:
                page = await letters.page(ListDeadLetters())
                return [letter.attempts for letter in page.items] == [times]

            await until(was_tried)


async def test_a_letter_is_handled_by_the_handler_that_it_was_meant_for(database_url: str) -> None:
    async with task_pool(database_url) as pool:
        letters = DeadLetters("tasks", pool)
        seen: list[CloudEvent] = []

        async def handle(events: object) -> list[Broken | Transient | None]:
            assert isinstance(events, list)
            seen.extend(events)
            return [None]

        event = ended(uuid4())
        letter_id = await keep_letter(database_url, event, "some reason")
        nobody = await letters.replay(ReplayDeadLetters(ids=[letter_id], actor=ADA))
        assert (nobody.replayed, len(nobody.failed)) == (0, 1)

        letters.handled_by(CONSUMER.durable, handle)
        order = ReplayDeadLetters(reason="some reason", actor=ADA)
        assert (await letters.replay(order)).replayed == 1
        assert (await letters.replay(order)).replayed == 0
        assert [one.subject for one in seen] == [event["subject"]]
        (row,) = await pool.fetch("SELECT settled, settled_by, payload FROM dead_letters")
        assert tuple(row) == ("replayed", "user:Ada", b"")


async def test_letters_come_in_pages_and_are_given_up_by_reason(database_url: str) -> None:
    async with task_pool(database_url) as pool:
        letters = DeadLetters("tasks", pool)
        for reason in ("one", "one", "other"):
            await keep_letter(database_url, ended(uuid4()), reason)
        first = await letters.page(ListDeadLetters(limit=2))
        second = await letters.page(ListDeadLetters(limit=2, cursor=first.next_cursor))
        assert [letter.reason for letter in (*first.items, *second.items)] == [
            "other",
            "one",
            "one",
        ]
        assert (first.total, second.next_cursor) == (3, None)
        assert [(each.reason, each.letters) for each in first.reasons] == [("one", 2), ("other", 1)]

        with pytest.raises(Refused):
            await letters.discard(DiscardDeadLetters(actor=ADA))
        gone = await letters.discard(DiscardDeadLetters(reason="one", actor=ADA))
        assert gone.discarded == 2
        left: DeadLetterPage = await letters.page(ListDeadLetters())
        assert [letter.reason for letter in left.items] == ["other"]
