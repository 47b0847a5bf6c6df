"""Webhook deliveries: the proof first, then everything else."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.base import JsonObject
from contracts.run import ReceiveDelivery, StartedRun
from contracts.subjects import RECEIVE_DELIVERY, SET_WORKFLOW_STATUS
from contracts.workflow import SetWorkflowStatus, WorkflowView
from services.chassis.ids import new_id
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA, node, workflow

KEY = "made up for this test"
BODY = b'{"action":"opened","number":7}'
KEEPS = [node("keep", "transform", number="{{ trigger.output.payload.number }}")]


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


def signed_workflow() -> JsonObject:
    config = {"auth": "hmac", "preset": "github", "secret": KEY}
    return workflow(KEEPS, trigger="webhook_trigger", trigger_config=config)


def open_workflow() -> JsonObject:
    return workflow(KEEPS, trigger="webhook_trigger", trigger_config={"auth": "none"})


def signature(body: bytes = BODY, key: str = KEY) -> str:
    return "sha256=" + hmac.digest(key.encode(), body, hashlib.sha256).hex()


def delivery(
    workflow_id: UUID, *, signed: str | None = None, name: str | None = None, body: bytes = BODY
) -> ReceiveDelivery:
    headers = [("content-type", "application/json")]
    headers += [("x-hub-signature-256", signed)] if signed is not None else []
    headers += [("x-github-delivery", name)] if name is not None else []
    return ReceiveDelivery(
        workflow_id=workflow_id,
        run_id=new_id(),
        delivery_id=str(new_id()),
        method="POST",
        headers=headers,
        query=[],
        body=base64.b64encode(body).decode(),
        received_at=datetime.now(UTC),
    )


async def test_a_signed_delivery_starts_a_run_with_its_payload(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_workflow(), active=True)
    order = delivery(workflow_id, signed=signature())

    started = await engine.does(RECEIVE_DELIVERY, order, StartedRun)

    run = await engine.run(started.id)
    assert (run.status, run.trigger, run.output) == ("Completed", "webhook", {"number": 7})
    assert KEY not in run.trace[0].model_dump_json()


@pytest.mark.parametrize(
    "signed",
    [None, "", "sha256=", signature(key="another"), signature(BODY + b" "), "sha256=" + "é" * 64],
)
async def test_without_the_proof_nobody_gets_in_or_learns_whether_it_is_active(
    engine: Engine, signed: str | None
) -> None:
    for active in (True, False):
        workflow_id = await engine.workflow(signed_workflow(), active=active)
        refused = await engine.refuses(RECEIVE_DELIVERY, delivery(workflow_id, signed=signed))
        assert refused.code == "invalid-signature"
        assert "Active" not in refused.model_dump_json()
        assert "Draft" not in refused.model_dump_json()
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_header_that_comes_twice_is_no_proof(engine: Engine) -> None:
    workflow_id = await engine.workflow(signed_workflow(), active=True)
    order = delivery(workflow_id, signed=signature())
    twice = order.model_copy(
        update={"headers": [*order.headers, ("x-hub-signature-256", signature())]}
    )

    assert (await engine.refuses(RECEIVE_DELIVERY, twice)).code == "invalid-signature"


async def test_only_who_proved_the_secret_learns_that_a_workflow_takes_nothing_now(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(signed_workflow(), active=True)
    pause = SetWorkflowStatus(workflow_id=workflow_id, status="Paused", actor=ADA)
    await engine.does(SET_WORKFLOW_STATUS, pause, WorkflowView)

    refused = await engine.refuses(RECEIVE_DELIVERY, delivery(workflow_id, signed=signature()))

    assert (refused.code, refused.details) == ("workflow-not-active", {"status": "Paused"})


async def test_a_delivery_that_comes_twice_is_one_run_by_the_name_that_its_sender_gave(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(signed_workflow(), active=True)
    orders = [delivery(workflow_id, signed=signature(), name="guid-1") for _ in range(3)]

    started = [await engine.does(RECEIVE_DELIVERY, order, StartedRun) for order in orders]
    other = delivery(workflow_id, signed=signature(), name="guid-2")
    another = await engine.does(RECEIVE_DELIVERY, other, StartedRun)

    assert len({run.id for run in started}) == 1
    assert [run.repeated for run in started] == [False, True, True]
    assert another.id != started[0].id


async def test_the_same_name_at_another_workflow_is_another_delivery(engine: Engine) -> None:
    started = [
        await engine.does(
            RECEIVE_DELIVERY,
            delivery(
                await engine.workflow(signed_workflow(), active=True),
                signed=signature(),
                name="guid-1",
            ),
            StartedRun,
        )
        for _ in range(2)
    ]

    assert started[0].id != started[1].id
    assert not started[1].repeated


async def test_a_delivery_without_a_name_is_known_by_what_the_gateway_calls_it(
    engine: Engine,
) -> None:
    order = delivery(await engine.workflow(open_workflow(), active=True))

    first = await engine.does(RECEIVE_DELIVERY, order, StartedRun)
    again = await engine.does(RECEIVE_DELIVERY, order, StartedRun)

    assert first.id == again.id == order.run_id
    assert again.repeated


async def test_what_has_no_webhook_is_not_found(engine: Engine) -> None:
    by_hand = await engine.workflow(workflow(KEEPS), active=True)
    for workflow_id in (by_hand, new_id()):
        refused = await engine.refuses(RECEIVE_DELIVERY, delivery(workflow_id))
        assert refused.code == "workflow-not-found"


@pytest.mark.parametrize(
    "body", [b"{", b'{"a":"\\u0000"}', b'{"a":1e999}', b"[" * 100 + b"]" * 100]
)
async def test_a_body_that_cannot_be_read_starts_nothing(engine: Engine, body: bytes) -> None:
    workflow_id = await engine.workflow(open_workflow(), active=True)

    refused = await engine.refuses(RECEIVE_DELIVERY, delivery(workflow_id, body=body))
    broken = delivery(workflow_id).model_copy(update={"body": "no base64!"})

    assert refused.code == "invalid-json"
    assert (await engine.refuses(RECEIVE_DELIVERY, broken)).code == "invalid-request"
