"""Whatever is asked of the API as its own document describes it, and against it: an answer, never a fault of ours."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import JsonObject
from deploy.local.stack import Stack
from tests.support.api import APPROVAL, api_of
from tests.support.fuzzing import Asked, RequestMaker, fuzzing

EXAMPLES = 120
NOT_TRIED = {"/api/v1/events"}
"""An answer without an end."""
AWAY = {429, 503}
"""Refused early, with a time to come again: a machine with much to do may say so, and a fuzzer is much to do."""


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    bearer = {"authorization": f"Bearer {stack.admin_token}"}
    with httpx.Client(base_url=stack.url, headers=bearer, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def maker(stack: Stack, http: httpx.Client) -> RequestMaker:
    """Requests that now and then lead to a workflow, a run and a task that are there."""

    async def something() -> tuple[str, str, str]:
        async with api_of(stack) as api:
            workflow = await api.workflow(APPROVAL)
            run = await api.start(workflow)
            (task,) = await api.tasks_of(run)
            return workflow, run, task["id"]

    workflow, run, task = asyncio.run(something())
    document: JsonObject = http.get("/api/openapi.json").json()
    known = {"workflow_id": [workflow], "run_id": [run], "task_id": [task], "version": ["1"]}
    made = RequestMaker(document, known)
    made.operations = [each for each in made.operations if each.path not in NOT_TRIED]
    return made


def send(http: httpx.Client, asked: Asked) -> httpx.Response:
    body = None if asked.body is ... else json.dumps(asked.body).encode()
    headers = {**asked.headers, "content-type": "application/json"}
    return http.request(asked.method, asked.url, content=body, headers=headers)


def check(asked: Asked, answer: httpx.Response) -> None:
    kind = answer.headers.get("content-type", "")
    if answer.status_code in AWAY:
        assert int(answer.headers["retry-after"]) > 0, asked
    else:
        assert answer.status_code < 500, (asked, answer.text)
    if answer.status_code >= 400:
        assert kind == "application/problem+json", (asked, answer.text)
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["code"]
        assert problem["detail"]
    elif answer.content and answer.status_code != 304:
        assert "html" not in kind, asked
    assert answer.headers["x-content-type-options"] == "nosniff"


@fuzzing(EXAMPLES)
@given(data=st.data())
def test_every_answer_is_one_that_the_document_promises(
    http: httpx.Client, maker: RequestMaker, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(maker.operations))
    asked = data.draw(maker.request(operation))
    check(asked, send(http, asked))


def test_afterwards_everything_is_well(stack: Stack, http: httpx.Client) -> None:
    assert stack.unready() == {}
    assert http.get("/api/v1/tasks/count").status_code == 200
