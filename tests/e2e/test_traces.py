"""A trace follows a run: from the request over both services to the task, and from the decision back."""

from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack
from deploy.local.waiting import wait_until_async
from tests.support.api import APPROVAL, api_of
from tests.support.otlp import Collector, Received, collecting

ARRIVE_SECONDS_MAX = 20.0
START = "00-5741a7e15741a7e15741a7e15741a7e1-1111111111111111-01"
DECISION = "00-dec1510ddec1510ddec1510ddec1510d-2222222222222222-01"
ON_RUN_EVENTS = "tasks-open-and-close-tasks-on-run-events"
ON_TASK_EVENTS = "engine-resume-run-on-task-resolved"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that sends its spans to the collector."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    stack = Stack(tmp_path_factory.mktemp("traced"), durable=False, environment=environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def spans_of(collector: Collector, traceparent: str, *names: str) -> dict[str, Received]:
    """Return the spans of a trace by name, once those of these names have arrived."""
    trace_id = bytes.fromhex(traceparent.split("-")[1])

    def found() -> dict[str, Received]:
        return {each.name: each for each in collector.spans if each.span.trace_id == trace_id}

    assert await wait_until_async(lambda: found().keys() >= set(names), ARRIVE_SECONDS_MAX)
    return found()


async def test_a_trace_follows_a_run_to_its_task_and_a_decision_back_to_the_run(
    traced: Stack, collector: Collector
) -> None:
    async with api_of(traced) as api:
        workflow = await api.workflow(APPROVAL)
        started = await api.post(f"/workflows/{workflow}/runs", {}, traceparent=START)
        run = started.json()["id"]
        (task,) = await api.tasks_of(run)
        await api.post(f"/tasks/{task['id']}/approve", {}, traceparent=DECISION)
        await api.run_when(run, "Completed")
        events = (await api.get(f"/runs/{run}/events"))["items"]

    there = await spans_of(collector, START, "POST /api/v1/workflows/{id}/runs", ON_RUN_EVENTS)
    back = await spans_of(collector, DECISION, "POST /api/v1/tasks/{id}/approve", ON_TASK_EVENTS)

    chain = ["POST /api/v1/workflows/{id}/runs", "StartRun", ON_RUN_EVENTS]
    assert_each_is_below_the_one_before(there, START, chain)
    assert [there[name].service.removeprefix("flusso-") for name in chain] == [
        "gateway",
        "engine",
        "tasks",
    ]
    chain = ["POST /api/v1/tasks/{id}/approve", "DecideTask", ON_TASK_EVENTS]
    assert_each_is_below_the_one_before(back, DECISION, chain)
    assert back[ON_TASK_EVENTS].attributes["run_id"] == run
    traces = [event["traceparent"].split("-")[1] for event in events]
    paused = [event["type"] for event in events].index("flusso.run.paused")
    assert set(traces[: paused + 1]) == {START.split("-")[1]}
    assert set(traces[paused + 1 :]) == {DECISION.split("-")[1]}


def assert_each_is_below_the_one_before(
    spans: dict[str, Received], traceparent: str, names: list[str]
) -> None:
    above = traceparent.split("-")[2]
    for name in names:
        assert spans[name].span.parent_span_id.hex() == above
        above = spans[name].span.span_id.hex()


async def test_a_batch_is_a_span_that_links_to_its_members(
    traced: Stack, collector: Collector
) -> None:
    async with api_of(traced) as api:
        await api.start(await api.workflow(APPROVAL))

    def batches() -> list[Received]:
        return [found for found in collector.spans if found.name == "commit runs"]

    assert await wait_until_async(lambda: bool(batches()), ARRIVE_SECONDS_MAX)
    assert all(batch.span.links for batch in batches())
