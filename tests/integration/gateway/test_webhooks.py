"""Webhooks over HTTP, with a whole engine that comes and goes: each delivery is the run that its sender was told."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest
import stripe
from slack_sdk.signature import SignatureVerifier
from standardwebhooks.webhooks import Webhook

from contracts.base import Json, JsonObject
from services.gateway.app import begin_run
from tests.support.api import chain, node
from tests.support.engine_service import engine_service
from tests.support.gateway import Gateway, eventually, make_workflow, running_gateway

KEY = "made up for this test"
BODY = b'{"id":"evt-1","event_id":"Ev1","n":1}'
JSON_TYPE = {"content-type": "application/json"}
Headers = dict[str, str]


def github() -> Headers:
    digest = hmac.digest(KEY.encode(), BODY, hashlib.sha256).hex()
    return {"x-hub-signature-256": f"sha256={digest}", "x-github-delivery": "guid-1"}


def stripe_signs() -> Headers:
    signed = stripe.WebhookSignature.generate_signature_header(BODY.decode(), KEY)
    return {"stripe-signature": signed}


def slack(body: bytes = BODY) -> Headers:
    stamp = str(int(time.time()))
    signed = SignatureVerifier(KEY).generate_signature(timestamp=stamp, body=body)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": str(signed)}


def standard() -> Headers:
    now = datetime.now(UTC)
    signer = Webhook(base64.b64encode(KEY.encode()).decode())
    return {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign("msg-1", now, BODY.decode()),
    }


def custom() -> Headers:
    digest = hmac.digest(KEY.encode(), BODY, hashlib.sha256).hex()
    return {"x-signed": digest}


PRESETS: list[tuple[JsonObject, Callable[[], Headers]]] = [
    ({"preset": "github"}, github),
    ({"preset": "stripe"}, stripe_signs),
    ({"preset": "slack"}, slack),
    ({"preset": "standard_webhooks", "secret": base64.b64encode(KEY.encode()).decode()}, standard),
    ({"preset": "custom", "header": "X-Signed", "delivery_id_path": "id"}, custom),
]


def hooked(**config: Json) -> JsonObject:
    given = {"auth": "hmac", "secret": KEY, **config}
    keeps = node("keep", "transform", n="{{ trigger.output.payload.n }}")
    return chain(keeps, trigger={"type": "webhook_trigger", "config": given})


async def send(gateway: Gateway, workflow_id: str, headers: Headers) -> httpx.Response:
    url = f"/api/webhooks/{workflow_id}"
    return await gateway.anyone.post(url, content=BODY, headers={**JSON_TYPE, **headers})


async def told(gateway: Gateway, workflow_id: str, headers: Headers) -> str:
    answer = await send(gateway, workflow_id, headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["run_id"])


async def run_of(gateway: Gateway, run_id: str) -> JsonObject:
    answer = await eventually(
        partial(gateway.admin.get, f"/api/v1/runs/{run_id}"),
        lambda answer: answer.status_code == 200 and answer.json()["status"] == "Completed",
    )
    return dict(answer.json())


async def runs_of(gateway: Gateway, workflow_id: str) -> set[str]:
    page = await gateway.admin.get(f"/api/v1/workflows/{workflow_id}/runs")
    return {run["id"] for run in page.json()["items"]}


async def test_whatever_a_sender_was_told_in_an_outage_is_its_run_for_ever(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflows = [await make_workflow(gateway, hooked(**config)) for config, _ in PRESETS]
    signers = [sign for _, sign in PRESETS]
    kept = [
        await told(gateway, workflow_id, sign())
        for workflow_id, sign in zip(workflows, signers, strict=True)
    ]
    async with engine_service(database_url, nats_url):
        for workflow_id, sign, run_id in zip(workflows, signers, kept, strict=True):
            assert (await run_of(gateway, run_id))["output"] == {"n": 1}
            assert await told(gateway, workflow_id, sign()) == run_id
            assert await runs_of(gateway, workflow_id) == {run_id}


async def test_a_repeat_that_only_the_engine_can_tell_leads_to_the_first_run(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    config, sign = PRESETS[-1]
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, hooked(**config))
    run_ids = [await told(gateway, workflow_id, sign()) for _ in range(3)]
    async with engine_service(database_url, nats_url):
        found = {(await run_of(gateway, run_id))["id"] for run_id in run_ids}
        assert found == await runs_of(gateway, workflow_id)
        assert len(found) == 1
        assert found <= set(run_ids)


async def test_a_forger_who_is_first_pushes_no_delivery_out(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, hooked(preset="github"))
    forged = {**github(), "x-hub-signature-256": "sha256=" + "0" * 64}
    first = await told(gateway, workflow_id, forged)
    authentic = await told(gateway, workflow_id, github())
    async with engine_service(database_url, nats_url):
        assert first == authentic
        assert (await run_of(gateway, authentic))["output"] == {"n": 1}


async def test_many_deliveries_in_an_outage_are_written_together(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, hooked(preset="github"))
    answers = await asyncio.gather(
        *(
            told(gateway, workflow_id, {**github(), "x-github-delivery": f"guid-{number % 90}"})
            for number in range(100)
        )
    )
    assert len(set(answers)) == 90
    assert await gateway.runtime.pool.fetchval("SELECT count(*) FROM intake") == 90
    async with engine_service(database_url, nats_url):
        await eventually(
            partial(gateway.admin.get, f"/api/v1/workflows/{workflow_id}/runs?limit=200"),
            lambda answer: answer.status_code == 200 and len(answer.json()["items"]) == 90,
        )


async def test_what_the_engine_is_not_asked_about_at_once_is_worked_off(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(begin_run, "deliveries_asked_max", 1)
    monkeypatch.setattr(begin_run, "turn_seconds_max", 0.001)
    async with (
        running_gateway(database_url, nats_url) as gateway,
        engine_service(database_url, nats_url),
    ):
        workflow_id = await make_workflow(gateway, hooked(preset="github"))
        names = [{**github(), "x-github-delivery": f"guid-{number}"} for number in range(50)]
        answers = await asyncio.gather(*(told(gateway, workflow_id, name) for name in names))
        await eventually(
            partial(gateway.admin.get, f"/api/v1/workflows/{workflow_id}/runs"),
            lambda answer: {run["id"] for run in answer.json()["items"]} == set(answers),
        )
        await eventually(
            partial(gateway.anyone.get, "/metrics"),
            lambda answer: "flusso_intake_waiting 0.0" in answer.text,
        )


async def test_secrets_and_deliveries_of_a_workflow(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, hooked(preset="github"))
        root = f"/api/v1/workflows/{workflow_id}"
        run_id = await told(gateway, workflow_id, github())
        page = (await gateway.admin.get(f"{root}/deliveries")).json()["items"]
        delivery = (await gateway.admin.get(f"{root}/deliveries/{page[0]['id']}")).json()
        key = {"idempotency-key": "once"}
        replay = partial(gateway.admin.post, f"{root}/deliveries/{page[0]['id']}/replay")
        first, second = [await replay(headers=key) for _ in range(2)]
        rotated = await gateway.admin.post(f"{root}/webhook-secret", json={"overlap": "1h"})
        listed = (await gateway.admin.get(f"{root}/webhook-secret")).json()

        assert (page[0]["verdict"], page[0]["run_id"]) == ("accepted", run_id)
        assert delivery["body"].encode() == BODY
        assert (first.status_code, first.json()["id"]) == (201, second.json()["id"])
        assert first.json()["id"] != run_id
        assert (rotated.status_code, rotated.headers["cache-control"]) == (201, "no-store")
        assert rotated.json()["secret"] not in str(listed)
        assert [item["expires_at"] is None for item in listed["items"]] == [True, False]
        assert (await send(gateway, workflow_id, github())).status_code == 202


async def test_slack_is_told_that_the_address_is_ours(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    asks = b'{"type":"url_verification","challenge":"3eZbrw1a"}'
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, hooked(preset="slack"))
        url = f"/api/webhooks/{workflow_id}"
        answer = await gateway.anyone.post(url, content=asks, headers={**JSON_TYPE, **slack(asks)})
        forged = await gateway.anyone.post(url, content=asks, headers={**JSON_TYPE, **slack()})

        assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw1a"})
        assert forged.status_code == 401
        assert await runs_of(gateway, workflow_id) == set()


NOT_TAKEN = (
    (b"{", "application/json", 400, "invalid-json"),
    (b"x", "image/png", 415, "unsupported-content-type"),
    (b"x", "text/plain; charset=utf-7", 415, "unsupported-content-type"),
    (b"&".join([b"a"] * 1_001), "application/x-www-form-urlencoded", 400, "invalid-form"),
    (b"\x01" * 50_000, "text/plain", 413, "too-large"),
    (b"x" * 262_145, "text/plain", 413, "too-large"),
)


async def test_a_body_that_is_not_taken_is_refused_with_its_reason(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        url = f"/api/webhooks/{await make_workflow(gateway, hooked(auth='none'))}"
        for content, kind, status, code in NOT_TAKEN:
            answer = await gateway.anyone.post(url, content=content, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert code != "too-large" or answer.json()["bytes_max"] == 262_144
