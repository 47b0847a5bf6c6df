"""How far one run reaches in a whole engine: a thousand steps in a moment, two hundred branches that join."""

import time

from contracts.base import JsonObject
from tests.support.engine_service import engine_service, rows
from tests.support.runs import edge, node, workflow

BRANCHES = 200
STEPS = 1_000
SECONDS_MAX = 3.0
"""The promise is one second; other tests take the processor away meanwhile."""


def chain(length: int) -> JsonObject:
    rest = [node(f"n{n}", "transform", v=f"{{{{ n{n - 1}.output.v }}}}") for n in range(1, length)]
    return workflow([node("n0", "transform", v="{{ trigger.output.v }}"), *rest])


async def test_a_run_of_a_thousand_pure_steps_is_answered_when_it_has_ended(
    database_url: str, nats_url: str
) -> None:
    async with engine_service(database_url, nats_url) as engine:
        workflow_id = await engine.workflow(chain(STEPS))
        took, views = [], []
        for _ in range(3):
            began = time.perf_counter()
            started = await engine.start(workflow_id, {"v": "here"})
            took.append(time.perf_counter() - began)
            assert started.status == "Completed"
            views.append(await engine.run(started.id))
    print(f"{STEPS} steps: first {took[0]:.3f} s, then {min(took[1:]):.3f} s")  # noqa: T201
    assert [view.output for view in views] == [{"v": "here"}] * 3
    assert {len(view.trace) for view in views} == {STEPS + 1}
    assert min(took[1:]) < SECONDS_MAX


async def test_two_hundred_branches_that_sleep_join_once(database_url: str, nats_url: str) -> None:
    keys = [f"b{n}" for n in range(BRANCHES)]
    raw = workflow(
        [
            *(node(key, "delay", duration=f"{1 + n % 2}s") for n, key in enumerate(keys)),
            node("join", "transform", first="{{ b0.output }}", last=f"{{{{ {keys[-1]}.output }}}}"),
        ],
        [*(edge("trigger", key) for key in keys), *(edge(key, "join") for key in keys)],
    )
    async with engine_service(database_url, nats_url) as engine:
        started = await engine.start(await engine.workflow(raw))
        view = await engine.ended(started.id, "Completed")
        joined = await rows(
            engine.runtime.pool,
            "SELECT count(*) FROM log WHERE stream_id = $1 AND type = 'flusso.run.node_completed'",
            started.id,
        )
    assert set(view.output) == {"first", "last"}
    assert joined == [(BRANCHES + 1,)]
    assert {step.status for step in view.trace} == {"Completed"}
