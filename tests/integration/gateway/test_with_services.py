"""The whole path through the gateway, with the real engine and the real tasks service behind it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from contracts.base import JsonObject
from tests.support.engine_service import engine_service
from tests.support.event_stream import Listener, Told, listening
from tests.support.gateway import Gateway, eventually, make_workflow, ready, running_gateway
from tests.support.servers import Broker, Databases, fresh_database
from tests.support.tasks_service import tasks_service
from tests.support.workflows import asking, form

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(
    postgres: Databases, migrated: str, nats_server: Broker
) -> AsyncIterator[Gateway]:
    """A gateway with everything behind it."""
    nats_url = nats_server.url
    with fresh_database(postgres, migrated) as database_url:
        async with (
            engine_service(database_url, nats_url),
            tasks_service(database_url, nats_url),
            running_gateway(database_url, nats_url) as running,
        ):
            await ready(running)
            await eventually(
                lambda: running.admin.get("/api/v1/dashboard"),
                lambda answer: answer.status_code == 200,
            )
            yield running
    nats_server.reset()


async def start(gateway: Gateway, definition: JsonObject) -> str:
    workflow_id = await make_workflow(gateway, definition)
    run = await gateway.admin.post(f"/api/v1/workflows/{workflow_id}/runs", json={"input": {}})
    assert run.status_code == 201, run.text
    run_id: str = run.json()["id"]
    return run_id


async def told_of(listener: Listener, event_type: str, run_id: str) -> Told:
    """Return the next event of this type that is about this run."""
    while True:
        told = await listener.next("message")
        of_run = run_id in {told.data["subject"], told.data["data"].get("run_id")}
        if told.data["type"] == event_type and of_run:
            return told


async def opened_task(gateway: Gateway, definition: JsonObject) -> str:
    """Start a run and return the task that it opens."""
    async with listening(gateway.admin, "topics=tasks") as listener:
        run_id = await start(gateway, definition)
        task: str = (await told_of(listener, "flusso.task.opened", run_id)).data["subject"]
        return task


async def test_a_run_pauses_a_person_answers_and_the_run_goes_on(gateway: Gateway) -> None:
    async with listening(gateway.admin, "topics=tasks,runs") as listener:
        run_id = await start(gateway, asking())
        task_id = (await told_of(listener, "flusso.task.opened", run_id)).data["subject"]
        task = await gateway.admin.get(f"/api/v1/tasks/{task_id}")
        assert task.headers["etag"] == f'"{task.json()["digest"]}"'
        decided = await gateway.admin.post(
            f"/api/v1/tasks/{task_id}/approve",
            json={"comment": "Fine."},
            headers={"if-match": task.headers["etag"]},
        )
        assert decided.json()["decision"]["outcome"] == "approved"
        await told_of(listener, "flusso.run.completed", run_id)
    run = await gateway.admin.get(f"/api/v1/runs/{run_id}")
    assert (run.json()["status"], run.json()["output"]) == ("Completed", {"went": "on"})


async def test_a_run_can_be_looked_at_as_it_was_after_any_event_of_its_log(
    gateway: Gateway,
) -> None:
    async with listening(gateway.admin, "topics=tasks,runs") as listener:
        run_id = await start(gateway, asking())
        task_id = (await told_of(listener, "flusso.task.opened", run_id)).data["subject"]
        await gateway.admin.post(f"/api/v1/tasks/{task_id}/approve", json={})
        await told_of(listener, "flusso.run.completed", run_id)
    path = f"/api/v1/runs/{run_id}"
    now = (await gateway.admin.get(path)).json()
    events = (await gateway.admin.get(f"{path}/events")).json()["items"]
    seen = [
        (await gateway.admin.get(path, params={"at": event["sequence"]})).json() for event in events
    ]

    assert now["sequence"] == len(events)
    assert [view["as_of"] for view in seen] == [event["time"] for event in events]
    assert [view["status"] for view in seen if view["status"] != "Running"] == [
        "Waiting",
        "Completed",
    ]
    assert {**seen[-1], "as_of": None} == now
    waiting = next(view for view in seen if view["status"] == "Waiting")
    assert (waiting["output"], waiting["finished_at"]) == (None, None)
    assert [step["node"] for step in waiting["trace"]] == ["trigger", "ask"]
    assert waiting["trace"][-1]["decision"] is None


async def test_there_is_nothing_to_see_beyond_the_end_of_a_log(gateway: Gateway) -> None:
    path = f"/api/v1/runs/{await start(gateway, asking())}"
    beyond = await gateway.admin.get(path, params={"at": 1_000})
    assert (beyond.status_code, beyond.json()["code"]) == (404, "run-event-not-found")
    for nonsense in ("0", "-1", "now", str(2**40)):
        refused = await gateway.admin.get(path, params={"at": nonsense})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-request")
    unknown = await gateway.admin.get(f"/api/v1/runs/{uuid.uuid4()}", params={"at": 1})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "run-not-found")


async def run_with(gateway: Gateway, run_id: str, *, ahead: int | None) -> JsonObject:
    """Return the run once that many are before it."""
    answer = await eventually(
        lambda: gateway.admin.get(f"/api/v1/runs/{run_id}"),
        lambda answer: answer.json()["ahead"] == ahead,
    )
    run: JsonObject = answer.json()
    return run


async def test_a_queued_run_says_how_many_are_before_it(gateway: Gateway) -> None:
    definition = {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [{"key": "nap", "type": "delay", "name": "Nap", "config": {"duration": "1h"}}],
        "edges": [{"from": "trigger", "to": "nap"}],
        "settings": {"concurrency": 1},
    }
    workflow_id = await make_workflow(gateway, definition)
    runs = f"/api/v1/workflows/{workflow_id}/runs"
    started = [(await gateway.admin.post(runs, json={})).json()["id"] for _ in range(3)]

    first, second, third = [
        await run_with(gateway, run_id, ahead=ahead)
        for run_id, ahead in zip(started, (None, 0, 1), strict=True)
    ]

    assert [run["status"] for run in (second, third)] == ["Queued", "Queued"]
    assert "sleeps_until" in first["trace"][-1]
    await gateway.admin.delete(f"/api/v1/workflows/{workflow_id}", params={"cancel_runs": "true"})


async def test_a_task_can_be_decided_the_instant_it_is_seen(gateway: Gateway) -> None:
    workflow_id = await make_workflow(gateway, asking())
    async with listening(gateway.admin, "topics=tasks") as listener:
        for _ in range(20):
            run = await gateway.admin.post(f"/api/v1/workflows/{workflow_id}/runs", json={})
            told = await told_of(listener, "flusso.task.opened", run.json()["id"])
            task = told.data["subject"]
            answer = await gateway.admin.post(f"/api/v1/tasks/{task}/approve", json={})
            assert answer.status_code == 200


async def test_of_many_who_decide_at_once_one_wins_and_the_others_are_told_who(
    gateway: Gateway,
) -> None:
    task_id = await opened_task(gateway, asking())
    answers = await asyncio.gather(
        *(
            gateway.admin.post(f"/api/v1/tasks/{task_id}/{action}", json={}, timeout=30)
            for action in ("approve", "reject") * 15
        )
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * 29
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    for answer in answers:
        if answer.status_code == 409:
            problem = answer.json()
            assert problem["code"] == "already-decided"
            assert problem["outcome"] == won["decision"]["outcome"]
            assert problem["decided_by"] == won["decision"]["by"]


async def test_the_same_key_gives_the_first_answer_again(gateway: Gateway) -> None:
    task_id = await opened_task(gateway, asking())
    key = {"idempotency-key": str(uuid.uuid4())}
    approve = f"/api/v1/tasks/{task_id}/approve"
    first = await gateway.admin.post(approve, json={"comment": "Fine."}, headers=key)
    again = await gateway.admin.post(approve, json={"comment": "Fine."}, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await gateway.admin.post(approve, json={"comment": "No."}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    crossed = await gateway.admin.post(
        f"/api/v1/tasks/{task_id}/reject", json={"comment": "Fine."}, headers=key
    )
    assert crossed.json()["code"] == "idempotency-key-reused"


async def test_every_refusal_of_a_decision_has_its_status(gateway: Gateway) -> None:
    approval = await opened_task(gateway, asking())
    manual = await opened_task(gateway, form())
    for path, body, headers, status, code in (
        (f"{uuid.uuid4()}/approve", {}, {}, 404, "task-not-found"),
        ("nonsense/approve", {}, {}, 404, "task-not-found"),
        (f"{approval}/submit", {"values": {}}, {}, 409, "wrong-kind"),
        (f"{manual}/approve", {}, {}, 409, "wrong-kind"),
        (f"{approval}/approve", {}, {"if-match": '"other"'}, 412, "digest-mismatch"),
        (f"{manual}/submit", {"values": {"amount": "x"}}, {}, 422, "invalid-values"),
        (f"{manual}/submit", {"values": {}}, {}, 422, "invalid-values"),
        (f"{manual}/submit", {}, {}, 422, "invalid-request"),
    ):
        answer = await gateway.admin.post(f"/api/v1/tasks/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    submitted = await gateway.admin.post(
        f"/api/v1/tasks/{manual}/submit", json={"values": {"amount": 12.5}}
    )
    assert submitted.json()["decision"]["values"] == {"amount": 12.5}


async def test_a_cancelled_run_takes_its_task_along(gateway: Gateway) -> None:
    async with listening(gateway.admin, "topics=tasks") as listener:
        run_id = await start(gateway, asking())
        task = (await told_of(listener, "flusso.task.opened", run_id)).data["subject"]
        cancelled = await gateway.admin.post(
            f"/api/v1/runs/{run_id}/cancel", json={"reason": "Not needed."}
        )
        assert cancelled.status_code == 200, cancelled.text
        await told_of(listener, "flusso.task.closed", run_id)
    late = await gateway.admin.post(f"/api/v1/tasks/{task}/approve", json={})
    assert (late.status_code, late.json()["code"]) == (409, "run-ended")
    again = await gateway.admin.post(f"/api/v1/runs/{run_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run-ended")


async def test_counts_are_told_when_they_change(gateway: Gateway) -> None:
    async with listening(gateway.admin, "topics=tasks") as listener:
        before = (await listener.next("hello")).data["pending"]
        await start(gateway, asking())
        while (await listener.next("counts")).data["pending"] != before + 1:
            pass
    count = await gateway.admin.get("/api/v1/tasks/count")
    page = await gateway.admin.get("/api/v1/tasks?limit=1")
    assert count.json()["pending"] == page.json()["total"] == before + 1


async def test_counts_are_told_to_who_comes_back_at_once(gateway: Gateway) -> None:
    for _ in range(5):
        async with listening(gateway.admin, "topics=tasks") as listener:
            before = (await listener.next("hello")).data["pending"]
            task_id = await opened_task(gateway, asking())
            while (await listener.next("counts")).data["pending"] != before + 1:
                pass
        await gateway.admin.post(f"/api/v1/tasks/{task_id}/approve", json={})


async def test_workflows_have_versions_that_do_not_change(gateway: Gateway) -> None:
    workflow_id = await make_workflow(gateway, asking())
    url = f"/api/v1/workflows/{workflow_id}"
    seen = await gateway.admin.get(url)
    assert seen.headers["etag"] == '"1"'
    body = {"name": "Renamed", "definition": form()}
    changed = await gateway.admin.put(url, json=body, headers={"if-match": '"1"'})
    assert changed.json()["version"] == 2
    stale = await gateway.admin.put(url, json=body, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")
    first = await gateway.admin.get(f"{url}/versions/1")
    assert first.json()["definition"] == seen.json()["definition"]
    text = await gateway.admin.get(f"{url}/definition?format=yaml")
    assert "manual_input" in text.text
    assert text.headers["content-type"].startswith("application/yaml")


async def test_a_faulty_definition_names_every_fault(gateway: Gateway) -> None:
    definition = asking()
    definition["nodes"][0]["type"] = "aproval"
    answer = await gateway.admin.post(
        "/api/v1/workflows", json={"name": "Faulty", "definition": definition}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-definition")
    assert "/nodes/0/type" in {fault["path"] for fault in answer.json()["faults"]}


async def test_a_workflow_with_live_runs_is_deleted_only_with_them(gateway: Gateway) -> None:
    workflow_id = await make_workflow(gateway, asking())
    url = f"/api/v1/workflows/{workflow_id}"
    run = await gateway.admin.post(f"{url}/runs", json={})
    refused = await gateway.admin.delete(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "runs-live")
    assert (await gateway.admin.delete(f"{url}?cancel_runs=true")).status_code == 204
    await eventually(partial(gateway.admin.get, url), lambda answer: answer.status_code == 404)
    await eventually(
        partial(gateway.admin.get, f"/api/v1/runs/{run.json()['id']}"),
        lambda answer: answer.status_code == 404 or answer.json()["status"] == "Cancelled",
    )


async def test_a_workflow_that_is_made_twice_under_one_key_is_one(gateway: Gateway) -> None:
    key = {"idempotency-key": str(uuid.uuid4())}
    body = {"name": "Once", "definition": asking()}
    first = await gateway.admin.post("/api/v1/workflows", json=body, headers=key)
    again = await gateway.admin.post("/api/v1/workflows", json=body, headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    other = await gateway.admin.post(
        "/api/v1/workflows", json={**body, "name": "Twice"}, headers=key
    )
    assert other.json()["code"] == "idempotency-key-reused"
    copies = [
        (await gateway.admin.post(f"/api/v1/workflows/{first.json()['id']}/duplicate", headers=key))
        for _ in range(2)
    ]
    assert copies[0].json()["id"] == copies[1].json()["id"] != first.json()["id"]
    assert copies[0].json()["name"] == "Copy of Once"


async def test_the_dashboard_counts_what_the_inbox_lists(gateway: Gateway) -> None:
    dashboard = (await gateway.admin.get("/api/v1/dashboard")).json()
    inbox = (await gateway.admin.get("/api/v1/tasks")).json()
    assert dashboard["pending"] == inbox["total"]
    oldest = [task["id"] for task in dashboard["oldest"]]
    assert oldest == [task["id"] for task in inbox["items"][:3]]
    assert {"today", "recent_runs", "failing_workflows"} <= dashboard.keys()


async def test_lists_are_paged_and_filtered(gateway: Gateway) -> None:
    workflow_id = await make_workflow(gateway, asking())
    for _ in range(4):
        await gateway.admin.post(f"/api/v1/workflows/{workflow_id}/runs", json={})
    first = (await gateway.admin.get("/api/v1/runs?limit=2")).json()
    second = (await gateway.admin.get(f"/api/v1/runs?limit=2&cursor={first['next_cursor']}")).json()
    ids = [run["id"] for run in first["items"] + second["items"]]
    assert len(set(ids)) == 4
    waiting = (await gateway.admin.get("/api/v1/runs?status=Waiting")).json()["items"]
    assert {run["status"] for run in waiting} <= {"Waiting"}
    odd = await gateway.admin.get("/api/v1/runs?cursor=nonsense")
    assert odd.status_code == 422


async def test_a_runs_log_can_be_read_in_pages(gateway: Gateway) -> None:
    run_id = await start(gateway, asking())
    url = f"/api/v1/runs/{run_id}/events"
    whole = (await gateway.admin.get(url)).json()["items"]
    first = (await gateway.admin.get(f"{url}?limit=1")).json()
    rest = (await gateway.admin.get(f"{url}?cursor={first['next_cursor']}")).json()
    assert first["items"] + rest["items"] == whole
    assert [event["sequence"] for event in whole] == list(range(1, len(whole) + 1))
