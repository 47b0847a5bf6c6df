"""Time through the public API: people who do not answer, limits that wait for people, runs that queue."""

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import api_of, chain, node


def asking(**config: str) -> JsonObject:
    """An approval with a way out."""
    nodes = [
        node("ask", "approval", prompt="Go on?", **config),
        node("yes", "transform", said="yes"),
        node("late", "transform", why="{{ ask.error.message }}"),
    ]
    edges = [
        {"from": "trigger", "to": "ask"},
        {"from": "ask", "to": "yes"},
        {"from": "ask", "to": "late", "port": "timeout"},
    ]
    return {"trigger": {"type": "manual_trigger"}, "nodes": nodes, "edges": edges}


async def test_a_question_that_nobody_answers_in_time_takes_its_way_out(stack: Stack) -> None:
    async with api_of(stack) as api:
        run_id = await api.start(await api.workflow(asking(timeout="1s")))
        run = await api.run_when(run_id, "Completed")

    assert run["output"] == {"why": "Nobody answered `Ask` in time."}
    (ask,) = [step for step in run["trace"] if step["node"] == "ask"]
    assert ask["decision"]["outcome"] == "timed_out"
    assert ask["decision"]["by"] == "Timeout"
    assert ask["error"]["code"] == "timed-out"


async def test_an_answer_in_time_stops_the_timeout(stack: Stack) -> None:
    async with api_of(stack) as api:
        run_id = await api.start(await api.workflow(asking(timeout="1h", due="1m")))
        (task,) = await api.tasks_of(run_id)
        await api.decide(task["id"])
        run = await api.run_when(run_id, "Completed")

    assert run["output"] == {"said": "yes"}


async def test_the_time_of_people_does_not_count_but_the_time_after_does(stack: Stack) -> None:
    raw = chain(node("ask", "approval", prompt="?"), node("nap", "delay", duration="1h"))
    raw["settings"] = {"time_limit": "1s"}
    async with api_of(stack) as api:
        run_id = await api.start(await api.workflow(raw))
        (task,) = await api.tasks_of(run_id)
        longer = await api.start(await api.workflow(chain(node("nap", "delay", duration="2s"))))
        await api.run_when(longer, "Completed")  # by then the limit would be up
        assert (await api.get(f"/runs/{run_id}"))["status"] == "Waiting"
        await api.decide(task["id"])
        run = await api.run_when(run_id, "Failed")

    assert run["error"]["code"] == "time-limit"


async def test_a_run_above_the_limit_queues_and_can_be_cancelled(stack: Stack) -> None:
    raw = chain(node("nap", "delay", duration="1h"))
    raw["settings"] = {"concurrency": 1}
    async with api_of(stack) as api:
        workflow_id = await api.workflow(raw)
        answer = await api.post(f"/workflows/{workflow_id}/runs", {"input": {}})
        assert (answer.status_code, answer.json()["status"]) == (201, "Queued")
        first, second = str(answer.json()["id"]), await api.start(workflow_id)
        await api.run_when(first, "Running")
        assert (await api.get(f"/runs/{second}"))["status"] == "Queued"
        queued = await api.get("/runs", status="Queued", workflow_id=workflow_id)
        assert [item["id"] for item in queued["items"]] == [second]

        third = await api.start(workflow_id)
        cancelled = await api.post(f"/runs/{second}/cancel", {"reason": "Not needed."})
        assert cancelled.json()["status"] == "Cancelled"
        await api.post(f"/runs/{first}/cancel", {})
        await api.run_when(third, "Running")
        await api.post(f"/runs/{third}/cancel", {})
