"""What really travels and is answered, held to what contracts/schemas publishes."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest
from jsonschema import Draft202012Validator
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from contracts import publish, subjects
from contracts.base import Json, JsonObject
from contracts.catalogue import ANNOUNCEMENTS, FACTS, Announcement
from contracts.envelope import BATCH_CONTENT_TYPE
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, Api, api_of, chain, node

FORM = chain(node("form", "manual_input", fields=[{"name": "x", "type": "number"}]))
CALL = chain(node("call", "http_request", url="http://127.0.0.1:9/", retries=0))
CHOICE: JsonObject = {
    "trigger": {"type": "manual_trigger"},
    "nodes": [
        node("large", "condition", expression="trigger.output.amount > 10"),
        node("stopped", "stop", status="Failed", message="Too much."),
        node("fine", "transform", x="{{ trigger.output.amount }}"),
    ],
    "edges": [
        {"from": "trigger", "to": "large"},
        {"from": "large", "port": "true", "to": "stopped"},
        {"from": "large", "port": "false", "to": "fine"},
    ],
}


async def live_through(api: Api) -> list[str]:
    """Have runs of every kind; return them."""
    runs = []
    for action in ("approve", "reject"):
        runs.append(run := await api.start(await api.workflow(APPROVAL)))
        (task,) = await api.tasks_of(run)
        await api.decide(task["id"], action, comment="Perché no? 👍")
        await api.run_when(run, "Completed", "Failed")
    runs.append(run := await api.start(await api.workflow(FORM)))
    (task,) = await api.tasks_of(run)
    await api.decide(task["id"], "submit", values={"x": 1.5})
    await api.run_when(run, "Completed")
    runs.append(run := await api.start(await api.workflow(APPROVAL)))
    await api.tasks_of(run)
    await api.post(f"/runs/{run}/cancel", {"reason": "Enough."})
    await api.tasks_of(run, 0)
    runs.append(run := await api.start(await limited(api)))
    await api.run_when(run, "Waiting")
    (child,) = (await api.get("/runs", parent_run_id=run))["items"]
    (task,) = await api.tasks_of(child["id"])
    await api.decide(task["id"])
    await api.run_when(run, "Completed")
    for definition, amount in ((CALL, 0), (CHOICE, 5), (CHOICE, 50)):
        runs.append(run := await api.start(await api.workflow(definition), {"amount": amount}))
        await api.run_when(run, "Completed", "Failed")
    return runs


async def limited(api: Api) -> str:
    """A workflow whose runs queue, have their time limited, and call a run that asks."""
    asks = await api.workflow(APPROVAL)
    calls = chain(node("call", "run_workflow", workflow=asks))
    return await api.workflow({**calls, "settings": {"concurrency": 1, "time_limit": "1h"}})


@asynccontextmanager
async def jetstream_of(stack: Stack) -> AsyncIterator[JetStreamContext]:
    client = await nats.connect(stack.nats_url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def read(jetstream: JetStreamContext, told: Announcement) -> list[Msg]:
    """Return every message of a subject."""
    info = await jetstream.stream_info(told.stream, subjects_filter=told.subject)
    count = (info.state.subjects or {}).get(told.subject, 0)
    subscription = await jetstream.subscribe(told.subject, ordered_consumer=True)
    return [await subscription.next_msg(timeout=5.0) for _ in range(count)]


def fields_beyond(value: Json, schema: JsonObject, root: JsonObject) -> set[str]:
    """Return the members of an object, at any depth, that its schema does not know."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        options = [fields_beyond(value, option, root) for option in schema["anyOf"]]
        return min(options, key=len)
    match value:
        case dict() if "properties" in schema:
            properties = schema["properties"]
            beyond = set(value) - set(properties)
            inner = [
                fields_beyond(each, properties[name], root)
                for name, each in value.items()
                if name in properties
            ]
            return beyond.union(*inner)
        case list() if "items" in schema:
            return set().union(*(fields_beyond(each, schema["items"], root) for each in value))
        case _:
            return set()


def assert_published(value: Json, path: str) -> None:
    """The value is valid by a published schema, and says nothing that it leaves out."""
    schema = json.loads((publish.FOLDER / path).read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(value)
    assert fields_beyond(value, schema, schema) == set()


@pytest.mark.timeout(180)
async def test_every_fact_on_the_wire_is_as_published(stack: Stack) -> None:
    async with api_of(stack) as api:
        runs = set(await live_through(api))
    seen: set[str] = set()
    versions: dict[str, list[int]] = defaultdict(list)

    async with jetstream_of(stack) as jetstream:
        for told in ANNOUNCEMENTS:
            for message in await read(jetstream, told):
                if not any(run.encode() in message.data for run in runs):
                    continue  # another test's, which may have been a forger's
                assert (message.headers or {})["content-type"] == BATCH_CONTENT_TYPE
                batch = json.loads(message.data)
                assert len(batch) == 1 or not told.alone
                for event in batch:
                    if (event["data"].get("run_id") or event["subject"]) not in runs:
                        continue
                    assert event["type"] in told.facts
                    assert_published(event, "CloudEvent.json")
                    assert_published(event["data"], f"facts/{event['dataschema']}.json")
                    seen.add(event["type"])
                    versions[event["subject"]].append(event["sequence"])

    # These would take a request that can be retried, and a cancel between a decision and its resume.
    never_here = {"flusso.run.retry_set", "flusso.task.overtaken"}
    assert seen == FACTS.keys() - never_here
    for sequences in versions.values():
        assert set(sequences) == set(range(1, max(sequences) + 1))


async def test_answers_are_as_published(stack: Stack) -> None:
    async with api_of(stack) as api:
        workflow = await api.workflow(APPROVAL)
        run = await api.start(workflow)
        (task,) = await api.tasks_of(run)

        assert_published(await api.get(f"/tasks/{task['id']}"), "answers/TaskView.json")
        assert_published(await api.get("/tasks"), "answers/TaskPage.json")
        assert_published(await api.get("/tasks/count"), "answers/TaskCount.json")
        assert_published(await api.get(f"/runs/{run}"), "answers/RunView.json")
        assert_published(await api.get("/runs"), "answers/RunPage.json")
        assert_published(await api.get(f"/runs/{run}/events"), "answers/RunEventPage.json")
        assert_published(await api.get("/workflows"), "answers/WorkflowPage.json")
        assert_published(await api.get(f"/workflows/{workflow}"), "answers/WorkflowView.json")
        versions = await api.get(f"/workflows/{workflow}/versions")
        assert_published(versions, "answers/VersionPage.json")
        decided = await api.decide(task["id"])
        assert_published(decided.json(), "answers/TaskView.json")
        assert_published(await api.run_when(run, "Completed"), "answers/RunView.json")
        validated = await api.post("/workflows/validate", {"definition": {}})
        assert_published(validated.json(), "answers/Validation.json")


async def test_streams_and_consumers_have_the_names_that_never_change(stack: Stack) -> None:
    async with jetstream_of(stack) as jetstream:
        durables = {
            consumer.name
            for stream in (subjects.RUN_EVENTS, subjects.TASK_EVENTS)
            for consumer in await jetstream.consumers_info(stream)
        }

    assert durables >= {
        subjects.TASKS_ON_RUN_EVENTS,
        subjects.ENGINE_ON_TASK_EVENTS,
        subjects.WORKER_ON_NODE_SCHEDULED,
    }
