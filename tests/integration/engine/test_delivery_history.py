"""The last deliveries of a workflow: what is kept of them, what is not, and their replay."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.base import Json, JsonObject
from contracts.run import ReceiveDelivery, StartedRun
from contracts.subjects import (
    DELETE_WORKFLOW,
    GET_DELIVERY,
    LIST_DELIVERIES,
    RECEIVE_DELIVERY,
    REPLAY_DELIVERY,
    SET_WORKFLOW_STATUS,
)
from contracts.webhook import (
    DeliveryItem,
    DeliveryPage,
    DeliveryView,
    GetDelivery,
    ListDeliveries,
    ReplayDelivery,
)
from contracts.workflow import DeleteWorkflow, SetWorkflowStatus
from services.chassis.ids import new_id
from tests.support.engine_service import Engine, engine_service
from tests.support.runs import ADA, node, workflow

KEY = "made up for this test"
BODY = b'{"event":{"id":"evt-1"},"number":7}'
KEEPS = [node("keep", "transform", number="{{ trigger.output.payload.number }}")]
NAMED = {"auth": "header", "header": "X-Token", "secret": KEY, "delivery_id_path": "event.id"}


@pytest.fixture
async def engine(database_url: str, nats_url: str) -> AsyncIterator[Engine]:
    async with engine_service(database_url, nats_url) as found:
        yield found


def hooked(**config: Json) -> JsonObject:
    return workflow(KEEPS, trigger="webhook_trigger", trigger_config=config or NAMED)


def delivery(
    workflow_id: UUID, *, token: str = KEY, body: bytes = BODY, kind: str = "application/json"
) -> ReceiveDelivery:
    return ReceiveDelivery(
        workflow_id=workflow_id,
        run_id=new_id(),
        delivery_id=str(new_id()),
        method="POST",
        headers=[
            ("content-type", kind),
            ("x-token", token),
            ("authorization", "Bearer of something"),
            ("cookie", "a=1"),
            ("flusso-replay-of-run", "x"),
        ],
        query=[("a", "1"), ("a", "2")],
        body=base64.b64encode(body).decode(),
        received_at=datetime.now(UTC),
    )


async def deliveries(engine: Engine, workflow_id: UUID, limit: int = 100) -> list[DeliveryItem]:
    question = ListDeliveries(workflow_id=workflow_id, limit=limit)
    return (await engine.does(LIST_DELIVERIES, question, DeliveryPage)).items


async def one(engine: Engine, workflow_id: UUID, delivery_id: UUID) -> DeliveryView:
    question = GetDelivery(workflow_id=workflow_id, delivery_id=delivery_id)
    return await engine.does(GET_DELIVERY, question, DeliveryView)


def replay_of(workflow_id: UUID, delivery_id: UUID) -> ReplayDelivery:
    return ReplayDelivery(
        workflow_id=workflow_id, delivery_id=delivery_id, run_id=new_id(), actor=ADA
    )


async def test_each_verdict_is_kept_newest_first(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    first = await engine.does(RECEIVE_DELIVERY, delivery(workflow_id), StartedRun)
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id))
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, token="wrong"))
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, body=b"{"))

    items = await deliveries(engine, workflow_id)

    assert [(item.verdict, item.code, item.authentic) for item in items] == [
        ("refused", "invalid-json", True),
        ("refused", "invalid-signature", False),
        ("repeated", None, True),
        ("accepted", None, True),
    ]
    assert [item.run_id for item in items] == [None, None, first.id, first.id]
    assert items[3].sent_as == "evt-1"
    assert items[3].body_bytes == len(BODY)


async def test_a_delivery_is_shown_without_what_opens_doors(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id))

    found = await one(engine, workflow_id, (await deliveries(engine, workflow_id))[0].id)

    assert dict(found.headers) == {
        "content-type": "application/json",
        "x-token": "[redacted]",
        "authorization": "[redacted]",
        "cookie": "[redacted]",
    }
    assert (found.query, found.body, found.body_cut) == ({"a": ["1", "2"]}, BODY.decode(), False)
    stored = await engine.runtime.pool.fetch("SELECT t::text FROM webhook_deliveries AS t")
    assert KEY not in str(stored)


async def test_a_long_body_is_cut_where_it_is_shown_and_bytes_are_shown_as_such(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(hooked(auth="none"), active=True)
    long, odd = "ä".encode() * 40_000, b"\xff\x00"
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, body=long, kind="text/plain"))
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, body=odd, kind="text/plain"))

    shown = [
        await one(engine, workflow_id, item.id) for item in await deliveries(engine, workflow_id)
    ]

    assert (shown[0].body, shown[0].body_encoding) == (base64.b64encode(odd).decode(), "base64")
    assert (shown[1].body, shown[1].body_cut) == ("ä" * 32_768, True)
    assert shown[1].body_bytes == len(long)


async def test_fifty_are_kept_and_what_is_not_authentic_pushes_out_nothing_else(
    engine: Engine,
) -> None:
    workflow_id = await engine.workflow(hooked(auth="header", header="X-Token", secret=KEY))
    for token, times in ((KEY, 55), ("wrong", 60)):
        for _ in range(times):
            await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, token=token))

    items = await deliveries(engine, workflow_id)

    assert [item.authentic for item in items] == [False] * 50 + [True] * 50
    assert len(await deliveries(engine, workflow_id, limit=10)) == 10


async def test_what_has_no_webhook_leaves_nothing_behind(engine: Engine) -> None:
    workflow_id = await engine.workflow(workflow(KEEPS), active=True)
    for target in (workflow_id, new_id()):
        await engine.ask(RECEIVE_DELIVERY, delivery(target))

    assert await deliveries(engine, workflow_id) == []
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM webhook_deliveries") == 0


async def test_deliveries_go_with_their_workflow(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, token="wrong"))
    await deliveries(engine, workflow_id)
    await engine.ask(DELETE_WORKFLOW, DeleteWorkflow(workflow_id=workflow_id, actor=ADA))

    question = ListDeliveries(workflow_id=workflow_id)
    assert (await engine.refuses(LIST_DELIVERIES, question)).code == "workflow-not-found"
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM webhook_deliveries") == 0


async def test_a_replay_is_a_new_run_that_says_of_what(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    first = await engine.does(RECEIVE_DELIVERY, delivery(workflow_id), StartedRun)
    kept = (await deliveries(engine, workflow_id))[0]
    command = replay_of(workflow_id, kept.id)

    started = await engine.does(REPLAY_DELIVERY, command, StartedRun)
    again = await engine.does(REPLAY_DELIVERY, command, StartedRun)

    assert started.id == again.id == command.run_id != first.id
    assert (started.repeated, again.repeated) == (False, True)
    run = await engine.run(started.id)
    assert (run.trigger, run.status, run.output) == ("webhook", "Completed", {"number": 7})
    headers = run.trace[0].output["headers"]
    assert headers["flusso-replay-of-delivery"] == str(kept.id)
    assert headers["flusso-replay-of-run"] == str(first.id)
    original = await engine.run(first.id)
    assert not any(name.startswith("flusso-") for name in original.trace[0].output["headers"])


async def test_what_came_while_the_workflow_was_paused_can_be_replayed(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    pause = SetWorkflowStatus(workflow_id=workflow_id, status="Paused", actor=ADA)
    await engine.ask(SET_WORKFLOW_STATUS, pause)
    refused = await engine.refuses(RECEIVE_DELIVERY, delivery(workflow_id))
    kept = (await deliveries(engine, workflow_id))[0]

    started = await engine.does(REPLAY_DELIVERY, replay_of(workflow_id, kept.id), StartedRun)

    assert (refused.code, kept.code) == ("workflow-not-active",) * 2
    assert (await engine.run(started.id)).output == {"number": 7}


async def test_what_was_not_authentic_is_never_replayed(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    await engine.ask(RECEIVE_DELIVERY, delivery(workflow_id, token="wrong"))
    kept = (await deliveries(engine, workflow_id))[0]

    refused = await engine.refuses(REPLAY_DELIVERY, replay_of(workflow_id, kept.id))

    assert refused.code == "delivery-not-authentic"
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_delivery_of_another_workflow_is_not_found(engine: Engine) -> None:
    first, second = [await engine.workflow(hooked(), active=True) for _ in range(2)]
    await engine.ask(RECEIVE_DELIVERY, delivery(first))
    kept = (await deliveries(engine, first))[0]

    for subject, command in (
        (GET_DELIVERY, GetDelivery(workflow_id=second, delivery_id=kept.id)),
        (REPLAY_DELIVERY, replay_of(second, kept.id)),
    ):
        assert (await engine.refuses(subject, command)).code == "delivery-not-found"


async def test_a_name_in_the_body_keeps_the_run_that_its_sender_was_told(engine: Engine) -> None:
    """As after an outage: the gateway has told each time an id of its own."""
    workflow_id = await engine.workflow(hooked(), active=True)
    told = delivery(workflow_id)
    repeated = [delivery(workflow_id) for _ in range(3)]

    first = await engine.does(RECEIVE_DELIVERY, told, StartedRun)
    later = [await engine.does(RECEIVE_DELIVERY, order, StartedRun) for order in repeated]

    assert first.id == told.run_id
    assert [(run.id, run.repeated) for run in later] == [(told.run_id, True)] * 3


async def test_repeats_that_arrive_together_are_one_run(engine: Engine) -> None:
    workflow_id = await engine.workflow(hooked(), active=True)
    orders = [delivery(workflow_id) for _ in range(20)]
    payloads = [order.model_dump_json().encode() for order in orders]

    async def ask(payload: bytes) -> bytes:
        return (await engine.client.request(RECEIVE_DELIVERY, payload, timeout=10)).data

    replies = await asyncio.gather(*map(ask, payloads))

    assert len({reply.partition(b'"id":')[2][:38] for reply in replies}) == 1
    assert await engine.runtime.pool.fetchval("SELECT count(*) FROM runs") == 1
