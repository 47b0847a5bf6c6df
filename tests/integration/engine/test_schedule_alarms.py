"""Schedules with a real broker: told at the instant, whatever the broker loses and whichever engine is killed."""

from datetime import UTC, datetime, timedelta

import pytest
from nats.aio.client import Client

from contracts.subjects import (
    GET_WORKFLOW,
    LIST_WORKFLOWS,
    SCHEDULE_AT,
    SCHEDULES,
    SET_WORKFLOW_STATUS,
    VALIDATE_DEFINITION,
)
from contracts.workflow import (
    GetWorkflow,
    ListWorkflows,
    SetWorkflowStatus,
    ValidateDefinition,
    Validation,
    WorkflowPage,
    WorkflowView,
)
from services.engine.app.schedules import scheduled_run_id
from tests.support.chassis import until
from tests.support.engine_service import engine_pool, engine_service
from tests.support.runs import ADA
from tests.support.schedules import (
    acknowledged,
    due,
    plan,
    runs_of,
    scheduled,
    set_next,
    soon,
    start_of,
)

SECOND = timedelta(seconds=1)


async def alarms(client: Client) -> dict[str, int]:
    info = await client.jetstream().stream_info(SCHEDULES, subjects_filter=SCHEDULE_AT + ".>")
    return info.state.subjects or {}


async def test_a_run_starts_when_the_broker_tells_its_instant(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        pool = engine.runtime.pool
        (workflow_id,), at = await due(engine, 1.5)
        await plan(engine)

        started_at = await start_of(pool, workflow_id, at)

        # Whoever looks by itself waits for two seconds.
        assert timedelta() <= started_at - at < 1.5 * SECOND
        run = await engine.ended(scheduled_run_id(workflow_id, at), "Completed")
        assert run.trigger == "schedule"
        assert run.output == {"at": at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}


async def test_what_has_been_told_leaves_nothing_behind(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        ids, at = await due(engine, 1.5, count=5)

        await plan(engine)
        assert await plan(engine) == 0
        assert list(await alarms(engine.client)) == [f"{SCHEDULE_AT}.{int(at.timestamp())}"]

        for workflow_id in ids:
            await start_of(engine.runtime.pool, workflow_id, at)
        assert await alarms(engine.client) == {}

        await until(lambda: acknowledged(engine.client))


async def test_only_the_near_future_is_with_the_broker(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        near, _ = await due(engine, 590)
        await due(engine, 620)

        await plan(engine)

        row = await engine.runtime.pool.fetchval(
            "SELECT next_at FROM schedules WHERE workflow_id = $1", near[0]
        )
        assert list(await alarms(engine.client)) == [f"{SCHEDULE_AT}.{int(row.timestamp())}"]


async def test_what_the_broker_has_lost_is_set_again(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        await due(engine, 300)
        await plan(engine)
        await engine.client.jetstream().purge_stream(SCHEDULES)

        async def is_back() -> bool:
            return len(await alarms(engine.client)) == 1

        await until(is_back)


@pytest.mark.parametrize(("after_downtime", "missed"), [("skip", 0), ("catch_up", 1)])
async def test_an_engine_that_was_stopped_passes_over_what_it_missed(
    database_url: str, nats_url: str, after_downtime: str, missed: int
) -> None:
    """It was stopped for ten minutes, by what it has noted."""
    async with engine_service(database_url, nats_url) as engine:
        definition = scheduled("*/2 * * * *", after_downtime=after_downtime)
        workflow_id = await engine.workflow(definition, active=True)
    async with engine_pool(database_url) as pool:
        await pool.execute(
            "UPDATE schedule_looks SET looked_at = clock_timestamp() - interval '10 minutes'"
        )
        await pool.execute("UPDATE schedules SET next_at = next_at - interval '10 minutes'")
        before: datetime = await pool.fetchval("SELECT clock_timestamp()")
    async with engine_service(database_url, nats_url) as engine:
        pool = engine.runtime.pool

        async def has_gone_on() -> bool:
            row = await pool.fetchrow("SELECT next_at > clock_timestamp() AS ahead FROM schedules")
            return row is not None and row["ahead"]

        await until(has_gone_on)
        found = await runs_of(pool, workflow_id)
        past = [each for each in found if datetime.fromisoformat(each + "Z") <= before]
        assert len(past) == missed


async def test_many_due_at_one_instant_start_together(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        pool = engine.runtime.pool
        ids, _ = await due(engine, 600, count=150)
        at = await soon(pool, 1.5)
        await set_next(pool, ids, at)
        await plan(engine)

        async def all_started() -> bool:
            count: int = await pool.fetchval("SELECT count(*) FROM runs")
            return count == len(ids)

        await until(all_started)
        row = await pool.fetchrow("SELECT min(started_at), max(started_at) FROM runs")
        assert row is not None
        assert at <= row["min"]
        assert row["max"] - at < 10 * SECOND


async def test_two_engines_start_one_run_an_instant(database_url: str, nats_url: str) -> None:
    async with (
        engine_service(database_url, nats_url) as first,
        engine_service(database_url, nats_url) as second,
    ):
        ids, at = await due(first, 1.5, count=20)
        await plan(first)
        await plan(second)

        for workflow_id in ids:
            await start_of(first.runtime.pool, workflow_id, at)


async def test_a_paused_workflow_is_not_started(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        (paused, active), at = await due(engine, 1.5, count=2)
        await plan(engine)
        order = SetWorkflowStatus(workflow_id=paused, status="Paused", actor=ADA)
        await engine.does(SET_WORKFLOW_STATUS, order, WorkflowView)

        await start_of(engine.runtime.pool, active, at)

        assert await runs_of(engine.runtime.pool, paused) == []


async def test_workflows_and_validations_show_when_they_come(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        definition = scheduled("30 7 * * MON-FRI", timezone="Europe/Rome")
        workflow_id = await engine.workflow(definition)
        checked = await engine.does(
            VALIDATE_DEFINITION, ValidateDefinition(definition=definition), Validation
        )
        found = await engine.does(GET_WORKFLOW, GetWorkflow(workflow_id=workflow_id), WorkflowView)
        page = await engine.does(LIST_WORKFLOWS, ListWorkflows(), WorkflowPage)

        schedule = found.schedule
        assert schedule is not None
        assert schedule == checked.schedule == page.items[0].schedule
        assert (schedule.cron, schedule.timezone) == ("30 7 * * MON-FRI", "Europe/Rome")
        assert schedule.words == "At 07:30, Monday through Friday"
        assert len(schedule.next) == 5
        assert datetime.now(UTC) < schedule.next[0]


async def test_a_run_by_hand_is_due_now_unless_the_input_says_when(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        workflow_id = await engine.workflow(scheduled())
        now = await engine.ended((await engine.start(workflow_id)).id, "Completed")
        given = {"scheduled_at": "2026-01-01T09:00:00Z"}
        then = await engine.ended((await engine.start(workflow_id, given)).id, "Completed")

        assert now.output is not None
        assert datetime.fromisoformat(now.output["at"]) == now.started_at
        assert then.output == {"at": "2026-01-01T09:00:00Z"}
