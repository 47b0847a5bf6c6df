"""Due dates and timeouts over HTTP, with the real tasks service behind it and a run that only paused."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.base import rfc3339
from services.chassis.ids import derived_id
from tests.support.chassis import connected
from tests.support.event_stream import listening
from tests.support.gateway import Gateway, eventually, ready
from tests.support.tasks import pause_event, paused, timed
from tests.support.tasks_service import tasks_service, tell

HOUR = timedelta(hours=1)
LATE, DUE, ANY_TIME = (derived_id("over http", name) for name in ("late", "due", "any time"))


async def opened(gateway: Gateway, task_id: UUID) -> None:
    await eventually(
        lambda: gateway.admin.get(f"/api/v1/tasks/{task_id}"),
        lambda answer: answer.status_code == 200,
    )


async def ids(gateway: Gateway, query: str) -> list[UUID]:
    answer = await gateway.admin.get(f"/api/v1/tasks?{query}")
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["total"] == len(page["items"])
    return [UUID(item["id"]) for item in page["items"]]


async def test_the_inbox_can_be_read_by_due_date_and_by_what_is_overdue(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    now = datetime.now(UTC)
    pauses = [
        paused(task_id=ANY_TIME),
        timed(paused(task_id=DUE), due_at=now + HOUR, timeout_at=now + 2 * HOUR),
        timed(paused(task_id=LATE), due_at=now - HOUR),
    ]
    async with tasks_service(database_url, nats_url), connected(nats_url) as client:
        await ready(gateway)
        await tell(client, *map(pause_event, pauses))
        await opened(gateway, LATE)
        assert await ids(gateway, "sort=due") == [LATE, DUE, ANY_TIME]
        assert await ids(gateway, "overdue=true") == [LATE]
        assert len(await ids(gateway, "overdue=false")) == 3
        shown = (await gateway.admin.get(f"/api/v1/tasks/{DUE}")).json()
        assert (shown["due_at"], shown["timeout_at"]) == (
            rfc3339(now + HOUR),
            rfc3339(now + 2 * HOUR),
        )
        for query in ("status=decided&sort=due", "status=resolved&overdue=true", "overdue=perhaps"):
            refused = await gateway.admin.get(f"/api/v1/tasks?{query}")
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")


async def test_who_comes_after_the_clock_is_told_that_it_was_the_clock(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    timeout_at = datetime.now(UTC) + HOUR / 3600
    async with tasks_service(database_url, nats_url), connected(nats_url) as client:
        await ready(gateway)
        async with listening(gateway.admin, "topics=tasks") as listener:
            await tell(client, pause_event(timed(paused(task_id=DUE), timeout_at=timeout_at)))
            told = await listener.next("message")
            while told.data["type"] != "flusso.task.resolved":
                told = await listener.next("message")
        assert told.data["data"]["outcome"] == "timed_out"
        answer = await gateway.admin.post(f"/api/v1/tasks/{DUE}/approve", json={})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "already-decided")
        assert (problem["decided_by"], problem["outcome"]) == ("Timeout", "timed_out")
        assert "clock" in problem["detail"]
        assert datetime.fromisoformat(problem["decided_at"]) >= timeout_at
        assert await ids(gateway, "status=decided") == [DUE]
        assert await ids(gateway, "status=pending") == []
