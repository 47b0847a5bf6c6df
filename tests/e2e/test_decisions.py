"""One decision a task, whoever comes together, and never one refused that came as soon as it could."""

import asyncio
from collections import Counter

import pytest

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, OPENED, Api, api_of, chain, end_seconds_max, node
from tests.support.event_stream import listening

CLIENTS = 50
INSTANT_DECISIONS = 1_000
AT_ONCE = 25


@pytest.mark.timeout(180)
async def test_fifty_clients_decide_at_once_and_one_wins(stack: Stack) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        for _ in range(5):
            run = await api.start(workflow)
            (task,) = await api.tasks_of(run)
            actions = ["approve" if n % 2 else "reject" for n in range(CLIENTS)]
            answers = await asyncio.gather(*(api.decide(task["id"], action) for action in actions))
            assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CLIENTS - 1}
            winner = next(answer.json() for answer in answers if answer.status_code == 200)
            decision = winner["decision"]
            for loser in (answer.json() for answer in answers if answer.status_code == 409):
                assert loser["code"] == "already-decided"
                assert loser["outcome"] == decision["outcome"]
                assert loser["decided_by"] == decision["by"]
                assert loser["decided_at"] == decision["at"]
            expected = "Completed" if decision["outcome"] == "approved" else "Failed"
            ended = await api.run_when(run, "Completed", "Failed")
            assert ended["status"] == expected
            assert await api.tasks_of(run, 0) == []


