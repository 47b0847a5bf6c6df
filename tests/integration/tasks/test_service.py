"""The whole tasks service over a real broker and a real database."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import orjson
from nats.aio.client import Client

from contracts.base import JsonObject
from contracts.rpc import Reply
from contracts.subjects import (
    CLOSE_TASKS,
    COUNT_TASKS,
    DECIDE_TASK,
    DIGEST_OPEN_TASKS,
    EXPLAIN_TASKS,
    GET_TASK,
    LIST_OPEN_TASKS,
    LIST_TASKS,
    TASK_EVENTS,
    TASK_FACTS,
)
from contracts.task import (
    BucketDigest,
    CloseTasks,
    CountTasks,
    DecideTask,
    DigestOpenTasks,
    ExplainTasks,
    GetTask,
    ListOpenTasks,
    ListTasks,
    OpenTask,
    OpenTaskDigests,
    OpenTaskPage,
    OverTask,
    TaskExplanations,
    TaskPage,
    TaskView,
)
from services.chassis.ids import derived_id
from tests.support.chassis import until
from tests.support.tasks import (
    ADA,
    AMOUNT,
    BOB,
    CREATED_AT,
    RUN_ID,
    TASK_ID,
    cancel_event,
    decision,
    pause_event,
    paused,
    run_event,
)
from tests.support.tasks_service import ask, heard, tasks_service, tell

LATER = CREATED_AT.replace(year=CREATED_AT.year + 1)


async def pending(client: Client) -> int:
    count: int = (await ask(client, COUNT_TASKS, CountTasks(actor=ADA))).ok["pending"]
    return count


async def stream_of(client: Client, wanted: int) -> list[JsonObject]:
    """Wait until that many facts were told, and return them."""
    facts: list[JsonObject] = []
    jetstream = client.jetstream()

    async def all_told() -> bool:
        facts.clear()
        last = (await jetstream.stream_info(TASK_EVENTS)).state.last_seq
        for sequence in range(1, last + 1):
            message = await jetstream.get_msg(TASK_EVENTS, sequence)
            assert message.subject == TASK_FACTS
            facts.extend(orjson.loads(message.data or b"[]"))
        return len(facts) >= wanted

    await until(all_told)
    return facts


async def test_a_pause_becomes_a_task_and_a_decision_becomes_a_fact(
    database_url: str, nats_url: str
) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused()))
        await heard(client, 1)
        shown = TaskView.model_validate(
            (await ask(client, GET_TASK, GetTask(task_id=TASK_ID, actor=ADA))).ok
        )
        assert (shown.status, shown.created_at) == ("pending", CREATED_AT)
        decided = await ask(client, DECIDE_TASK, decision(if_match=shown.digest))
        assert TaskView.model_validate(decided.ok).status == "resolved"
        opened, resolved = await stream_of(client, 2)
        assert (opened["type"], opened["sequence"]) == ("flusso.task.opened", 1)
        assert (resolved["type"], resolved["sequence"]) == ("flusso.task.resolved", 2)
        assert opened["subject"] == resolved["subject"] == str(TASK_ID)
        assert resolved["data"]["by"] == ADA.model_dump(mode="json")
        assert resolved["data"]["digest"] == shown.digest


async def test_of_fifty_who_decide_at_once_one_wins_and_all_others_are_told_who(
    database_url: str, nats_url: str
) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused()))
        await heard(client, 1)
        orders = [
            decision(
                "approve" if place % 2 else "reject",
                actor=ADA.model_copy(update={"id": f"u-{place}", "name": f"Person {place}"}),
            )
            for place in range(50)
        ]
        replies = await asyncio.gather(*(ask(client, DECIDE_TASK, order) for order in orders))
        winners = [reply.ok for reply in replies if reply.ok is not None]
        losers = [reply.refused for reply in replies if reply.refused is not None]
        assert (len(winners), len(losers)) == (1, 49)
        won = winners[0]["decision"]
        for loser in losers:
            assert loser.code == "already-decided"
            assert loser.details == {
                "decided_by": won["by"],
                "decided_at": won["at"],
                "outcome": won["outcome"],
            }
        assert [fact["type"] for fact in await stream_of(client, 2)] == [
            "flusso.task.opened",
            "flusso.task.resolved",
        ]


async def test_repeats_and_late_pauses_make_no_difference(database_url: str, nats_url: str) -> None:
    late, cancelled, other = (derived_id("late"), derived_id("cancelled"), derived_id("other"))
    events = [
        pause_event(paused()),
        cancel_event(late, cancelled),
        pause_event(paused(task_id=cancelled)),
        pause_event(paused(task_id=late)),
        pause_event(paused(task_id=other)),
        cancel_event(late, cancelled),
        pause_event(paused()),
    ]
    async with tasks_service(database_url, nats_url) as (runtime, client):
        await tell(client, *events)
        for event in reversed(events):
            await tell(client, event)
        await heard(client, 1 + len(events))
        assert await pending(client) == 2
        asked = ExplainTasks(task_ids=[TASK_ID, late, cancelled, other, RUN_ID])
        found = TaskExplanations.model_validate((await ask(client, EXPLAIN_TASKS, asked)).ok)
        statuses = [item.status for item in found.items]
        assert statuses == ["pending", "closed", "closed", "pending", "unknown"]
        assert await runtime.pool.fetchval("SELECT count(*) FROM log") == 4


async def test_a_decided_task_survives_the_end_and_the_repeat_of_its_pause(
    database_url: str, nats_url: str
) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused()))
        await heard(client, 1)
        order = decision("reject", comment="no", key="k", request_digest="d")
        first = TaskView.model_validate((await ask(client, DECIDE_TASK, order)).ok)
        await tell(client, cancel_event(TASK_ID), pause_event(paused()))
        await heard(client, 2)
        again = TaskView.model_validate((await ask(client, DECIDE_TASK, order)).ok)
        ended = {"closed_reason": "Cancelled", "closed_by": ADA.name, "closed_at": again.closed_at}
        assert again == first.model_copy(update=ended)
        assert again.closed_at is not None
        asked = ExplainTasks(task_ids=[TASK_ID])
        (found,) = TaskExplanations.model_validate(
            (await ask(client, EXPLAIN_TASKS, asked)).ok
        ).items
        assert found.status == "resolved"
        assert found.resolution is not None
        assert (found.resolution.outcome, found.resolution.comment) == ("rejected", "no")


async def test_who_decided_sees_that_the_run_was_cancelled_first(
    database_url: str, nats_url: str
) -> None:
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(paused()))
        await heard(client, 1)
        await ask(client, DECIDE_TASK, decision())
        await tell(client, cancel_event(TASK_ID))
        await tell(client, cancel_event(TASK_ID))
        await heard(client, 3)
        told = [
            (fact["type"], fact["data"].get("run_status")) for fact in await stream_of(client, 3)
        ]
        assert told[1:] == [("flusso.task.resolved", None), ("flusso.task.overtaken", "Cancelled")]
        shown = TaskView.model_validate(
            (await ask(client, GET_TASK, GetTask(task_id=TASK_ID, actor=ADA))).ok
        )
        listed = ListTasks(status="resolved", actor=ADA)
        page = TaskPage.model_validate((await ask(client, LIST_TASKS, listed)).ok)
        assert page.total == 1
        for task in (shown, *page.items):
            assert (task.status, task.closed_reason) == ("resolved", "Cancelled")
            assert (task.closed_by, task.closed_at) == (ADA.name, cancel_event().time)
            assert task.decision is not None
            assert (task.decision.by, task.decision.outcome) == ("Ada", "approved")


async def test_poison_in_a_batch_goes_to_the_dead_letters_and_its_neighbours_pass(
    database_url: str, nats_url: str
) -> None:
    broken_data = run_event("flusso.run.paused", {"task_id": "none"}, sequence=7)
    no_run = pause_event(paused(task_id=derived_id("x"))).model_copy(update={"subject": "no id"})
    nul = pause_event(paused(task_id=derived_id("nul"), prompt="a\0b"))
    envelope = orjson.dumps({"type": "flusso.run.paused", "id": 5})
    ignored = run_event("flusso.run.node_completed", {"whatever": 1})
    async with tasks_service(database_url, nats_url) as (runtime, client):
        poison = [envelope, b'{"type":7}', b'{"type":[]}', b"{}"]
        odd_id = pause_event(paused()).model_copy(update={"id": "a\0b", "subject": "a\0b"})
        others = [broken_data, no_run, ignored, nul, odd_id]
        await tell(client, pause_event(paused()), *others, poison=poison)
        await client.jetstream().publish("flusso.run.events", b"no json \xff")
        await tell(client, pause_event(paused(task_id=derived_id("y"))))
        await heard(client, 3)
        assert derived_id("y") in await inbox_ids(client)
        assert TASK_ID in await inbox_ids(client)
        rows = await runtime.pool.fetch("SELECT event_id, reason FROM dead_letters ORDER BY reason")
        reasons = [row["reason"] for row in rows]
        assert sum("is not understood" in reason for reason in reasons) == 3
        assert any("task_id" in reason for reason in reasons)
        assert len(reasons) == 5


async def inbox_ids(client: Client) -> Sequence[UUID]:
    asked = ListTasks(actor=ADA)
    page = TaskPage.model_validate((await ask(client, LIST_TASKS, asked)).ok)
    assert page.total == len(page.items) == await pending(client)
    return [item.id for item in page.items]


async def test_refusals_reach_whoever_asked(database_url: str, nats_url: str) -> None:
    form = paused(kind="manual_input", fields=[AMOUNT], assignees=["Ada"])
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, pause_event(form))
        await heard(client, 1)

        async def code(order: DecideTask) -> str:
            refused = (await ask(client, DECIDE_TASK, order)).refused
            assert refused is not None
            return refused.code

        assert await code(decision(task_id=RUN_ID)) == "task-not-found"
        assert await code(decision("submit", actor=BOB)) == "forbidden"
        assert await code(decision("approve")) == "wrong-kind"
        assert await code(decision("submit", values={})) == "invalid-values"
        assert await code(decision("submit", if_match="x")) == "digest-mismatch"
        unknown = await client.request(DECIDE_TASK, b'{"task_id": 1, "more": 2}', timeout=5)
        refused = Reply.model_validate_json(unknown.data).refused
        assert refused is not None
        assert refused.code == "invalid-request"
        missing = await ask(client, GET_TASK, GetTask(task_id=RUN_ID, actor=ADA))
        assert missing.refused is not None
        assert missing.refused.code == "task-not-found"


async def test_open_tasks_are_digested_by_the_last_byte_of_their_ids(
    database_url: str, nats_url: str
) -> None:
    task_ids = [derived_id("digested", str(place)) for place in range(300)]
    async with tasks_service(database_url, nats_url) as (runtime, client):
        await tell(client, *(pause_event(paused(task_id=task_id)) for task_id in task_ids))
        await heard(client, 1)
        decided = await ask(client, DECIDE_TASK, decision(task_id=task_ids.pop()))
        assert decided.refused is None
        reply = await ask(client, DIGEST_OPEN_TASKS, DigestOpenTasks(before=LATER))
        rows = await runtime.pool.fetch(AS_THE_README_SAYS, task_ids)
        expected = [BucketDigest.model_validate(dict(row)) for row in rows]
        assert OpenTaskDigests.model_validate(reply.ok).buckets == expected
        none = await ask(client, DIGEST_OPEN_TASKS, DigestOpenTasks(before=CREATED_AT))
        assert none.ok == {"buckets": []}


AS_THE_README_SAYS = """
SELECT get_byte(uuid_send(task_id), 15) AS bucket, count(*), bit_xor(uuid_hash_extended(task_id, 0)) AS checksum
FROM unnest($1::uuid[]) AS waits (task_id) GROUP BY bucket ORDER BY bucket
"""


async def test_the_open_tasks_of_a_bucket_are_listed_page_by_page(
    database_url: str, nats_url: str
) -> None:
    task_ids = [derived_id("digested", str(place)) for place in range(300)]
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, *(pause_event(paused(task_id=task_id)) for task_id in task_ids))
        await heard(client, 1)
        bucket = task_ids[0].bytes[15]
        of_bucket = sorted(task_id for task_id in task_ids if task_id.bytes[15] == bucket)
        asked = ListOpenTasks(bucket=bucket, before=LATER)
        listed = OpenTaskPage.model_validate((await ask(client, LIST_OPEN_TASKS, asked)).ok)
        assert listed.items == [OpenTask(task_id=task_id, run_id=RUN_ID) for task_id in of_bucket]
        after = asked.model_copy(update={"after": of_bucket[0]})
        rest = OpenTaskPage.model_validate((await ask(client, LIST_OPEN_TASKS, after)).ok)
        assert rest.items == listed.items[1:]


async def test_the_reconciler_closes_what_waits_for_nothing_and_only_that(
    database_url: str, nats_url: str
) -> None:
    over, decided = derived_id("over"), derived_id("decided")
    async with tasks_service(database_url, nats_url) as (_, client):
        await tell(client, *(pause_event(paused(task_id=task_id)) for task_id in (over, decided)))
        await heard(client, 1)
        await ask(client, DECIDE_TASK, decision(task_id=decided))
        items = [
            OverTask(task_id=task_id, run_id=RUN_ID, run_status="Failed")
            for task_id in (over, decided)
        ]
        for _ in range(2):
            assert (await ask(client, CLOSE_TASKS, CloseTasks(items=items))).ok == {}
        asked = ExplainTasks(task_ids=[over, decided])
        found = TaskExplanations.model_validate((await ask(client, EXPLAIN_TASKS, asked)).ok)
        assert [item.status for item in found.items] == ["closed", "resolved"]
        assert await pending(client) == 0
