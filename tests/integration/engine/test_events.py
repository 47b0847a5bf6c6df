"""Events between workflows, and what the whole engine says of runs that start runs."""

from uuid import UUID

from contracts.base import JsonObject, Nothing
from contracts.event import EmitEvent, EmittedEvent
from contracts.run_view import ListRuns, RunPage
from contracts.subjects import (
    CREATE_WORKFLOW,
    DELETE_WORKFLOW,
    EMIT_EVENT,
    LIST_RUNS,
    SET_WORKFLOW_STATUS,
    UPDATE_WORKFLOW,
    VALIDATE_DEFINITION,
)
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    SetWorkflowStatus,
    UpdateWorkflow,
    ValidateDefinition,
    Validation,
    WorkflowView,
)
from services.chassis.ids import new_id
from services.engine.domain.limits import RUN_DEPTH_MAX
from tests.support.chassis import until
from tests.support.child_runs import asks, each, one
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA, node, workflow


def hears(event: str = "customer.created") -> JsonObject:
    return workflow(
        [node("got", "transform", id="{{ trigger.output.id }}")],
        trigger="event_trigger",
        trigger_config={"event": event},
    )


def tells(event: str = "customer.created") -> JsonObject:
    return workflow(
        [node("tell", "emit_event", event=event, data={"id": "{{ trigger.output.id }}"})]
    )


async def runs_of(engine: Engine, workflow_id: UUID) -> RunPage:
    return await engine.does(LIST_RUNS, ListRuns(workflow_id=workflow_id), RunPage)