@pytest.mark.timeout(300)
async def test_a_task_decided_the_instant_it_is_seen_is_never_refused_and_never_lost(
    stack: Stack,
) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        runs: set[str] = set()
        refused: list[str] = []
        slots = asyncio.Semaphore(AT_ONCE)

        async def start() -> None:
            await slots.acquire()
            runs.add(await api.start(workflow))

        async with (
            listening(api.http, "topics=tasks") as listener,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(INSTANT_DECISIONS):
                group.create_task(start())
            seen: set[str] = set()
            while len(seen) < INSTANT_DECISIONS:
                event = await listener.next("message")
                data = event.data
                if data["type"] != OPENED or data["data"]["workflow_id"] != workflow:
                    continue
                assert data["subject"] not in seen, "an event was told twice"
                seen.add(data["subject"])
                group.create_task(_decide(api, data["subject"], slots, refused))
        assert refused == []
        await _all_completed(api, workflow, runs)


async def _all_completed(api: Api, workflow: str, runs: set[str]) -> None:
    """Wait until these runs have completed, and no other of this workflow is there."""
    async with asyncio.timeout(end_seconds_max):
        while True:
            found = {run["id"]: run["status"] for run in await api.runs_of(workflow)}
            if found == dict.fromkeys(runs, "Completed"):
                return
            await asyncio.sleep(0.1)


async def _decide(api: Api, task: str, slots: asyncio.Semaphore, refused: list[str]) -> None:
    answer = await api.decide(task)
    if answer.status_code != 200:
        refused.append(answer.text)
    slots.release()


async def test_approval_resumes_the_run_and_its_output_says_approved(stack: Stack) -> None:
    async with api_of(stack) as api:
        run = await api.start(await api.workflow(APPROVAL), {"text": "the plan"})
        (task,) = await api.tasks_of(run)
        assert task["prompt"] == "Go on with the plan?"
        assert (await api.get(f"/runs/{run}"))["status"] == "Waiting"
        answer = await api.decide(task["id"], comment="Fine.")
        assert answer.status_code == 200
        ended = await api.run_when(run, "Completed")
        step = _step(ended, "manager_ok")
        assert step["output"]["approved"] is True
        assert step["decision"]["comment"] == "Fine."
        assert ended["output"] == {"by": answer.json()["decision"]["by"]}


async def test_rejection_fails_the_run_and_the_trace_says_who(stack: Stack) -> None:
    async with api_of(stack) as api:
        run = await api.start(await api.workflow(APPROVAL))
        (task,) = await api.tasks_of(run)
        answer = await api.decide(task["id"], "reject", comment="Too early.")
        assert answer.status_code == 200
        ended = await api.run_when(run, "Failed")
        decision = _step(ended, "manager_ok")["decision"]
        assert (decision["outcome"], decision["comment"]) == ("rejected", "Too early.")
        assert await api.tasks_of(run, 0) == []


async def test_a_form_is_judged_by_the_server_before_the_task_is_spent(stack: Stack) -> None:
    fields = [
        {"name": "amount", "label": "Amount", "type": "number", "required": True, "max": 100},
        {"name": "due", "label": "Due", "type": "date"},
    ]
    async with api_of(stack) as api:
        form = node("form", "manual_input", prompt="How much?", fields=fields)
        after = node("after", "transform", amount="{{ form.output.amount }}")
        run = await api.start(await api.workflow(chain(form, after)))
        (task,) = await api.tasks_of(run)
        wrong = await api.decide(task["id"], "submit", values={"amount": 500, "due": "tomorrow"})
        assert wrong.status_code == 422
        assert {fault["name"] for fault in wrong.json()["fields"]} == {"amount", "due"}
        kind = await api.decide(task["id"], "approve")
        assert (kind.status_code, kind.json()["code"]) == (409, "wrong-kind")
        right = await api.decide(task["id"], "submit", values={"amount": 12.5, "due": ""})
        assert right.status_code == 200, right.text
        ended = await api.run_when(run, "Completed")
        assert _step(ended, "form")["output"] == {"amount": 12.5, "due": None}


async def test_the_same_idempotency_key_gives_the_first_answer(stack: Stack) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        path = f"/workflows/{workflow}/runs"
        first = await api.post(path, {"input": {"text": "a"}}, **{"idempotency-key": "start-1"})
        again = await api.post(path, {"input": {"text": "a"}}, **{"idempotency-key": "start-1"})
        other = await api.post(path, {"input": {"text": "b"}}, **{"idempotency-key": "start-1"})
        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
        assert first.json()["id"] == again.json()["id"]
        (task,) = await api.tasks_of(first.json()["id"])
        answers = [
            await api.post(f"/tasks/{task['id']}/approve", {}, **{"idempotency-key": "yes-1"})
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert len({answer.text for answer in answers}) == 1


async def test_a_decision_on_another_digest_is_refused(stack: Stack) -> None:
    async with api_of(stack) as api:
        run = await api.start(await api.workflow(APPROVAL))
        (task,) = await api.tasks_of(run)
        stale = await api.post(f"/tasks/{task['id']}/approve", {}, **{"if-match": '"0000"'})
        assert stale.status_code == 412
        right = await api.post(
            f"/tasks/{task['id']}/approve", {}, **{"if-match": f'"{task["digest"]}"'}
        )
        assert right.status_code == 200


async def test_two_branches_wait_at_once_and_the_join_waits_for_both(stack: Stack) -> None:
    definition = {
        "trigger": {"type": "manual_trigger", "config": {}},
        "nodes": [
            node("left", "approval", prompt="Left?"),
            node("right", "approval", prompt="Right?"),
            node("both", "transform", ok="{{ left.output.approved }}"),
        ],
        "edges": [
            {"from": "trigger", "to": "left"},
            {"from": "trigger", "to": "right"},
            {"from": "left", "to": "both"},
            {"from": "right", "to": "both"},
        ],
    }
    async with api_of(stack) as api:
        workflow = await api.workflow(definition)
        run = await api.start(workflow)
        first, second = await api.tasks_of(run, 2)
        await api.decide(first["id"])
        (left_over,) = await api.tasks_of(run, 1)
        assert left_over["id"] == second["id"]
        await api.decide(second["id"])
        await api.run_when(run, "Completed")
        run = await api.start(workflow)
        first, _ = await api.tasks_of(run, 2)
        await api.decide(first["id"], "reject")
        await api.run_when(run, "Failed")
        assert await api.tasks_of(run, 0) == []


async def test_cancelling_closes_the_task_and_late_deciders_are_told(stack: Stack) -> None:
    async with api_of(stack) as api:
        run = await api.start(await api.workflow(APPROVAL))
        (task,) = await api.tasks_of(run)
        cancelled = await api.post(f"/runs/{run}/cancel", {"reason": "No longer needed."})
        assert cancelled.status_code == 200
        assert await api.tasks_of(run, 0) == []
        late = await api.decide(task["id"])
        assert (late.status_code, late.json()["code"]) == (409, "run-ended")
        assert (await api.get(f"/runs/{run}"))["status"] == "Cancelled"
        again = await api.post(f"/runs/{run}/cancel", {"reason": "Again."})
        assert again.status_code == 409


async def test_runs_keep_their_version_when_the_workflow_is_edited(stack: Stack) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        run = await api.start(workflow)
        (task,) = await api.tasks_of(run)
        changed = chain(node("other", "approval", prompt="Something else?"))
        body = {"name": "Test", "description": "", "definition": changed}
        answer = await api.http.put(f"/api/v1/workflows/{workflow}", json=body)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert (await api.get(f"/tasks/{task['id']}"))["prompt"] == task["prompt"]
        await api.decide(task["id"])
        ended = await api.run_when(run, "Completed")
        assert (ended["version"], len(ended["trace"])) == (1, 4)


async def test_a_workflow_with_waiting_runs_is_not_deleted_unless_asked(stack: Stack) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        run = await api.start(workflow)
        (task,) = await api.tasks_of(run)
        refused = await api.http.delete(f"/api/v1/workflows/{workflow}")
        assert (refused.status_code, refused.json()["code"]) == (409, "runs-live")
        done = await api.http.delete(f"/api/v1/workflows/{workflow}?cancel_runs=true")
        assert done.status_code == 204
        assert await api.tasks_of(run, 0) == []
        late = await api.decide(task["id"])
        assert late.status_code == 409


def _step(run: JsonObject, key: str) -> JsonObject:
    return next(dict(step) for step in run["trace"] if step["node"] == key)
