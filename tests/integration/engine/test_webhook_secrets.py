"""The secrets of webhooks: taken out of definitions, rotated with an overlap, never readable again."""

import base64
import hashlib
import hmac
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from contracts.base import JsonObject
from contracts.run import ReceiveDelivery, StartedRun
from contracts.secret import DeleteSecret, PutSecret, SecretItem
from contracts.subjects import (
    DELETE_SECRET,
    DUPLICATE_WORKFLOW,
    GET_WEBHOOK_SECRETS,
    GET_WORKFLOW,
    PUT_SECRET,
    RECEIVE_DELIVERY,
    ROTATE_WEBHOOK_SECRET,
    SET_WORKFLOW_STATUS,
    UPDATE_WORKFLOW,
)
from contracts.webhook import (
    GetWebhookSecrets,
    NewWebhookSecret,
    RotateWebhookSecret,
    WebhookSecrets,
)
from contracts.workflow import (
    DuplicateWorkflow,
    GetWorkflow,
    SetWorkflowStatus,
    UpdateWorkflow,
    WorkflowView,
)
from services.chassis.ids import new_id
from services.engine.adapters.vault import VARIABLE, new_key, read_vault
from services.engine.adapters.webhook_secret_store import PostgresWebhookSecrets
from services.engine.app.old_secrets import SecretMover
from services.engine.app.reencrypt import Reencryption
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA, node, workflow

FIRST = "the first secret of this test"
SECOND = "another one, for the second half"
BODY = b'{"number":7}'
KEEPS = [node("keep", "transform", number="{{ trigger.output.payload.number }}")]


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


def signed_by(secret: str) -> JsonObject:
    config = {"auth": "hmac", "preset": "github", "secret": secret}
    return workflow(KEEPS, trigger="webhook_trigger", trigger_config=config)


def delivery(workflow_id: UUID, secret: str) -> ReceiveDelivery:
    signature = hmac.digest(secret.encode(), BODY, hashlib.sha256).hex()
    return ReceiveDelivery(
        workflow_id=workflow_id,
        run_id=new_id(),
        delivery_id=str(new_id()),
        method="POST",
        headers=[
            ("content-type", "application/json"),
            ("x-hub-signature-256", f"sha256={signature}"),
        ],
        query=[],
        body=base64.b64encode(BODY).decode(),
        received_at=datetime.now(UTC),
    )


async def takes(engine: Engine, workflow_id: UUID, *secrets: str) -> list[bool]:
    """Tell of each secret whether a delivery signed with it starts a run."""
    replies = [
        await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, secret)) for secret in secrets
    ]
    return [reply.ok is not None for reply in replies]


async def view(engine: Engine, workflow_id: UUID, version: int | None = None) -> WorkflowView:
    question = GetWorkflow(workflow_id=workflow_id, version=version)
    return await engine.does(GET_WORKFLOW, question, WorkflowView)


async def save(engine: Engine, workflow_id: UUID, definition: JsonObject) -> WorkflowView:
    order = UpdateWorkflow(
        workflow_id=workflow_id, name="Letters", definition=definition, actor=ADA
    )
    return await engine.does(UPDATE_WORKFLOW, order, WorkflowView)


async def rotate(
    engine: Engine, workflow_id: UUID, overlap: str = "24h", secret: str | None = None
) -> NewWebhookSecret:
    order = RotateWebhookSecret(workflow_id=workflow_id, overlap=overlap, secret=secret, actor=ADA)
    return await engine.does(ROTATE_WEBHOOK_SECRET, order, NewWebhookSecret)


async def kept(engine: Engine, workflow_id: UUID) -> WebhookSecrets:
    question = GetWebhookSecrets(workflow_id=workflow_id)
    return await engine.does(GET_WEBHOOK_SECRETS, question, WebhookSecrets)


async def put_secret(engine: Engine, value: str) -> None:
    await engine.does(PUT_SECRET, PutSecret(name="SHOP", value=value, actor=ADA), SecretItem)


