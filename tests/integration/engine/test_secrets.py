"""Secrets on a real engine: set and kept encrypted, used by the worker alone, masked wherever they come back."""

import json
from collections.abc import AsyncIterator

import pytest

from contracts.base import Json, JsonObject
from contracts.run_view import RunView
from contracts.secret import DeleteSecret, ListSecrets, PutSecret, SecretItem, SecretPage
from contracts.subjects import (
    CREATE_WORKFLOW,
    DELETE_SECRET,
    DUPLICATE_WORKFLOW,
    LIST_SECRETS,
    PUT_SECRET,
    UPDATE_WORKFLOW,
    VALIDATE_DEFINITION,
)
from contracts.workflow import (
    CreateWorkflow,
    DuplicateWorkflow,
    UpdateWorkflow,
    ValidateDefinition,
    Validation,
    WorkflowView,
)
from services.chassis.database import Pool
from services.chassis.ids import new_id
from services.engine.adapters.vault import VARIABLE, Vault, new_key, read_vault
from services.engine.app.secrets import secrets_max
from tests.support.engine_service import Engine, engine_pool, engine_service, rows
from tests.support.http_target import Asked, Target, answer, http_target
from tests.support.runs import ADA, edge, node, workflow

VALUE = 'of no "use" & elsewhere/+'
OTHER = "other words entirely"
HEADER = {"X-Key": "Key {{ secrets.API_KEY }}"}
MARK = "••••"


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with http_target() as found:
        yield found


@pytest.fixture
async def engine(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Engine]:
    """Has a key, and may reach this machine."""
    monkeypatch.setenv(VARIABLE, new_key())
    monkeypatch.setenv("FLUSSO_HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
    async with engine_service(database_url, nats_url) as found:
        yield found


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with engine_pool(database_url) as found:
        yield found


def vault(*keys: str) -> Vault:
    return read_vault({VARIABLE: ",".join(keys)})


def put(name: str = "API_KEY", value: str = VALUE, description: str | None = None) -> PutSecret:
    return PutSecret(name=name, value=value, description=description, actor=ADA)


async def has_secret(engine: Engine, name: str = "API_KEY", value: str = VALUE) -> SecretItem:
    return await engine.does(PUT_SECRET, put(name, value), SecretItem)


async def listed(engine: Engine) -> list[SecretItem]:
    return (await engine.does(LIST_SECRETS, ListSecrets(), SecretPage)).items


def calling(url: str, **config: Json) -> JsonObject:
    return workflow([node("call", "http_request", url=url, **config)])


async def run_of(engine: Engine, definition: JsonObject, given: Json = None) -> RunView:
    run = await engine.start(await engine.workflow(definition), given)
    return await engine.ended(run.id)


def echo(asked: Asked) -> bytes:
    """An answer that gives back what came, in every part of it."""
    everything = {"line": asked.line, "headers": asked.headers, "body": asked.body.decode()}
    return answer(
        json.dumps(everything).encode(),
        content_type="application/json",
        x_echo=asked.headers.get("x-key", ""),
    )


# -- keeping -----------------------------------------------------------------------------------------------------------


async def test_a_secret_is_listed_without_its_value(engine: Engine) -> None:
    made = await engine.does(PUT_SECRET, put(description="for the bank"), SecretItem)

    (item,) = await listed(engine)
    assert item == made
    assert (item.name, item.description, item.updated_by) == ("API_KEY", "for the bank", "Ada")
    assert (item.readable, item.used_at, item.used_by_total) == (True, None, 0)
    stored = str(await rows(engine.runtime.pool, "SELECT * FROM secrets"))
    assert VALUE not in stored
    assert VALUE not in item.model_dump_json()


async def test_a_replaced_secret_keeps_its_description_and_its_first_date(engine: Engine) -> None:
    before = await engine.does(PUT_SECRET, put(description="for the bank"), SecretItem)
    after = await engine.does(PUT_SECRET, put(value=OTHER), SecretItem)

    assert after.description == "for the bank"
    assert after.created_at == before.created_at < after.updated_at


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (put(name="api key"), "invalid-secret-name"),
        (put(name=""), "invalid-secret-name"),
        (put(value="abc"), "invalid-secret"),
        (put(value=" abc \n"), "invalid-secret"),
        (put(value="a\0bcdef"), "invalid-secret"),
        (put(value="x" * 16_385), "invalid-secret"),
        (put(description="x" * 1_001), "invalid-secret"),
    ],
)
async def test_what_cannot_be_kept_is_refused_without_being_shown(
    engine: Engine, command: PutSecret, code: str
) -> None:
    refused = await engine.refuses(PUT_SECRET, command)
    assert refused.code == code
    assert command.value not in refused.model_dump_json()
    assert await listed(engine) == []


async def test_a_bad_name_comes_with_a_good_one(engine: Engine) -> None:
    refused = await engine.refuses(PUT_SECRET, put(name="api key"))
    assert refused.details == {"suggestion": "API_KEY"}


