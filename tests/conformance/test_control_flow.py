"""Each control-flow pattern as a workflow that is run: what docs/control-flow.md says of it is true."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from contracts.base import JsonObject
from services.engine.domain.definition_model import InvalidDefinition
from services.testkit import Lab, LabRun
from tests.conformance.control_flow import PAGE, PATTERNS, page
from tests.support.runs import edge, node, workflow


def say(key: str) -> JsonObject:
    return node(key, "transform", said=key)


def ask(key: str) -> JsonObject:
    return node(key, "approval", prompt=f"{key}?")


def when(key: str, expression: str) -> JsonObject:
    return node(key, "condition", expression=expression)


def stop(key: str) -> JsonObject:
    return node(key, "stop", output={"first": key})


def done(run: LabRun) -> Sequence[str]:
    """The steps that were taken, in order."""
    return [step.node for step in run.trace if step.status == "Completed"][1:]


def test_the_page_is_made_of_the_patterns() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_pattern_has_its_test() -> None:
    assert [one.number for one in PATTERNS] == list(range(1, 21))
    assert {one.test for one in PATTERNS} == {
        name for name in globals() if name.startswith("test_") and name[5:7].isdigit()
    }


def test_01_sequence() -> None:
    lab = Lab()

    run = lab.start(lab.add(workflow([say("a"), say("b")])))

    assert done(run) == ["a", "b"]


SPLIT = workflow(
    [ask("left"), ask("right"), say("joined")],
    [
        edge("trigger", "left"),
        edge("trigger", "right"),
        edge("left", "joined"),
        edge("right", "joined"),
    ],
)


def test_02_parallel_split() -> None:
    lab = Lab()

    run = lab.start(lab.add(SPLIT))

    assert {task.node for task in run.tasks} == {"left", "right"}


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_03_synchronization(order: tuple[str, str]) -> None:
    lab = Lab()
    run = lab.start(lab.add(SPLIT))

    run.task(order[0]).approve()
    assert "joined" not in done(run)
    run.task(order[1]).approve()

    assert done(run)[-1] == "joined"


CHOICE = workflow(
    [when("large", "trigger.output.n > 10"), say("yes"), say("no"), say("after")],
    [
        edge("trigger", "large"),
        edge("large", "yes", "true"),
        edge("large", "no", "false"),
        edge("yes", "after"),
        edge("no", "after"),
    ],
)


@pytest.mark.parametrize(("n", "taken"), [(11, "yes"), (10, "no")])
def test_04_exclusive_choice(n: int, taken: str) -> None:
    lab = Lab()

    run = lab.start(lab.add(CHOICE), {"n": n})

    assert done(run)[1] == taken
    assert len(done(run)) == len(["large", taken, "after"])


@pytest.mark.parametrize("n", [11, 10])
def test_05_simple_merge(n: int) -> None:
    lab = Lab()

    run = lab.start(lab.add(CHOICE), {"n": n})

    assert done(run)[-1] == "after"


MULTI = workflow(
    [
        when("cheap", "trigger.output.price < 10"),
        when("heavy", "trigger.output.kilos > 20"),
        ask("discount"),
        ask("freight"),
        say("ship"),
    ],
    [
        edge("trigger", "cheap"),
        edge("trigger", "heavy"),
        edge("cheap", "discount", "true"),
        edge("heavy", "freight", "true"),
        edge("discount", "ship"),
        edge("freight", "ship"),
    ],
)


@pytest.mark.parametrize(
    ("price", "kilos", "asked"),
    [(5, 30, {"discount", "freight"}), (5, 1, {"discount"}), (50, 30, {"freight"}), (50, 1, set())],
)
def test_06_multi_choice(price: int, kilos: int, asked: set[str]) -> None:
    lab = Lab()

    run = lab.start(lab.add(MULTI), {"price": price, "kilos": kilos})

    assert {task.node for task in run.tasks} == asked


@pytest.mark.parametrize(("price", "kilos"), [(5, 30), (5, 1), (50, 30), (50, 1)])
def test_07_synchronizing_merge(price: int, kilos: int) -> None:
    lab = Lab()
    run = lab.start(lab.add(MULTI), {"price": price, "kilos": kilos})
    some = bool(run.tasks)

    for task in run.tasks:
        assert "ship" not in done(run)
        task.approve()

    assert run.status == "Completed"
    assert ("ship" in done(run)) is some


def test_08_multi_merge() -> None:
    lab = Lab()
    lab.add(workflow([say("each")]), name="Follow-up")
    calls = [node(key, "run_workflow", workflow="Follow-up") for key in ("a", "b")]
    edges = [edge("trigger", "a"), edge("trigger", "b")]

    run = lab.start(lab.add(workflow(calls, edges)))

    assert run.status == "Completed"
    assert [done(child) for child in run.children] == [["each"], ["each"]]


RACE = workflow(
    [ask("ann"), ask("bob"), stop("by_ann"), stop("by_bob")],
    [
        edge("trigger", "ann"),
        edge("trigger", "bob"),
        edge("ann", "by_ann"),
        edge("bob", "by_bob"),
    ],
)


def racing(lab: Lab) -> LabRun:
    lab.add(RACE, name="Race")
    after = node("after", "switch", expression="race.output.first", cases=["by_ann", "by_bob"])
    run = lab.start(lab.add(workflow([node("race", "run_workflow", workflow="Race"), after])))
    assert {task.node for task in lab.tasks} == {"ann", "bob"}
    return run


@pytest.mark.parametrize("first", ["ann", "bob"])
def test_09_discriminator(first: str) -> None:
    lab = Lab()
    run = racing(lab)

    next(task for task in lab.tasks if task.node == first).approve()

    assert done(run) == ["race", "after"]
    assert lab.tasks == []


def test_10_arbitrary_cycles() -> None:
    lab = Lab()
    back = [edge("trigger", "a"), edge("a", "b"), edge("b", "a")]
    with pytest.raises(InvalidDefinition, match="cycle"):
        lab.add(workflow([say("a"), say("b")], back))
    again = node(
        "again",
        "run_workflow",
        workflow="Countdown",
        input={"n": {"cel": "int(trigger.output.n) - 1"}},
    )
    countdown = workflow(
        [when("more", "trigger.output.n > 0"), again],
        [edge("trigger", "more"), edge("more", "again", "true")],
    )

    run = lab.start(lab.add(countdown, name="Countdown"), {"n": 3})

    assert run.status == "Completed"
    assert len(lab.runs) == len([3, 2, 1, 0])


def test_11_implicit_termination() -> None:
    lab = Lab()
    edges = [edge("trigger", "left"), edge("trigger", "right")]
    run = lab.start(lab.add(workflow([ask("left"), ask("right")], edges)))

    run.task("left").approve()
    assert run.tasks
    run.task("right").approve()

    assert run.status == "Completed"


def test_12_multiple_instances_without_synchronization() -> None:
    lab = Lab()
    lab.add(workflow([ask("slow")]), name="Slow")
    calls = [node(key, "run_workflow", workflow="Slow", wait=False) for key in ("first", "second")]

    run = lab.start(lab.add(workflow(calls)))

    assert run.status == "Completed"
    assert len(lab.tasks) == len(calls)


def looping(lab: Lab, items: object, given: JsonObject | None = None) -> LabRun:
    lab.add(workflow([ask("check")]), name="Check")
    loop = node("loop", "for_each", items=items, workflow="Check")
    return lab.start(lab.add(workflow([loop, say("after")])), given)


def test_13_multiple_instances_with_design_time_knowledge() -> None:
    lab = Lab()
    run = looping(lab, ["a", "b", "c"])

    for task in list(lab.tasks):
        assert "after" not in done(run)
        task.approve()

    assert done(run) == ["loop", "after"]
    assert run.step("loop").output["count"] == len("abc")


def test_14_multiple_instances_with_run_time_knowledge() -> None:
    lab = Lab()
    run = looping(lab, "{{ trigger.output.lines }}", {"lines": [1, 2]})

    assert len(lab.tasks) == len([1, 2])
    for task in list(lab.tasks):
        task.approve()

    assert done(run) == ["loop", "after"]


def test_15_multiple_instances_without_run_time_knowledge() -> None:
    lab = Lab()
    more = node("more", "run_workflow", workflow="Item", input={"further": 0})
    item = workflow(
        [ask("check"), when("further", "trigger.output.further > 0"), more],
        [edge("trigger", "check"), edge("check", "further"), edge("further", "more", "true")],
    )
    lab.add(item, name="Item")
    loop = node("loop", "for_each", items=[1, 0], workflow="Item", input={"further": "{{ item }}"})
    run = lab.start(lab.add(workflow([loop, say("after")])))

    checked = 0
    while lab.tasks:
        assert "after" not in done(run)
        lab.tasks[0].approve()
        checked += 1

    assert checked == len(["first", "second", "further one of the first"])
    assert done(run) == ["loop", "after"]


@pytest.mark.parametrize("first", ["ann", "bob"])
def test_16_deferred_choice(first: str) -> None:
    lab = Lab()
    run = racing(lab)

    next(task for task in lab.tasks if task.node == first).approve()

    assert run.step("after").output["matched_case"] == f"by_{first}"
    (race,) = run.children
    assert {step.status for step in race.trace if step.node in ("ann", "bob")} == {
        "Completed",
        "Cancelled",
    }


def test_17_interleaved_parallel_routing() -> None:
    lab = Lab()
    alone = workflow([node("work", "delay", duration="1h")])
    lab.add({**alone, "settings": {"concurrency": 1}}, name="Alone")
    calls = [node(key, "run_workflow", workflow="Alone") for key in ("a", "b", "c")]
    edges = [edge("trigger", key) for key in ("a", "b", "c")]
    run = lab.start(lab.add(workflow(calls, edges)))

    hours = 0
    while run.status != "Completed":
        running = [child for child in run.children if child.status == "Running"]
        assert len(running) == 1
        lab.advance(timedelta(hours=1))
        hours += 1

    assert hours == len(calls)


def test_18_milestone() -> None:
    lab = Lab()
    peeking = workflow(
        [ask("open"), say("close"), when("still_open", "close.output.said != ''")],
        [edge("trigger", "open"), edge("open", "close"), edge("trigger", "still_open")],
    )

    with pytest.raises(InvalidDefinition, match="does not come before this node"):
        lab.add(peeking)


def test_19_cancel_activity() -> None:
    lab = Lab()
    withdrawn = workflow(
        [ask("wait"), node("soon", "delay", duration="2h"), stop("answered"), stop("withdrawn")],
        [
            edge("trigger", "wait"),
            edge("trigger", "soon"),
            edge("wait", "answered"),
            edge("soon", "withdrawn"),
        ],
    )
    lab.add(withdrawn, name="Ask for two hours")
    call = node("call", "run_workflow", workflow="Ask for two hours")
    run = lab.start(lab.add(workflow([call, say("after")])))
    (task,) = lab.tasks

    lab.advance("2h")

    assert task.status == "closed"
    assert run.step("call").output == {"first": "withdrawn"}
    assert done(run) == ["call", "after"]


def test_20_cancel_case() -> None:
    lab = Lab()
    run = looping(lab, ["a", "b"])
    tasks = lab.tasks

    lab.cancel(run)

    assert run.status == "Cancelled"
    assert {child.status for child in run.children} == {"Cancelled"}
    assert {task.status for task in tasks} == {"closed"}
