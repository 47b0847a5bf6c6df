"""What people edit and have not saved: kept as it is, for them alone, until it is saved or thrown away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contracts.actor import Actor
from contracts.base import Nothing
from contracts.subjects import (
    DELETE_WORKFLOW,
    DROP_WORKFLOW_DRAFT,
    GET_WORKFLOW,
    GET_WORKFLOW_DRAFT,
    KEEP_WORKFLOW_DRAFT,
    UPDATE_WORKFLOW,
)
from contracts.workflow import (
    DeleteWorkflow,
    DropWorkflowDraft,
    GetWorkflow,
    GetWorkflowDraft,
    KeepWorkflowDraft,
    UpdateWorkflow,
    WorkflowDraft,
    WorkflowDraftAnswer,
    WorkflowView,
)
from services.chassis.ids import new_id
from services.engine.adapters.draft_store import PostgresDrafts
from services.engine.adapters.vault import Vault, new_key, read_vault
from services.engine.adapters.workflow_store import PostgresWorkflows
from services.engine.app.drafts import Drafts, draft_bytes_max
from services.engine.app.reencrypt import Reencryption
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA, BOB, node, workflow

DONE = workflow([node("only", "transform", a=1)])
TYPED = "trigger: {type: webhook_trigger\n# not finished"


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


def keeping(
    workflow_id: UUID | None,
    text: str = TYPED,
    *,
    if_revision: int | None = None,
    actor: Actor = ADA,
) -> KeepWorkflowDraft:
    return KeepWorkflowDraft(
        workflow_id=workflow_id,
        name="Letters",
        text=text,
        base_version=1,
        if_revision=if_revision,
        actor=actor,
    )


async def kept(engine: Engine, command: KeepWorkflowDraft) -> WorkflowDraft:
    return await engine.does(KEEP_WORKFLOW_DRAFT, command, WorkflowDraft)


async def draft_of(
    engine: Engine, workflow_id: UUID | None, actor: Actor = ADA
) -> WorkflowDraft | None:
    asked = GetWorkflowDraft(workflow_id=workflow_id, actor=actor)
    return (await engine.does(GET_WORKFLOW_DRAFT, asked, WorkflowDraftAnswer)).draft


async def test_a_draft_is_kept_as_it_was_typed_for_whoever_typed_it(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    first = await kept(engine, keeping(workflow_id, if_revision=0))
    second = await kept(engine, keeping(workflow_id, TYPED + "!", if_revision=first.revision))

    assert await draft_of(engine, workflow_id) == second
    assert (second.text, second.name, second.base_version) == (TYPED + "!", "Letters", 1)
    assert second.revision > first.revision
    assert await draft_of(engine, workflow_id, BOB) is None
    assert await draft_of(engine, None) is None


async def test_a_new_workflow_has_a_draft_before_it_exists(engine: Engine) -> None:
    new = await kept(engine, keeping(None))
    assert await draft_of(engine, None) == new


async def test_of_two_tabs_that_keep_over_one_revision_one_is_refused(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    first = await kept(engine, keeping(workflow_id))
    later = [keeping(workflow_id, tab, if_revision=first.revision) for tab in ("one", "other")]
    replies = await asyncio.gather(*(engine.ask(KEEP_WORKFLOW_DRAFT, each) for each in later))

    (refused,) = [reply.refused for reply in replies if reply.refused is not None]
    found = await draft_of(engine, workflow_id)
    assert found is not None
    assert (refused.code, refused.details) == ("draft-changed", {"revision": found.revision})


async def test_a_draft_that_is_gone_or_there_already_is_not_taken_for_another(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(DONE)
    first = await kept(engine, keeping(workflow_id))
    again = await engine.refuses(KEEP_WORKFLOW_DRAFT, keeping(workflow_id, if_revision=0))
    drop = DropWorkflowDraft(workflow_id=workflow_id, if_revision=first.revision + 1, actor=ADA)
    kept_on = await engine.refuses(DROP_WORKFLOW_DRAFT, drop)
    right = drop.model_copy(update={"if_revision": first.revision})
    await engine.does(DROP_WORKFLOW_DRAFT, right, Nothing)
    await engine.does(DROP_WORKFLOW_DRAFT, right, Nothing)
    late = keeping(workflow_id, if_revision=first.revision)
    gone = await engine.refuses(KEEP_WORKFLOW_DRAFT, late)

    assert {again.code, kept_on.code, gone.code} == {"draft-changed"}
    assert gone.details == {"revision": None}
    assert await draft_of(engine, workflow_id) is None


async def test_saving_a_version_removes_the_draft_of_who_saved_it(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    for actor in (ADA, BOB):
        await kept(engine, keeping(workflow_id, actor=actor))
    save = UpdateWorkflow(workflow_id=workflow_id, name="Letters", definition=DONE, actor=ADA)
    await engine.does(UPDATE_WORKFLOW, save, WorkflowView)

    assert await draft_of(engine, workflow_id) is None
    assert await draft_of(engine, workflow_id, BOB) is not None


async def test_drafts_go_with_their_workflow(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    await kept(engine, keeping(workflow_id))
    await engine.does(DELETE_WORKFLOW, DeleteWorkflow(workflow_id=workflow_id, actor=ADA), Nothing)

    assert await draft_of(engine, workflow_id) is None
    refused = await engine.refuses(KEEP_WORKFLOW_DRAFT, keeping(workflow_id))
    assert refused.code == "workflow-not-found"


async def test_what_is_too_large_for_a_draft_is_refused_with_its_limit(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    refused = await engine.refuses(
        KEEP_WORKFLOW_DRAFT, keeping(workflow_id, "a" * (draft_bytes_max + 1))
    )
    assert (refused.code, refused.details) == ("too-large", {"bytes_max": draft_bytes_max})


async def test_drafts_are_encrypted_and_outlive_the_change_of_a_key(engine: Engine) -> None:
    old, new = new_key(), new_key()
    workflow_id = await engine.workflow(DONE)

    def drafts(*keys: str) -> Drafts:
        pool = engine.runtime.pool
        return Drafts(PostgresDrafts(pool), PostgresWorkflows(pool), vault(*keys))

    await drafts(old).keep(keeping(workflow_id))
    stored = await engine.runtime.pool.fetchval("SELECT body FROM workflow_drafts")
    assert "not finished" not in stored
    asked = GetWorkflowDraft(workflow_id=workflow_id, actor=ADA)
    assert (await drafts(new).get(asked)).draft is None

    tables = [PostgresDrafts(engine.runtime.pool)]
    assert await Reencryption(vault(new, old), tables).reencrypt_all() == (1, 0)
    found = (await drafts(new).get(asked)).draft
    assert found is not None
    assert found.text == TYPED


def vault(*keys: str) -> Vault:
    return read_vault({"FLUSSO_SECRET_KEYS": ",".join(keys)})


# -- versions ----------------------------------------------------------------------------------------------------------


async def test_each_version_keeps_what_it_was_called_and_how_it_was_written(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE, "First")
    source = "# what it is for\ntrigger: {type: manual_trigger, config: {}}\nnodes: []\nedges: []\n"
    empty = {"trigger": {"type": "manual_trigger", "config": {}}, "nodes": [], "edges": []}
    save = UpdateWorkflow(
        workflow_id=workflow_id, name="Second", definition=empty, source=source, actor=BOB
    )
    now = await engine.does(UPDATE_WORKFLOW, save, WorkflowView)
    then = await engine.does(
        GET_WORKFLOW, GetWorkflow(workflow_id=workflow_id, version=1), WorkflowView
    )

    assert (now.name, now.source) == ("Second", source)
    assert (then.name, then.source, then.definition) == ("First", None, DONE)


async def test_a_source_that_says_something_else_is_refused(engine: Engine) -> None:
    workflow_id = await engine.workflow(DONE)
    save = UpdateWorkflow(
        workflow_id=workflow_id, name="Letters", definition=DONE, source="nodes: []", actor=ADA
    )
    refused = await engine.refuses(UPDATE_WORKFLOW, save)
    assert (refused.code, refused.details) == ("invalid-request", {"path": "/source"})


async def test_a_secret_that_stood_in_the_source_is_not_kept_there(engine: Engine) -> None:
    hidden = f"s{new_id().hex}"
    trigger = {
        "type": "webhook_trigger",
        "config": {"auth": "header", "header": "X-Key", "secret": hidden},
    }
    source = (
        "# the key of the shop\n"
        f"trigger: {{type: webhook_trigger, config: {{auth: header, header: X-Key, secret: {hidden}}}}}\n"
        "nodes: []\nedges: []\n"
    )
    workflow_id = await engine.workflow(DONE)
    save = UpdateWorkflow(
        workflow_id=workflow_id,
        name="Letters",
        definition={"trigger": trigger, "nodes": [], "edges": []},
        source=source,
        actor=ADA,
    )
    view = await engine.does(UPDATE_WORKFLOW, save, WorkflowView)
    assert view.source is None
    assert hidden not in view.model_dump_json()
