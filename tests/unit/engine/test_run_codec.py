import pytest

from contracts.run import RUN_FACTS_BY_TYPE
from services.chassis.errors import Broken
from services.engine.domain.run_aggregate import RunAggregate
from services.engine.domain.run_codec import decode_event, decode_state, encode_event, encode_state
from services.engine.domain.run_evolve import _OF_LIVE
from services.engine.domain.run_state import Ended, Live, NotStarted
from tests.support.runs import approve, node, started, workflow

RAW = workflow([node("ask", "approval", prompt="?"), node("end", "transform", a=1)])


def test_every_event_of_a_run_has_its_effect() -> None:
    assert set(_OF_LIVE) == set(RUN_FACTS_BY_TYPE.values())


def test_a_live_run_keeps_its_outputs_and_a_finished_one_only_its_facts() -> None:
    run = started(RAW, {"secret": "word"})
    before = run.state
    run.does(approve(run.task("ask")))

    assert [type(before), type(run.state)] == [Live, Ended]
    assert '"secret":"word"' in encode_state(before)
    assert "word" not in encode_state(run.state)
    assert decode_state(encode_state(run.state)) == run.state
    assert decode_state(encode_state(NotStarted())) == NotStarted()


@pytest.mark.parametrize("stored", ["", "[]", "{}", '{"is": "Lost"}', '{"is": "Live"}', "null"])
def test_what_is_no_snapshot_is_broken(stored: str) -> None:
    with pytest.raises(Broken):
        decode_state(stored)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("flusso.run.evaporated", "{}"),
        ("flusso.run.completed", "{"),
        ("flusso.run.node_skipped", "{}"),
        ("flusso.run.node_skipped", "[]"),
    ],
)
def test_what_is_no_event_is_broken(name: str, data: str) -> None:
    with pytest.raises(Broken):
        decode_event(name, data)


def test_unknown_fields_of_an_event_are_ignored() -> None:
    event = started(RAW).events[0]
    encoded = encode_event(event)

    assert decode_event(encoded.type, encoded.data[:-1] + ',"later": 1}') == event


def test_the_aggregate_ends_with_its_run() -> None:
    aggregate = RunAggregate()
    run = started(RAW)

    assert not aggregate.has_ended(run.state)
    run.does(approve(run.task("ask")))
    assert aggregate.has_ended(run.state)
