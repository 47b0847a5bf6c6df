"""Workflows, from creation to deletion."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

import orjson
import pytest

from contracts.base import Json, Nothing
from contracts.run_view import ListRuns, RunPage
from contracts.subjects import (
    CREATE_WORKFLOW,
    DELETE_WORKFLOW,
    DUPLICATE_WORKFLOW,
    GET_WORKFLOW,
    LIST_RUNS,
    LIST_VERSIONS,
    LIST_WORKFLOWS,
    RUN_EVENTS,
    SET_WORKFLOW_STATUS,
    START_RUN,
    UPDATE_WORKFLOW,
    VALIDATE_DEFINITION,
    WORKFLOW_USE,
)
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    DuplicateWorkflow,
    GetWorkflow,
    GetWorkflowUse,
    ListVersions,
    ListWorkflows,
    SetWorkflowStatus,
    UpdateWorkflow,
    ValidateDefinition,
    Validation,
    VersionPage,
    WorkflowPage,
    WorkflowUse,
    WorkflowView,
)
from services.chassis.ids import new_id
from services.engine.adapters.statements import statements
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_service, start_of
from tests.support.runs import ADA, BOB, node, workflow
from tests.support.workflows import asking

DONE = workflow([node("only", "transform", a=1)])


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


def creation(workflow_id: UUID, name: str = "Letters", *, digest: str = "d1") -> CreateWorkflow:
    return CreateWorkflow(
        workflow_id=workflow_id, name=name, definition=DONE, actor=ADA, request_digest=digest
    )


def update(workflow_id: UUID, *, if_version: int | None = None) -> UpdateWorkflow:
    return UpdateWorkflow(
        workflow_id=workflow_id,
        name="Later",
        definition=asking(),
        if_version=if_version,
        actor=BOB,
    )


def deletion(workflow_id: UUID, *, cancel_runs: bool = False) -> DeleteWorkflow:
    return DeleteWorkflow(workflow_id=workflow_id, cancel_runs=cancel_runs, actor=ADA)


# -- create, change, read ----------------------------------------------------------------------------------------------


async def test_a_creation_that_is_repeated_is_answered_again_and_another_one_refused(
    engine: Engine,
) -> None:
    order = creation(new_id())
    first = await engine.does(CREATE_WORKFLOW, order, WorkflowView)
    again = await engine.does(CREATE_WORKFLOW, order, WorkflowView)
    refused = await engine.refuses(CREATE_WORKFLOW, creation(order.workflow_id, digest="d2"))

    assert first == again
    assert (first.status, first.version, first.steps) == ("Draft", 1, 1)
    assert refused.code == "idempotency-key-reused"


async def test_the_same_creation_many_times_at_once_makes_one_workflow(engine: Engine) -> None:
    order = creation(new_id())
    await asyncio.gather(*(engine.does(CREATE_WORKFLOW, order, WorkflowView) for _ in range(8)))

    page = await engine.does(LIST_WORKFLOWS, ListWorkflows(), WorkflowPage)
    assert [item.id for item in page.items] == [order.workflow_id]


async def test_a_save_over_a_newer_version_is_refused_and_old_versions_stay(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)

    changed = await engine.does(UPDATE_WORKFLOW, update(workflow_id, if_version=1), WorkflowView)
    refused = await engine.refuses(UPDATE_WORKFLOW, update(workflow_id, if_version=1))
    first = await engine.does(
        GET_WORKFLOW, GetWorkflow(workflow_id=workflow_id, version=1), WorkflowView
    )

    assert (changed.version, changed.name, changed.steps) == (2, "Later", 2)
    assert (refused.code, refused.details) == ("version-mismatch", {"version": 2})
    assert (first.version, first.definition) == (1, DONE)


async def test_of_many_saves_over_one_version_one_wins(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    replies = await asyncio.gather(
        *(engine.ask(UPDATE_WORKFLOW, update(workflow_id, if_version=1)) for _ in range(6))
    )

    assert sum(reply.ok is not None for reply in replies) == 1
    asked = ListVersions(workflow_id=workflow_id)
    versions = (await engine.does(LIST_VERSIONS, asked, VersionPage)).items
    assert [(item.version, item.created_by) for item in versions] == [(2, "Bob"), (1, "Ada")]


async def test_versions_are_paged_from_the_newest(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    for _ in range(4):
        await engine.does(UPDATE_WORKFLOW, update(workflow_id), WorkflowView)

    found: list[int] = []
    cursor = None
    while cursor is not None or not found:
        asked = ListVersions(workflow_id=workflow_id, limit=2, cursor=cursor)
        page = await engine.does(LIST_VERSIONS, asked, VersionPage)
        found += [item.version for item in page.items]
        cursor = page.next_cursor
    assert found == [5, 4, 3, 2, 1]


async def test_a_copy_is_a_draft_of_its_own(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE, "L" * 200, active=True)
    order = DuplicateWorkflow(workflow_id=workflow_id, new_workflow_id=new_id(), actor=BOB)

    copied = await engine.does(DUPLICATE_WORKFLOW, order, WorkflowView)
    again = await engine.does(DUPLICATE_WORKFLOW, order, WorkflowView)

    assert copied == again
    assert (copied.status, copied.version, copied.definition) == ("Draft", 1, DONE)
    assert copied.name.startswith("Copy of LLL")
    assert len(copied.name) == 200


async def test_what_hangs_on_a_workflow_is_counted_and_named(engine: Engine) -> None:
    called = await engine.workflow(asking(), "Called")
    for key, name in (("Called", "By name"), (str(called).upper(), "By id"), ("Elsewhere", "Not")):
        if key == "Elsewhere":
            await engine.workflow(DONE, "Elsewhere")
        calls = workflow([node("call", "run_workflow", workflow=key)])
        await engine.workflow(calls, name)
    await engine.start(called)
    await engine.ended((await engine.start(await engine.workflow(DONE))).id)

    found = await engine.does(WORKFLOW_USE, GetWorkflowUse(workflow_id=called), WorkflowUse)
    assert [caller.name for caller in found.callers] == ["By id", "By name"]
    assert (found.runs, found.live_runs) == (1, 1)
    refused = await engine.refuses(WORKFLOW_USE, GetWorkflowUse(workflow_id=new_id()))
    assert refused.code == "workflow-not-found"


async def test_status_goes_between_active_and_paused(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    wanted: tuple[Literal["Active", "Paused"], ...] = ("Active", "Paused", "Active", "Active")
    for status in wanted:
        order = SetWorkflowStatus(workflow_id=workflow_id, status=status, actor=ADA)
        view = await engine.does(SET_WORKFLOW_STATUS, order, WorkflowView)
        assert (view.status, view.version) == (status, 1)


async def test_what_is_not_there_is_refused_by_every_order_and_question(engine: Engine) -> None:
    nobody = new_id()
    asked = {
        GET_WORKFLOW: GetWorkflow(workflow_id=nobody),
        UPDATE_WORKFLOW: update(nobody),
        SET_WORKFLOW_STATUS: SetWorkflowStatus(workflow_id=nobody, status="Active", actor=ADA),
        DUPLICATE_WORKFLOW: DuplicateWorkflow(
            workflow_id=nobody, new_workflow_id=new_id(), actor=ADA
        ),
        DELETE_WORKFLOW: deletion(nobody),
        LIST_VERSIONS: ListVersions(workflow_id=nobody),
        START_RUN: start_of(nobody),
    }
    codes = [(await engine.refuses(subject, command)).code for subject, command in asked.items()]
    assert set(codes) == {"workflow-not-found"}


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 2**70])
async def test_a_version_that_never_was_is_not_found(engine: Engine, version: int) -> None:
    workflow_id = await engine.workflow(DONE)
    question = GetWorkflow(workflow_id=workflow_id, version=version)

    assert (await engine.refuses(GET_WORKFLOW, question)).code == "workflow-not-found"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\0b"])
async def test_a_name_that_cannot_be_is_a_fault(engine: Engine, name: str) -> None:
    refused = await engine.refuses(CREATE_WORKFLOW, creation(new_id(), name))

    assert refused.code == "invalid-definition"
    assert refused.details["faults"][0]["path"] == "/name"


# -- lists -------------------------------------------------------------------------------------------------------------

ODD_NAMES = (
    "zeta",
    "Zeta",
    "ÄPFEL",
    "äpfel",
    "İstanbul",
    "istanbul",
    "ẞ",
    "ß",
    "\u017f",
    "K",
    "Ω",
    "ω",
    "ΑΣ",
    "a_b",
    "a b",
)


@pytest.mark.parametrize("sort", ["name", "-updated_at"])
async def test_every_workflow_is_on_one_page_of_the_list(
    engine: Engine, sort: Literal["name", "-updated_at"]
) -> None:
    ids = {await engine.workflow(DONE, name) for name in ODD_NAMES}

    whole = await engine.does(LIST_WORKFLOWS, ListWorkflows(sort=sort), WorkflowPage)
    paged = await every_page(engine, ListWorkflows(sort=sort, limit=1))

    assert paged == [item.id for item in whole.items]
    assert set(paged) == ids


async def every_page(engine: Engine, question: ListWorkflows) -> list[UUID]:
    found: list[UUID] = []
    while True:
        page = await engine.does(LIST_WORKFLOWS, question, WorkflowPage)
        found += [item.id for item in page.items]
        if page.next_cursor is None or len(found) > 100:
            return found
        question = question.model_copy(update={"cursor": page.next_cursor})


async def test_a_page_of_long_descriptions_ends_early_and_loses_none(engine: Engine) -> None:
    for place in range(40):
        order = creation(new_id(), f"W{place}").model_copy(update={"description": "ß" * 10_000})
        await engine.does(CREATE_WORKFLOW, order, WorkflowView)

    assert len(set(await every_page(engine, ListWorkflows(limit=200)))) == 40


def forged(*parts: Json) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


SOME_ID = "018f0000-0000-7000-8000-0000000000a1"
FORGED = (forged("a\0", SOME_ID), forged("a"), forged(None), forged({}, 1), forged(["a"], "b"))


async def test_a_time_that_no_calendar_has_is_no_cursor(engine: Engine) -> None:
    for moment in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "today", 5, None):
        question = ListRuns(cursor=forged(moment, SOME_ID))
        assert (await engine.refuses(LIST_RUNS, question)).code == "invalid-cursor"


async def test_a_text_that_nothing_can_hold_finds_nothing(engine: Engine) -> None:
    await engine.workflow(DONE)

    assert (await engine.does(LIST_WORKFLOWS, ListWorkflows(q="L\0"), WorkflowPage)).items == []
    assert (await engine.does(LIST_RUNS, ListRuns(q="L\0"), RunPage)).items == []


async def test_what_is_said_of_a_large_definition_fits_into_an_answer(engine: Engine) -> None:
    text = "nodes:\n" + "- {key: 1}\n" * 20_000
    question = ValidateDefinition(text=text, format="yaml")

    found = await engine.does(VALIDATE_DEFINITION, question, Validation)

    assert not found.valid
    assert len(found.faults) > 1
    assert found.yaml is not None


@pytest.mark.parametrize(
    "cursor", ["x", "WyJhIiwiYiJd", "Wzk5OTk5OTk5OTk5OTk5XQ", "é", "[]", *FORGED]
)
async def test_a_cursor_that_nobody_gave_out_does_no_harm(engine: Engine, cursor: str) -> None:
    workflow_id = await engine.workflow(DONE)
    refused = await engine.refuses(LIST_WORKFLOWS, ListWorkflows(cursor=cursor))
    versions = await engine.ask(LIST_VERSIONS, ListVersions(workflow_id=workflow_id, cursor=cursor))

    assert refused.code == "invalid-cursor"
    assert versions.ok or (versions.refused and versions.refused.code == "invalid-cursor")


# -- delete ------------------------------------------------------------------------------------------------------------


async def test_a_workflow_with_live_runs_is_not_deleted(engine: Engine) -> None:
    workflow_id = await engine.workflow(asking(), active=True)
    run = await engine.start(workflow_id)

    refused = await engine.refuses(DELETE_WORKFLOW, deletion(workflow_id))

    assert (refused.code, refused.details) == ("runs-live", {"live_runs": 1})
    assert (await engine.run(run.id)).status == "Waiting"
    view = await engine.does(GET_WORKFLOW, GetWorkflow(workflow_id=workflow_id), WorkflowView)
    assert view.status == "Active"


async def test_a_deleted_workflow_takes_its_history_along(engine: Engine) -> None:
    kept = await engine.start(await engine.workflow(DONE, "Other"))
    workflow_id = await engine.workflow(DONE)
    for _ in range(3):
        await engine.start(workflow_id)

    await engine.does(DELETE_WORKFLOW, deletion(workflow_id), Nothing)

    pool = engine.runtime.pool
    assert await pool.fetchval("SELECT array_agg(DISTINCT stream_id) FROM log") == [kept.id]
    assert await pool.fetchval("SELECT array_agg(stream_id) FROM snapshots") == [kept.id]
    assert await pool.fetchval("SELECT count(*) FROM workflow_versions") == 1
    page = await engine.does(LIST_RUNS, ListRuns(), RunPage)
    assert [item.id for item in page.items] == [kept.id]
    assert await pool.fetchval("SELECT sum(taken - left_again) FROM run_counts") == 1
    refused = await engine.refuses(START_RUN, start_of(workflow_id))
    assert refused.code == "workflow-not-found"


async def test_the_end_of_cancelled_runs_is_told_before_their_history_goes(engine: Engine) -> None:
    workflow_id = await engine.workflow(asking())
    runs = {(await engine.start(workflow_id)).id for _ in range(5)}

    await engine.does(DELETE_WORKFLOW, deletion(workflow_id, cancel_runs=True), Nothing)

    jetstream = engine.client.jetstream()
    last = (await jetstream.stream_info(RUN_EVENTS)).state.last_seq
    told = b"".join(
        [(await jetstream.get_msg(RUN_EVENTS, place)).data or b"" for place in range(1, last + 1)]
    )
    assert told.count(b'"type":"flusso.run.cancelled"') == len(runs)
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM waits") == 0


async def test_starts_that_race_a_deletion_are_refused_or_make_it_wait(engine: Engine) -> None:
    for _ in range(5):
        workflow_id = await engine.workflow(asking())
        deleted, *started = await asyncio.gather(
            engine.ask(DELETE_WORKFLOW, deletion(workflow_id, cancel_runs=True)),
            *(engine.ask(START_RUN, start_of(workflow_id)) for _ in range(4)),
        )
        assert deleted.ok == {}
        refusals = {reply.refused.code for reply in started if reply.refused}
        assert refusals <= {"workflow-not-found"}
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM runs") == 0


HELD_UP = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_a_start_that_waits_for_a_deletion_is_told_that_nothing_is_there(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(DONE)
    pool = engine.runtime.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchval(statements["lock_workflow"], workflow_id)
        starting = asyncio.ensure_future(engine.refuses(START_RUN, start_of(workflow_id)))

        async def is_held_up() -> bool:
            return bool(await pool.fetchval(HELD_UP))

        await until(is_held_up)
        await connection.execute(statements["delete_workflow"], workflow_id)
    assert (await starting).code == "workflow-not-found"
