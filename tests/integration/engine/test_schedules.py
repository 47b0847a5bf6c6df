"""Schedules on PostgreSQL, by a clock that is moved: kept with their workflows, and each instant starts one run."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.base import rfc3339
from contracts.envelope import CloudEvent
from services.chassis.errors import Refused, Transient
from services.engine.adapters.schedule_store import PostgresSchedules
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.orders import StartTriggered, order_for
from services.engine.app.schedules import SCHEDULE, SCHEDULE_DUE, Schedules, scheduled_run_id
from tests.support.engine_service import rows
from tests.support.runs import node, workflow
from tests.support.schedules import NINE, Stored, scheduled, stored_schedules

MINUTE = timedelta(minutes=1)


def due_event(at: datetime) -> CloudEvent:
    return CloudEvent(
        id="1",
        source="flusso/engine",
        type=SCHEDULE_DUE,
        subject=str(int(at.timestamp())),
        time=at,
        dataschema=f"{SCHEDULE_DUE}/1",
        sequence=1,
        logposition=0,
        data={"scheduled_at": rfc3339(at)},
    )


# -- kept with their workflows -----------------------------------------------------------------------------------------


async def test_an_activated_workflow_begins_with_the_next_instant(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        before = datetime.now(UTC)
        workflow_id = await stored.workflow(scheduled("* * * * *", after_downtime="catch_up"))

        row = await stored.schedule(workflow_id)
        assert row is not None
        assert row["after_downtime"] == "catch_up"
        assert row["timezone"] == "UTC"
        assert isinstance(row["next_at"], datetime)
        assert before < row["next_at"] <= datetime.now(UTC) + MINUTE


async def test_only_active_workflows_have_one(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), status="Draft")
        assert await stored.schedule(workflow_id) is None

        store = PostgresWorkflows(stored.pool)
        await store.set_status(workflow_id, "Active", NINE)
        assert await stored.schedule(workflow_id) is not None
        await store.set_status(workflow_id, "Paused", NINE)
        assert await stored.schedule(workflow_id) is None
        await store.set_status(workflow_id, "Active", NINE)
        assert await store.delete_if_unused(workflow_id)
        assert await rows(stored.pool, "SELECT * FROM schedules") == []


async def test_a_new_version_takes_its_schedule_at_once(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled("0 9 1 1 *"), next_at=NINE)

        await stored.update(workflow_id, scheduled("* * * * *", timezone="Europe/Rome"))

        row = await stored.schedule(workflow_id)
        assert row is not None
        assert (row["version"], row["cron"], row["timezone"]) == (2, "* * * * *", "Europe/Rome")
        assert row["next_at"] != NINE
        await stored.update(workflow_id, workflow([node("note", "transform", x="y")]))
        assert await stored.schedule(workflow_id) is None


async def test_a_new_version_with_the_same_schedule_loses_no_instant_that_is_due(
    database_url: str,
) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)

        await stored.update(workflow_id, scheduled(after_downtime="catch_up"))

        row = await stored.schedule(workflow_id)
        assert row is not None
        assert (row["next_at"], row["after_downtime"]) == (NINE, "catch_up")


# -- each instant starts one run ---------------------------------------------------------------------------------------


async def test_a_run_starts_at_its_instant_and_not_before(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)

        stored.clock.now = NINE - timedelta(milliseconds=1)
        await stored.schedules.start_due()
        assert await stored.runs(workflow_id) == []
        stored.clock.now = NINE
        await stored.schedules.start_due()

        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]
        row = await stored.schedule(workflow_id)
        assert row is not None
        assert (row["last_at"], row["next_at"]) == (NINE, NINE + timedelta(days=1))


async def test_an_instant_is_told_early_by_another_clock_and_comes_again(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        stored.clock.now = NINE - timedelta(milliseconds=1)

        (verdict,) = await stored.schedules.take([due_event(NINE)])

        assert isinstance(verdict, Transient)
        assert await stored.runs(workflow_id) == []
        stored.clock.now = NINE
        assert list(await stored.schedules.take([due_event(NINE)] * 3)) == [None] * 3
        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]


async def test_the_clock_of_the_database_is_the_one_that_counts(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        schedules = Schedules(PostgresSchedules(stored.pool), stored.pipeline)
        now: datetime = await stored.pool.fetchval("SELECT clock_timestamp()")
        await stored.looked(now)
        later, due = now + timedelta(minutes=5), now - timedelta(seconds=1)
        not_yet = await stored.workflow(scheduled(), next_at=later)
        at_once = await stored.workflow(scheduled(), next_at=due)

        looked_at = await schedules.start_due()

        assert abs(looked_at - now) < MINUTE
        assert len(await stored.runs(at_once)) == 1
        assert await stored.runs(not_yet) == []


async def test_what_is_overdue_is_left_to_whoever_was_told_for_two_seconds(
    database_url: str,
) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)

        stored.clock.now = NINE + timedelta(seconds=1.9)
        await stored.schedules.start_due(2.0)
        assert await stored.runs(workflow_id) == []
        stored.clock.now = NINE + timedelta(seconds=2)
        await stored.schedules.start_due(2.0)
        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]


async def test_replicas_that_look_at_once_start_it_once(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        ids = [await stored.workflow(scheduled(), next_at=NINE) for _ in range(20)]

        await asyncio.gather(*(stored.replica().start_due() for _ in range(4)))

        assert [await stored.runs(each) for each in ids] == [["2027-03-01T09:00:00"]] * 20


async def test_a_crash_before_it_goes_on_starts_nothing_twice(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        assert await PostgresSchedules(stored.pool).claim(NINE, NINE, NINE, 1)
        await start_alone(stored, workflow_id)

        await stored.schedules.start_due()

        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]
        assert await stored.next_at(workflow_id) == NINE + timedelta(days=1)


async def start_alone(stored: Stored, workflow_id: UUID) -> None:
    """As a replica that dies as soon as the run has started."""
    order = StartTriggered(
        workflow_id=workflow_id,
        trigger="schedule",
        trigger_output={"scheduled_at": rfc3339(NINE)},
        actor=SCHEDULE,
    )
    run_id = scheduled_run_id(workflow_id, NINE)
    await stored.pipeline.execute(order_for(run_id, order, actor="schedule"))


async def test_what_a_dead_replica_has_claimed_is_started_when_its_claim_ends(
    database_url: str,
) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        store = PostgresSchedules(stored.pool)
        assert await store.claim(NINE, NINE, NINE + timedelta(seconds=10), 1)

        await stored.schedules.start_due()
        assert await stored.runs(workflow_id) == []
        stored.clock.now = NINE + timedelta(seconds=10)
        await stored.schedules.start_due()
        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]


async def test_an_instant_of_a_former_schedule_starts_nothing(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        await stored.update(workflow_id, scheduled("0 10 1 1 *"))
        await PostgresSchedules(stored.pool).note_look(NINE)
        stored.clock.now = datetime.now(UTC)

        await stored.schedules.take([due_event(NINE)])

        assert await stored.runs(workflow_id) == []


async def test_a_version_without_schedule_is_not_started_by_one_that_was_due_before(
    database_url: str,
) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        await stored.update(workflow_id, workflow([node("note", "transform", x="y")]))

        with pytest.raises(Refused, match="clock"):
            await start_alone(stored, workflow_id)


async def test_a_broken_version_is_passed_over_and_holds_up_no_other(
    database_url: str,
) -> None:
    async with stored_schedules(database_url) as stored:
        broken = await stored.workflow(scheduled(), next_at=NINE)
        fine = await stored.workflow(scheduled(), next_at=NINE)
        await stored.pool.execute(
            "UPDATE workflow_versions SET definition = '{}' WHERE workflow_id = $1", broken
        )

        await stored.schedules.start_due()

        assert await stored.runs(broken) == []
        assert await stored.runs(fine) == ["2027-03-01T09:00:00"]
        assert await stored.next_at(broken) == NINE + timedelta(days=1)


# -- downtime ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_downtime", "started"),
    [("skip", []), ("catch_up", ["2027-03-01T08:59:00"])],
)
async def test_instants_missed_in_a_downtime_start_no_run_or_one(
    database_url: str, after_downtime: str, started: list[str]
) -> None:
    async with stored_schedules(database_url) as stored:
        definition = scheduled("59 * * * *", after_downtime=after_downtime)
        down_at = NINE - timedelta(hours=5)
        workflow_id = await stored.workflow(definition, next_at=down_at + timedelta(minutes=59))
        await stored.looked(down_at)

        stored.clock.now = NINE + MINUTE
        await stored.schedules.take([due_event(down_at + timedelta(minutes=59))])
        await asyncio.gather(*(stored.replica().start_due() for _ in range(3)))

        assert await stored.runs(workflow_id) == started
        assert await stored.next_at(workflow_id) == NINE + timedelta(minutes=59)


async def test_an_instant_of_the_last_minute_was_not_missed(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled(), next_at=NINE)
        await stored.looked(NINE - timedelta(hours=5))

        stored.clock.now = NINE + timedelta(seconds=59)
        await stored.schedules.start_due()

        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00"]


async def test_a_short_break_misses_nothing(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled("* * * * *"), next_at=NINE)
        stored.clock.now = NINE + timedelta(seconds=60)
        await stored.looked(NINE)

        await stored.schedules.start_due()
        await stored.schedules.start_due()

        assert await stored.runs(workflow_id) == ["2027-03-01T09:00:00", "2027-03-01T09:01:00"]


async def test_a_backlog_is_worked_off_and_is_no_downtime(database_url: str) -> None:
    async with stored_schedules(database_url) as stored:
        workflow_id = await stored.workflow(scheduled("* * * * *"), next_at=NINE)
        stored.clock.now = NINE + 4 * MINUTE
        await stored.looked(stored.clock.now - timedelta(seconds=5))

        for _ in range(5):
            await stored.schedules.start_due()

        assert len(await stored.runs(workflow_id)) == 5
        assert await stored.next_at(workflow_id) == NINE + 5 * MINUTE
