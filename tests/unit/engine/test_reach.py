"""How far one run reaches: long chains in a moment, wide joins that are right, traces that fit into an answer."""

import json
import random
from time import process_time

import pytest

from contracts.base import Json, JsonObject
from contracts.envelope import CloudEvent
from contracts.run import TYPES_OF_RUN_FACTS, NodeCompleted, RunCompleted, RunFact, RunPaused
from contracts.run_view import AttemptError, RunView, StepAttempt
from services.engine.app.fitting import WHOLE_BYTES_MAX, fitting_run
from services.engine.domain.run_commands import FireTimer
from services.engine.domain.run_state import status_of
from services.engine.domain.trace import fold_trace
from tests.support.runs import (
    NOW,
    RUN_ID,
    WORKFLOW_ID,
    Run,
    answered,
    approve,
    definition_of,
    edge,
    graph_of,
    node,
    start,
    started,
    workflow,
)

BRANCHES = 200


def chain(length: int) -> JsonObject:
    """Nodes that each pass on what the one before has."""
    rest = [node(f"n{n}", "transform", v=f"{{{{ n{n - 1}.output.v }}}}") for n in range(1, length)]
    return workflow([node("n0", "transform", v="{{ trigger.output.v }}"), *rest])


def fan(node_type: str, **config: Json) -> JsonObject:
    """Branches side by side, joined by one node that reads the first and the last of them."""
    keys = [f"b{n}" for n in range(BRANCHES)]
    ends = {"first": "{{ b0.output }}", "last": f"{{{{ {keys[-1]}.output }}}}"}
    return workflow(
        [*(node(key, node_type, **config) for key in keys), node("join", "transform", **ends)],
        [*(edge("trigger", key) for key in keys), *(edge(key, "join") for key in keys)],
    )


def test_a_thousand_pure_nodes_run_in_less_than_a_second() -> None:
    run = Run(graph_of(chain(1_000)))

    began = process_time()
    run.does(start({"v": "here"}))
    took = process_time() - began

    assert run.one(RunCompleted).output == {"v": "here"}
    assert len(run.all(NodeCompleted)) == 1_000
    assert took < 1


def test_two_hundred_branches_join_once_whatever_comes_last() -> None:
    run = started(fan("http_request", url="https://example.com/"))
    keys = [f"b{n}" for n in range(BRANCHES)]
    random.Random(7).shuffle(keys)

    for key in keys:
        assert status_of(run.state) == "Running"
        run.does(answered(key, {"key": key}))
        run.does(answered(key, {"key": "again"}))

    done = run.one(RunCompleted)
    assert done.output == {"first": {"key": "b0"}, "last": {"key": f"b{BRANCHES - 1}"}}
    assert len([event for event in run.all(NodeCompleted) if event.node == "join"]) == 1


def test_two_hundred_people_join_once() -> None:
    run = started(fan("approval", prompt="?"))
    tasks = run.all(RunPaused)
    random.Random(3).shuffle(tasks)

    for task in tasks:
        assert status_of(run.state) == "Waiting"
        run.does(approve(task))

    assert run.one(RunCompleted).output["last"]["approved"] is True


def test_two_hundred_delays_join_once() -> None:
    run = started(fan("delay", duration="1h"))

    for n in range(BRANCHES):
        run.does(FireTimer(kind="delay", node=f"b{n}", visit=1))

    assert len(run.all(RunCompleted)) == 1


def view_of(raw: JsonObject, events: list[RunFact]) -> RunView:
    told = [
        CloudEvent(
            specversion="1.0",
            id=f"{RUN_ID}-{sequence}",
            source="flusso/engine",
            type=TYPES_OF_RUN_FACTS[type(event)],
            subject=str(RUN_ID),
            time=NOW,
            datacontenttype="application/json",
            dataschema="-/1",
            sequence=sequence,
            logposition=sequence,
            data=json.loads(event.model_dump_json()),
        )
        for sequence, event in enumerate(events, start=1)
    ]
    trace, output = fold_trace(told, definition_of(raw))
    return RunView(
        id=RUN_ID,
        workflow_id=WORKFLOW_ID,
        workflow_name="Long",
        version=1,
        status="Completed",
        trigger="manual",
        started_at=NOW,
        trace=trace,
        output=output,
        definition=raw,
    )


@pytest.mark.parametrize("length", [10, 150, 1_500])
def test_the_longest_run_fits_into_one_answer(length: int) -> None:
    raw = chain(2_000)
    run = started(raw, {"v": "x" * length})

    view = fitting_run(view_of(raw, run.events))

    assert len(view.model_dump_json()) <= WHOLE_BYTES_MAX
    assert len(view.trace) == 2_001


def test_of_too_many_attempts_the_last_ones_are_told() -> None:
    raw = chain(2_000)
    view = view_of(raw, started(raw, {"v": "x"}).events)
    error = AttemptError(code="request-failed", message="No route to this host. " * 10)
    attempts = [StepAttempt(attempt=n, started_at=NOW, error=error) for n in range(1, 101)]
    steps = [step.model_copy(update={"attempts": attempts}) for step in view.trace[:60]]
    view = view.model_copy(update={"trace": steps + view.trace[60:]})

    fitted = fitting_run(view)

    assert len(fitted.model_dump_json()) <= WHOLE_BYTES_MAX
    assert [one.attempt for one in fitted.trace[0].attempts] == [98, 99, 100]
