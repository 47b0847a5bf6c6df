"""What arrives while the engine is away, and what becomes of it."""

import uuid
from functools import partial

from tests.support.engine_service import engine_service
from tests.support.gateway import Gateway, eventually, make_workflow
from tests.support.workflows import asking

WEBHOOK = {"type": "webhook_trigger", "config": {"auth": "none"}}


async def test_run_starts_are_kept_and_start_once_the_engine_is_back(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, asking())
    start = f"/api/v1/workflows/{workflow_id}/runs"
    key = {"idempotency-key": str(uuid.uuid4())}
    kept = await gateway.admin.post(start, json={"input": {"n": 1}}, headers=key)
    assert (kept.status_code, kept.json()["status"]) == (202, "Queued")
    again = await gateway.admin.post(start, json={"input": {"n": 1}}, headers=key)
    assert again.json() == kept.json()
    other = await gateway.admin.post(start, json={"input": {"n": 2}}, headers=key)
    assert other.json()["code"] == "idempotency-key-reused"
    more = [(await gateway.admin.post(start, json={})).json()["id"] for _ in range(5)]
    async with engine_service(database_url, nats_url):
        for run_id in (kept.json()["id"], *more):
            run = await eventually(
                partial(gateway.admin.get, f"/api/v1/runs/{run_id}"),
                lambda answer: answer.status_code == 200 and answer.json()["version"] == 1,
            )
            assert run.json()["status"] == "Waiting"
        repeated = await gateway.admin.post(start, json={"input": {"n": 1}}, headers=key)
        assert (repeated.status_code, repeated.json()["id"]) == (201, kept.json()["id"])
        runs = (await gateway.admin.get(start)).json()["items"]
        assert sorted(run["id"] for run in runs) == sorted([kept.json()["id"], *more])
    assert await gateway.runtime.pool.fetchval("SELECT count(*) FROM intake") == 0


async def test_webhooks_are_kept_and_each_delivery_starts_one_run(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url):
        workflow_id = await make_workflow(gateway, asking(WEBHOOK))
        url = f"/api/webhooks/{workflow_id}"
        first = {"webhook-id": "delivery-1"}
        live = await gateway.anyone.post(url, json={"n": 1}, headers=first)
        assert live.status_code == 202, live.text
    second = {"webhook-id": "delivery-2"}
    kept = await gateway.anyone.post(url, json={"n": 2}, headers=second)
    assert kept.status_code == 202
    for headers, answer in ((first, live), (second, kept)):
        again = await gateway.anyone.post(url, json={"n": 1}, headers=headers)
        assert again.json() == answer.json()
    async with engine_service(database_url, nats_url):
        page = await eventually(
            lambda: gateway.admin.get(f"/api/v1/workflows/{workflow_id}/runs"),
            lambda answer: answer.status_code == 200 and len(answer.json()["items"]) == 2,
        )
        started = {run["id"] for run in page.json()["items"]}
        assert started == {live.json()["run_id"], kept.json()["run_id"]}


async def test_what_the_engine_refuses_later_is_told_with_its_reason(
    gateway: Gateway, database_url: str, nats_url: str
) -> None:
    unknown = str(uuid.uuid4())
    kept = await gateway.admin.post(f"/api/v1/workflows/{unknown}/runs", json={})
    assert kept.status_code == 202
    async with engine_service(database_url, nats_url):
        run = await eventually(
            lambda: gateway.admin.get(f"/api/v1/runs/{kept.json()['id']}"),
            lambda answer: answer.status_code == 200 and answer.json()["status"] == "Failed",
        )
        assert run.json()["error"]["code"] == "workflow-not-found"


async def test_decisions_are_never_kept(gateway: Gateway) -> None:
    for action in ("approve", "reject"):
        answer = await gateway.admin.post(f"/api/v1/tasks/{uuid.uuid4()}/{action}", json={})
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert await gateway.runtime.pool.fetchval("SELECT count(*) FROM intake") == 0
