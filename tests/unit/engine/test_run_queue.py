"""Runs of a workflow that limits how many run at once: queued first, admitted once, cancelled while they wait."""

from contracts.base import JsonObject
from contracts.run import RunCancelled, RunQueued, RunStarted
from services.chassis.errors import Refused
from services.engine.domain.run_codec import decode_state, encode_state
from services.engine.domain.run_commands import Admit
from services.engine.domain.run_state import Live, Queued, status_of
from tests.support.run_workflows import kinds
from tests.support.runs import NOW, Run, answered, cancel, fired, node, start, started, workflow


def narrow(*nodes: JsonObject) -> JsonObject:
    nodes = nodes or (node("said", "transform", text="{{ trigger.output.text }}"),)
    return {**workflow(nodes), "settings": {"concurrency": 2}}


def test_a_start_is_queued_with_all_that_it_began_with() -> None:
    run = started(narrow(), {"text": "hello"})

    queued = run.one(RunQueued)
    assert kinds(run.events) == ["RunQueued"]
    assert (queued.trigger_output, queued.queued_at) == ({"text": "hello"}, NOW)
    assert status_of(run.state) == "Queued"


def test_an_admitted_run_starts_as_if_it_had_not_waited() -> None:
    run = started(narrow(), {"text": "hello"})

    run.does(Admit())

    begun = run.one(RunStarted)
    assert begun.actor == run.one(RunQueued).actor
    assert kinds(run.events) == ["RunQueued", "RunStarted", "NodeCompleted", "RunCompleted"]


def test_a_run_keeps_the_instant_at_which_it_was_accepted() -> None:
    run = started(narrow(node("ask", "approval", prompt="?")))
    run.now = NOW.replace(hour=23)

    run.does(Admit())

    assert isinstance(run.state, Live)
    assert run.state.facts.started_at == NOW
    assert run.one(RunStarted).started_at == run.now


def test_a_run_is_admitted_once() -> None:
    run = started(narrow(node("ask", "approval", prompt="?")))
    run.does(Admit())

    assert run.does(Admit()) == []


def test_a_start_that_comes_again_finds_its_run_in_the_queue() -> None:
    run = started(narrow())

    assert run.does(start()) == []
    refused = run.tries(start(digest="other"))
    assert isinstance(refused, Refused)
    assert refused.code == "idempotency-key-reused"


def test_a_queued_run_can_be_cancelled_and_is_not_admitted_then() -> None:
    run = started(narrow())

    run.does(cancel("Never mind."))

    assert run.one(RunCancelled).reason == "Never mind."
    assert run.does(Admit()) == []


def test_a_queued_run_survives_its_snapshot() -> None:
    run = started(narrow(), {"text": "hello"})

    assert isinstance(run.state, Queued)
    assert decode_state(encode_state(run.state)) == run.state
    restored = Run(run.graph, decode_state(encode_state(run.state)))
    assert kinds(restored.does(Admit()))[-1] == "RunCompleted"


def test_what_is_for_runs_under_way_passes_a_queued_one_by() -> None:
    run = started(narrow(node("call", "http_request", url="https://example.com/")))

    assert run.does(answered("call")) == []
    assert run.does(fired("call")) == []