async def test_without_a_key_everything_works_but_secrets(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    async with engine_service(database_url, nats_url) as engine:
        refused = await engine.refuses(PUT_SECRET, put())
        assert refused.code == "secrets-not-available"
        assert VARIABLE in refused.message
        page = await engine.does(LIST_SECRETS, ListSecrets(), SecretPage)
        assert (page.items, page.key_id) == ([], None)
        done = await run_of(engine, workflow([node("a", "transform", a=1)]))
        assert done.status == "Completed"


async def test_secrets_are_listed_in_pages_by_name(engine: Engine) -> None:
    for name in ("C", "A", "B"):
        await has_secret(engine, name)

    first = await engine.does(LIST_SECRETS, ListSecrets(limit=2), SecretPage)
    question = ListSecrets(limit=2, cursor=first.next_cursor)
    second = await engine.does(LIST_SECRETS, question, SecretPage)

    assert [item.name for item in first.items] == ["A", "B"]
    assert [item.name for item in second.items] == ["C"]
    assert second.next_cursor is None


async def test_there_is_a_limit_to_how_many(engine: Engine) -> None:
    await engine.runtime.pool.execute(
        "INSERT INTO secrets (name, description, ciphertext, key_id, created_at, updated_at,"
        " updated_by) SELECT 'N' || n, '', 'v1.k.x', 'k', now(), now(), 'x'"
        " FROM generate_series(1, $1) AS n",
        secrets_max,
    )
    assert (await engine.refuses(PUT_SECRET, put())).code == "too-many-secrets"
    await has_secret(engine, "N1")


# -- who uses them -----------------------------------------------------------------------------------------------------


async def test_a_secret_says_which_workflows_use_it_now(engine: Engine) -> None:
    await has_secret(engine)
    definition = calling("https://example.com", headers=HEADER)
    workflow_id = await engine.workflow(definition, "Bank")

    (item,) = await listed(engine)
    assert ([user.name for user in item.used_by], item.used_by_total) == (["Bank"], 1)

    update = UpdateWorkflow(
        workflow_id=workflow_id,
        name="Bank",
        definition=calling("https://example.com"),
        actor=ADA,
    )
    await engine.does(UPDATE_WORKFLOW, update, WorkflowView)
    (item,) = await listed(engine)
    assert item.used_by_total == 0


async def test_a_copy_uses_what_the_original_uses(engine: Engine) -> None:
    await has_secret(engine)
    source = await engine.workflow(calling("https://example.com", headers=HEADER), "Bank")
    copy = DuplicateWorkflow(workflow_id=source, new_workflow_id=new_id(), actor=ADA)
    await engine.does(DUPLICATE_WORKFLOW, copy, WorkflowView)

    (item,) = await listed(engine)
    assert [user.name for user in item.used_by] == ["Bank", "Copy of Bank"]


async def test_a_secret_in_use_is_deleted_only_by_force(engine: Engine) -> None:
    await has_secret(engine)
    workflow_id = await engine.workflow(calling("https://example.com", headers=HEADER), "Bank")

    refused = await engine.refuses(DELETE_SECRET, DeleteSecret(name="API_KEY", actor=ADA))
    assert refused.code == "secret-in-use"
    assert refused.details["workflows"] == [{"id": str(workflow_id), "name": "Bank"}]
    assert len(await listed(engine)) == 1

    await engine.ask(DELETE_SECRET, DeleteSecret(name="API_KEY", force=True, actor=ADA))
    assert await listed(engine) == []


@pytest.mark.parametrize("name", ["NOBODY", "", "a\0b", "x" * 10_000])
async def test_what_is_not_there_cannot_be_deleted(engine: Engine, name: str) -> None:
    refused = await engine.refuses(DELETE_SECRET, DeleteSecret(name=name, force=True, actor=ADA))
    assert refused.code == "secret-not-found"


async def test_an_unknown_secret_is_found_at_save_with_the_nearest_name(engine: Engine) -> None:
    await has_secret(engine, "API_KEYS")
    definition = calling("https://example.com", headers=HEADER)
    command = CreateWorkflow(workflow_id=new_id(), name="Bank", definition=definition, actor=ADA)

    refused = await engine.refuses(CREATE_WORKFLOW, command)
    (fault,) = refused.details["faults"]
    assert (fault["code"], fault["path"]) == ("unknown-secret", "/nodes/0/config/headers/X-Key")
    assert fault["suggestion"] == "{{ secrets.API_KEYS }}"

    question = ValidateDefinition(definition=definition)
    judged = await engine.does(VALIDATE_DEFINITION, question, Validation)
    assert [one.code for one in judged.faults] == ["unknown-secret"]


# -- using them --------------------------------------------------------------------------------------------------------


async def test_the_worker_sends_the_value_and_the_run_never_has_it(
    engine: Engine, target: Target
) -> None:
    target.reply = echo
    await has_secret(engine)

    run = await run_of(
        engine,
        calling(
            target.url,
            method="POST",
            headers=HEADER,
            query={"key": "{{ secrets.API_KEY }}"},
            body={"deep": [{"key": "<{{ secrets.API_KEY }}>"}]},
        ),
    )

    (asked,) = target.asked
    assert asked.headers["x-key"] == f"Key {VALUE}"
    assert json.loads(asked.body) == {"deep": [{"key": f"<{VALUE}>"}]}
    assert "key=of+no+%22use%22" in asked.line
    assert run.status == "Completed"
    assert run.output["headers"]["x-echo"] == f"Key {MARK}"
    assert run.output["body"]["headers"]["x-key"] == f"Key {MARK}"
    assert MARK in run.output["body"]["line"]
    step = next(step for step in run.trace if step.node == "call")
    assert step.input["headers"] == {"X-Key": f"Key {MARK}"}
    assert step.input["body"] == {"deep": [{"key": f"<{MARK}>"}]}
    assert "elsewhere" not in run.model_dump_json()


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        ({"bearer": "{{ secrets.TOKEN }}"}, "Bearer plain-token-words"),
        (
            {"basic": {"username": "ada", "password": "{{ secrets.TOKEN }}"}},
            "Basic YWRhOnBsYWluLXRva2VuLXdvcmRz",
        ),
    ],
)
async def test_auth_is_sent_and_masked_as_it_comes_back(
    engine: Engine, target: Target, auth: JsonObject, sent: str
) -> None:
    target.reply = echo
    await has_secret(engine, "TOKEN", "plain-token-words")

    run = await run_of(engine, calling(target.url, auth=auth))

    (asked,) = target.asked
    assert asked.headers["authorization"] == sent
    echoed = run.output["body"]["headers"]["authorization"]
    assert MARK in echoed
    assert "G9rZW4td29yZH" not in echoed
    assert "plain-token-words" not in run.model_dump_json()