async def everything(engine: Engine) -> str:
    """All that the engine's schema holds, as text."""
    pool = engine.runtime.pool
    tables = await pool.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'engine'"
    )
    rows = [
        await pool.fetch(f'SELECT t::text FROM "{table["table_name"]}" AS t')  # noqa: S608 - our own names
        for table in tables
    ]
    return str(rows)


async def test_a_secret_that_is_saved_is_used_and_never_seen_again(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    started = await engine.does(RECEIVE_DELIVERY, delivery(workflow_id, FIRST), StartedRun)

    assert (await view(engine, workflow_id)).definition["trigger"]["config"]["secret"] == "********"
    assert FIRST not in (await engine.run(started.id)).model_dump_json()
    assert FIRST not in (await kept(engine, workflow_id)).model_dump_json()
    assert FIRST not in await everything(engine)


async def test_the_mark_of_a_kept_secret_is_no_secret(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    assert await takes(engine, workflow_id, "********", "generate", "") == [False] * 3


async def test_saving_what_is_shown_keeps_the_secret(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    await save(engine, workflow_id, (await view(engine, workflow_id)).definition)
    await save(engine, workflow_id, signed_by("generate"))

    assert await takes(engine, workflow_id, FIRST) == [True]


async def test_saving_the_same_secret_again_changes_nothing(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    before = await kept(engine, workflow_id)

    await save(engine, workflow_id, signed_by(FIRST))

    assert await kept(engine, workflow_id) == before


async def test_saving_another_secret_ends_the_former_at_once(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    await save(engine, workflow_id, signed_by(SECOND))

    assert await takes(engine, workflow_id, FIRST, SECOND) == [False, True]


async def test_a_new_secret_is_shown_once_and_the_former_taken_for_a_while(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    new = await rotate(engine, workflow_id)

    assert new.secret is not None
    assert new.former_expires_at is not None
    assert new.former_expires_at - new.created_at == timedelta(hours=24)
    assert await takes(engine, workflow_id, FIRST, new.secret) == [True, True]
    items = (await kept(engine, workflow_id)).items
    assert [item.expires_at for item in items] == [None, new.former_expires_at]
    assert new.secret not in await everything(engine)


async def test_when_the_overlap_is_over_only_the_new_secret_is_taken(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    new = await rotate(engine, workflow_id)
    await engine.runtime.pool.execute(
        "UPDATE webhook_secrets SET expires_at = now() WHERE expires_at IS NOT NULL"
    )

    assert await takes(engine, workflow_id, FIRST, new.secret or "") == [False, True]
    assert len((await kept(engine, workflow_id)).items) == 1


async def test_without_an_overlap_the_former_ends_at_once(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    given = await rotate(engine, workflow_id, "0s", SECOND)

    assert (given.secret, given.former_expires_at) == (None, None)
    assert await takes(engine, workflow_id, FIRST, SECOND) == [False, True]


async def test_rotating_often_keeps_only_so_many(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    made = [(await rotate(engine, workflow_id)).secret or "" for _ in range(6)]

    assert await takes(engine, workflow_id, FIRST, *made) == [False] * 2 + [True] * 5


@pytest.mark.parametrize("overlap", ["soon", "31d", "-1h", ""])
async def test_an_odd_overlap_is_refused(engine: Engine, overlap: str) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST))
    order = RotateWebhookSecret(workflow_id=workflow_id, overlap=overlap, actor=ADA)

    assert (await engine.refuses(ROTATE_WEBHOOK_SECRET, order)).code == "invalid-request"


async def test_a_secret_can_be_made_after_saving_and_is_needed_to_activate(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by("generate"))
    activate = SetWorkflowStatus(workflow_id=workflow_id, status="Active", actor=ADA)

    refused = await engine.refuses(SET_WORKFLOW_STATUS, activate)
    new = await rotate(engine, workflow_id)
    await engine.does(SET_WORKFLOW_STATUS, activate, WorkflowView)

    assert refused.code == "webhook-secret-missing"
    assert await takes(engine, workflow_id, new.secret or "", "generate") == [True, False]


async def test_a_copy_does_not_have_the_secret(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    order = DuplicateWorkflow(workflow_id=workflow_id, new_workflow_id=new_id(), actor=ADA)

    copy = await engine.does(DUPLICATE_WORKFLOW, order, WorkflowView)

    assert await takes(engine, copy.id, FIRST) == [False]
    assert (await kept(engine, copy.id)).items == []


async def test_a_secret_with_a_name_is_looked_up_whenever_it_is_needed(engine: Engine) -> None:
    await put_secret(engine, FIRST)
    workflow_id = await engine.workflow(signed_by("{{ secrets.SHOP }}"), active=True)

    before = await takes(engine, workflow_id, FIRST, SECOND)
    await put_secret(engine, SECOND)
    after = await takes(engine, workflow_id, FIRST, SECOND)

    assert (before, after) == ([True, False], [False, True])
    assert (await kept(engine, workflow_id)).named == "SHOP"
    order = RotateWebhookSecret(workflow_id=workflow_id, actor=ADA)
    assert (await engine.refuses(ROTATE_WEBHOOK_SECRET, order)).code == "webhook-secret-not-used"
    delete = DeleteSecret(name="SHOP", actor=ADA)
    assert (await engine.refuses(DELETE_SECRET, delete)).code == "secret-in-use"


async def test_turning_to_a_secret_with_a_name_ends_the_kept_one_for_good(engine: Engine) -> None:
    await put_secret(engine, SECOND)
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)

    await save(engine, workflow_id, signed_by("{{ secrets.SHOP }}"))
    named = await takes(engine, workflow_id, FIRST, SECOND)
    await save(engine, workflow_id, signed_by("********"))

    assert named == [False, True]
    assert await takes(engine, workflow_id, FIRST, SECOND) == [False, False]


@pytest.mark.parametrize("trigger", ["manual_trigger", "webhook_trigger"])
async def test_what_has_no_secret_of_its_own_gets_none(engine: Engine, trigger: str) -> None:
    workflow_id = await engine.workflow(workflow([node("a", "transform", x=1)], trigger=trigger))
    order = RotateWebhookSecret(workflow_id=workflow_id, actor=ADA)

    assert (await engine.refuses(ROTATE_WEBHOOK_SECRET, order)).code == "webhook-secret-not-used"


async def store_as_it_was(engine: Engine, workflow_id: UUID, definition: JsonObject) -> None:
    """Let the workflow have two versions as a former release has stored them."""
    await save(engine, workflow_id, signed_by(FIRST))
    pool = engine.runtime.pool
    await pool.execute("DELETE FROM webhook_secrets WHERE workflow_id = $1", workflow_id)
    await pool.execute(
        "UPDATE workflow_versions SET definition = $2 WHERE workflow_id = $1",
        workflow_id,
        orjson.dumps(definition).decode(),
    )


async def test_a_secret_in_an_old_definition_works_and_is_then_taken_out(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    await store_as_it_was(engine, workflow_id, signed_by(SECOND))
    store = PostgresWebhookSecrets(engine.runtime.pool)
    mover = SecretMover(store, read_vault(os.environ))

    before = await takes(engine, workflow_id, FIRST, SECOND)
    moved = await mover.move_all()
    after = await takes(engine, workflow_id, FIRST, SECOND)

    assert (before, moved, after) == ([False, True], 2, [False, True])
    assert SECOND not in await everything(engine)
    assert await mover.move_all() == 0


async def test_a_secret_of_an_old_definition_is_rotated_like_any_other(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    await store_as_it_was(engine, workflow_id, signed_by(SECOND))

    new = await rotate(engine, workflow_id)

    assert await takes(engine, workflow_id, FIRST, SECOND, new.secret or "") == [False, True, True]


async def test_a_secret_is_encrypted_again_when_the_key_changes(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_by(FIRST), active=True)
    store = PostgresWebhookSecrets(engine.runtime.pool)
    vault = read_vault({VARIABLE: f"{new_key()},{os.environ[VARIABLE]}"})

    assert await Reencryption(vault, [store]).reencrypt_all() == (1, 0)

    stored = (await store.taken([workflow_id], datetime.now(UTC)))[workflow_id]
    assert stored[0].ciphertext.startswith(f"v1.{vault.key_id}.")
    assert await Reencryption(vault, [store]).reencrypt_all() == (0, 0)
