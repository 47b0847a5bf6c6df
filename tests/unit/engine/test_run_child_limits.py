"""Limits of nodes and runs that call other runs: the clock stands still while all that is left asks people."""

from datetime import timedelta

from contracts.base import JsonObject
from contracts.run import NodeFailed, RunFailed, TimerSet, TimerStopped
from services.engine.domain.run_commands import FireTimer
from services.engine.domain.run_state import status_of
from tests.support.called_runs import calling, ends, for_each, report, run_workflow, told
from tests.support.run_workflows import kinds
from tests.support.runs import NOW, Run, graph_of, node, start, workflow

UP = FireTimer("node_limit", "one", 1)


def limited(one: JsonObject, time_limit: str = "10m") -> JsonObject:
    return {**one, "time_limit": time_limit}


def test_the_clock_of_a_call_stands_still_while_the_child_asks() -> None:
    run = calling(limited(run_workflow()))
    assert run.one(TimerSet).due_at == NOW + timedelta(minutes=10)

    run.now += timedelta(minutes=4)
    told(run, report(run, 0, "Waiting", sequence=2))
    assert run.one(TimerStopped).remaining_seconds == 6 * 60
    assert status_of(run.state) == "Waiting"

    run.now += timedelta(days=9)
    assert run.does(UP) == []
    told(run, report(run, 0, "Running", sequence=3))
    assert run.all(TimerSet)[-1].due_at == run.now + timedelta(minutes=6)


def test_a_call_that_takes_too_long_fails_its_step() -> None:
    run = calling(limited(run_workflow()))
    run.now += timedelta(minutes=10)

    run.does(UP)

    assert run.one(NodeFailed).error.code == "time-limit"
    assert run.one(RunFailed).reason == "node-failed"
    assert run.does(UP) == []


def test_the_clock_of_many_calls_runs_while_one_of_them_works() -> None:
    run = calling(limited(for_each()), given={"items": [1, 2]})
    told(run, report(run, 0, "Waiting", sequence=2))
    assert run.all(TimerStopped) == []

    told(run, report(run, 1, "Waiting", sequence=2))
    assert len(run.all(TimerStopped)) == 1

    told(run, report(run, 1, "Completed", sequence=3))
    assert len(run.all(TimerSet)) == 1, "the other one still asks"


def test_calls_that_end_in_time_leave_no_clock() -> None:
    run = calling(limited(for_each()), node("ask", "approval", prompt="?"), given={"items": [1, 2]})

    ends(run, 0, 1)

    assert status_of(run.state) == "Waiting"
    assert run.does(FireTimer("node_limit", "all", 1)) == []


def test_a_call_of_nothing_needs_no_time() -> None:
    run = calling(limited(for_each()), given={"items": []})

    assert status_of(run.state) == "Completed"
    assert kinds(run.events)[-1] == "RunCompleted"


def test_the_clock_of_a_run_stands_still_while_its_child_asks() -> None:
    raw = {**workflow([run_workflow()]), "settings": {"time_limit": "1h"}}
    run = Run(graph_of(raw), callees=calling(run_workflow()).callees)
    run.does(start())

    told(run, report(run, 0, "Waiting", sequence=2))

    assert run.one(TimerStopped).kind == "run_limit"