async def test_an_event_starts_a_run_of_every_active_workflow_that_waits_for_it(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        first = await engine.workflow(hears(), "First", active=True)
        await engine.workflow(hears(), "Second", active=True)
        draft = await engine.workflow(hears(), "Draft")
        other = await engine.workflow(hears("other"), "Other", active=True)

        started = await engine.start(await engine.workflow(tells(), "Tells"), {"id": 7})

        view = await engine.ended(started.id, "Completed")
        assert view.output == {"delivered": 2}
        (run,) = (await runs_of(engine, first)).items
        heard = await engine.ended(run.id, "Completed")
        assert (heard.trigger, heard.output) == ("event", {"id": 7})
        assert heard.parent is not None
        assert (heard.parent.run_id, heard.parent.node) == (started.id, "tell")
        assert [(await runs_of(engine, one_id)).items for one_id in (draft, other)] == [[], []]
        children = await engine.does(LIST_RUNS, ListRuns(parent_run_id=started.id), RunPage)
        assert len(children.items) == 2


async def test_an_event_that_is_told_again_starts_nothing_twice(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        listening = await engine.workflow(hears(), "Hears", active=True)
        command = EmitEvent(
            run_id=new_id(), node="tell", visit=1, event="customer.created", data={"id": 1}, depth=1
        )

        answers = [await engine.does(EMIT_EVENT, command, EmittedEvent) for _ in range(3)]

        assert [answer.delivered for answer in answers] == [1, 1, 1]
        assert len((await runs_of(engine, listening)).items) == 1


async def test_another_event_in_the_newest_version_is_what_counts(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        listening = await engine.workflow(hears("old"), "Hears", active=True)
        update = UpdateWorkflow(
            workflow_id=listening, name="Hears", definition=hears("new"), actor=ADA
        )
        await engine.does(UPDATE_WORKFLOW, update, WorkflowView)
        teller = await engine.workflow(tells("{{ trigger.output.event }}"), "Tells")

        delivered = []
        for event in ("old", "new"):
            started = await engine.start(teller, {"id": 1, "event": event})
            view = await engine.ended(started.id, "Completed")
            delivered.append(view.output["delivered"])

        assert delivered == [0, 1]


async def test_a_circle_of_events_comes_to_an_end(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        circle = workflow(
            [node("tell", "emit_event", event="again")],
            trigger="event_trigger",
            trigger_config={"event": "again"},
        )
        workflow_id = await engine.workflow(circle, "Circle", active=True)
        await engine.start(workflow_id)

        async def over() -> bool:
            statuses = [run.status for run in (await runs_of(engine, workflow_id)).items]
            return len(statuses) == RUN_DEPTH_MAX + 1 and "Running" not in statuses

        await until(over)
        statuses = [run.status for run in (await runs_of(engine, workflow_id)).items]
        assert sorted(set(statuses)) == ["Completed", "Failed"]
        assert statuses.count("Failed") == 1


async def test_a_call_of_a_workflow_that_is_not_there_is_a_fault(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        await engine.workflow(asks(), "Ask a person")
        for definition in (workflow([one("Ask a persom")]), workflow([each("Ask a persom", [1])])):
            command = CreateWorkflow(
                workflow_id=new_id(), name="Calls", definition=definition, actor=ADA
            )
            refusal = await engine.refuses(CREATE_WORKFLOW, command)

            (fault,) = refusal.details["faults"]
            assert (fault["code"], fault["path"], fault["suggestion"]) == (
                "unknown-workflow",
                "/nodes/0/config/workflow",
                "Ask a person",
            )
        found = await engine.does(
            VALIDATE_DEFINITION,
            ValidateDefinition(definition=workflow([one("Ask a persom")])),
            Validation,
        )
        assert [fault.code for fault in found.faults] == ["unknown-workflow"]


async def test_a_workflow_may_be_saved_that_calls_itself(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        workflow_id = await engine.workflow(workflow([one("Myself")]), "Myself")

        assert await runs_of(engine, workflow_id) == RunPage(items=[])


async def test_a_name_that_two_workflows_have_is_a_fault(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        for _ in range(2):
            await engine.workflow(asks(), "Twice")
        command = CreateWorkflow(
            workflow_id=new_id(), name="Calls", definition=workflow([one("Twice")]), actor=ADA
        )
        refusal = await engine.refuses(CREATE_WORKFLOW, command)

        assert [fault["code"] for fault in refusal.details["faults"]] == ["ambiguous-workflow"]


async def test_deleting_a_called_workflow_with_its_runs_fails_those_that_wait(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        called = await engine.workflow(asks(), "Asks")
        parent = await engine.workflow(workflow([one("Asks", input={"item": 1})]), "Parent")
        started = await engine.start(parent)

        async def waits() -> bool:
            return (await engine.run(started.id)).status == "Waiting"

        await until(waits)
        refusal = await engine.refuses(
            DELETE_WORKFLOW, DeleteWorkflow(workflow_id=called, actor=ADA)
        )
        assert refusal.code == "runs-live"
        delete = DeleteWorkflow(workflow_id=called, cancel_runs=True, actor=ADA)
        await engine.does(DELETE_WORKFLOW, delete, Nothing)

        view = await engine.ended(started.id, "Failed")
        assert view.error is not None
        assert view.error.code == "child-cancelled"


async def test_deleting_a_workflow_ends_the_runs_that_its_runs_called(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        called = await engine.workflow(asks(), "Asks")
        parent = await engine.workflow(workflow([one("Asks", input={"item": 1})]), "Parent")
        started = await engine.start(parent)

        async def waits() -> bool:
            return (await engine.run(started.id)).status == "Waiting"

        await until(waits)
        (child,) = (await runs_of(engine, called)).items
        delete = DeleteWorkflow(workflow_id=parent, cancel_runs=True, actor=ADA)
        await engine.does(DELETE_WORKFLOW, delete, Nothing)

        await engine.ended(child.id, "Cancelled")


async def test_a_paused_workflow_hears_nothing(database_url: str, nats_url: str) -> None:
    async with engine_service(database_url, nats_url) as engine:
        listening = await engine.workflow(hears(), "Hears", active=True)
        pause = SetWorkflowStatus(workflow_id=listening, status="Paused", actor=ADA)
        await engine.does(SET_WORKFLOW_STATUS, pause, WorkflowView)

        started = await engine.start(await engine.workflow(tells(), "Tells"), {"id": 7})

        assert (await engine.ended(started.id, "Completed")).output == {"delivered": 0}
