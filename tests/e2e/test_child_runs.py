"""Runs that start runs, through the public API: tasks of children are people's tasks like any other."""

from pathlib import Path

import yaml

from contracts.base import Json, JsonObject
from deploy.local.stack import Stack
from tests.support.api import Api, api_of, chain, node
from tests.support.chassis import until

EXAMPLES = Path(__file__).parents[2] / "examples"


async def example(api: Api, name: str) -> str:
    text = (EXAMPLES / name / "workflow.yaml").read_text(encoding="utf-8")
    made = yaml.safe_load(text)
    return await api.workflow(made["definition"], made["name"])


async def tasks_of(api: Api, workflow_id: str, count: int) -> list[JsonObject]:
    """Wait until so many tasks are open."""
    items: list[JsonObject] = []

    async def are_open() -> bool:
        query = {"status": "pending", "workflow_id": workflow_id}
        answer = await api.http.get("/api/v1/tasks", params=query)
        items[:] = answer.json()["items"]
        return len(items) == count

    await until(are_open)
    return items


async def run_in(api: Api, run_id: str, *statuses: str) -> JsonObject:
    """Wait until the run has one of the statuses."""
    found: JsonObject = {}

    async def has_come() -> bool:
        found.update((await api.http.get(f"/api/v1/runs/{run_id}")).json())
        return found["status"] in statuses

    await until(has_come)
    return found


async def decide(api: Api, task: JsonObject, how: str, body: Json = None) -> None:
    answer = await api.http.post(f"/api/v1/tasks/{task['id']}/{how}", json=body or {})
    assert answer.status_code == 200, answer.text


async def test_an_expense_report_waits_for_its_lines_and_counts_what_was_refused(
    stack: Stack,
) -> None:
    async with api_of(stack) as api:
        line = await example(api, "expense-line")
        report = await example(api, "expense-report")
        lines = [
            {"what": "Train", "amount": 79},
            {"what": "Hotel", "amount": 240.5},
            {"what": "Dinner", "amount": 132},
        ]
        run_id = await api.start(report, {"person": "Ada", "lines": lines})
        tasks = await tasks_of(api, line, 2)
        waiting = await run_in(api, run_id, "Waiting")
        assert waiting["trace"][1]["children"] == {"total": 3, "called": 3, "ended": 1}

        for task in tasks:
            await decide(api, task, "reject" if "Dinner" in task["title"] else "approve")

        ended = await run_in(api, run_id, "Completed", "Failed")
        assert ended["output"] == {
            "person": "Ada",
            "paid": [{"what": "Train", "amount": 79}, {"what": "Hotel", "amount": 240.5}],
            "refused": 1,
        }
        children = await api.http.get("/api/v1/runs", params={"parent_run_id": run_id})
        assert {child["parent"]["node"] for child in children.json()["items"]} == {"lines"}


async def test_cancelling_a_run_closes_the_tasks_of_those_it_called(stack: Stack) -> None:
    async with api_of(stack) as api:
        asks = await api.workflow(chain(node("ask", "approval", prompt="Go on?")), "Asks")
        calls = await api.workflow(chain(node("call", "run_workflow", workflow="Asks")), "Calls")
        run_id = await api.start(calls)
        await tasks_of(api, asks, 1)

        answer = await api.http.post(f"/api/v1/runs/{run_id}/cancel", json={"reason": "Enough."})

        assert answer.status_code == 200
        assert await tasks_of(api, asks, 0) == []