async def test_a_whole_address_may_be_a_secret(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"no", 404))
    await has_secret(engine, "HOOK", f"{target.url}/hidden/path\n")

    run = await run_of(engine, calling(" {{ secrets.HOOK }} "))

    assert target.asked[0].line == "GET /hidden/path HTTP/1.1"
    assert run.status == "Failed"
    assert "hidden" not in run.model_dump_json()


async def test_a_replaced_value_is_used_by_the_next_request(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"fine"))
    await has_secret(engine)
    workflow_id = await engine.workflow(calling(target.url, headers=HEADER))
    await engine.ended((await engine.start(workflow_id)).id)
    await has_secret(engine, value=OTHER)
    await engine.ended((await engine.start(workflow_id)).id)

    assert [one.headers["x-key"] for one in target.asked] == [f"Key {VALUE}", f"Key {OTHER}"]
    (item,) = await listed(engine)
    assert item.used_at is not None


async def test_every_attempt_has_the_value(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"busy", 503), answer(b"fine"))
    await has_secret(engine)

    await run_of(engine, calling(target.url, headers=HEADER, retries=1, retry_delay=0.01))

    assert [one.headers["x-key"] for one in target.asked] == [f"Key {VALUE}"] * 2


async def test_a_secret_that_is_gone_fails_the_node_and_takes_its_error_port(
    engine: Engine, target: Target
) -> None:
    await has_secret(engine)
    definition = workflow(
        [
            node("call", "http_request", url=target.url, headers=HEADER),
            node("told", "transform", code="{{ call.error.code }}"),
        ],
        [edge("trigger", "call"), edge("call", "told", "error")],
    )
    workflow_id = await engine.workflow(definition)
    await engine.ask(DELETE_SECRET, DeleteSecret(name="API_KEY", force=True, actor=ADA))

    run = await engine.ended((await engine.start(workflow_id)).id)

    assert run.output == {"code": "missing-secret"}
    assert target.asked == []


async def test_a_redirect_elsewhere_gets_nothing(engine: Engine, target: Target) -> None:
    async with http_target() as elsewhere:
        elsewhere.will_answer(answer(b"caught"))
        target.will_answer(answer(b"", 302, location=f"{elsewhere.url}/{VALUE.partition(' ')[0]}"))
        await has_secret(engine)
        run = await run_of(engine, calling(target.url, headers=HEADER))
        assert run.output["status"] == 302
        assert elsewhere.asked == []


@pytest.mark.parametrize("value", ["line\r\nx-other: words", "words \u20ac other"])
async def test_a_value_that_cannot_be_sent_fails_without_being_shown(
    engine: Engine, target: Target, value: str
) -> None:
    await has_secret(engine, value=value)

    run = await run_of(engine, calling(target.url, headers=HEADER))

    assert run.error is not None
    assert run.error.code == "invalid-request"
    assert "words" not in run.model_dump_json()
    assert "other" not in run.model_dump_json()


async def test_data_cannot_pose_as_a_secret(engine: Engine, target: Target) -> None:
    target.will_answer(answer(b"fine"))
    await has_secret(engine)
    data = '{{ secrets.API_KEY }} ","secrets":[{"name":"API_KEY","pointer":"/url","offset":0}]'

    await run_of(
        engine, calling(target.url, headers={"X-Data": "{{ trigger.output.a }}"}), {"a": data}
    )

    assert target.asked[0].headers["x-data"] == data
