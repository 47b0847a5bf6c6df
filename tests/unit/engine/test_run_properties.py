"""Whatever comes, in any order and as often as it likes: what must hold of every run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from contracts.run import (
    NodeScheduled,
    RunCancelled,
    RunCompleted,
    RunFact,
    RunFailed,
    RunPaused,
    RunResumed,
)
from services.chassis.errors import Refused
from services.engine.domain.graph import Motion, motion
from services.engine.domain.run_codec import decode_event, decode_state, encode_event, encode_state
from services.engine.domain.run_commands import Command
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import (
    Ended,
    Live,
    NotStarted,
    Retrying,
    RunState,
    Scheduled,
    open_waits,
    status_of,
)
from tests.support.runs import (
    Run,
    answered,
    approve,
    broken,
    cancel,
    edge,
    fired,
    graph_of,
    node,
    reject,
    start,
    submit,
    workflow,
)

_PORTS = {
    "approval": ["out"],
    "manual_input": ["out"],
    "condition": ["true", "false"],
    "switch": ["1", "2", "default"],
    "transform": ["out"],
    "http_request": ["out", "error"],
    "stop": [],
}
_CONFIGS: dict[str, JsonObject] = {
    "approval": {"prompt": "Go on with {{ trigger.output.n }}?"},
    "manual_input": {"prompt": "?", "fields": [{"name": "a", "type": "text"}]},
    "condition": {"expression": "trigger.output.n > 1"},
    "switch": {"expression": "trigger.output.n", "cases": [1, 2]},
    "transform": {"n": "{{ trigger.output.n }}", "gone": "{{ trigger.output.x | default: 0 }}"},
    "http_request": {"url": "https://example.com", "retries": 2},
    "stop": {"output": 1},
}
_TYPES = st.sampled_from(
    # Stops are rare, else most runs end before anything happens.
    [kind for kind in _PORTS if kind != "stop"] * 4 + ["stop"]
)


@st.composite
def workflows(draw: st.DrawFn) -> JsonObject:
    """Any acyclic graph in which every node can be reached."""
    nodes: list[JsonObject] = []
    edges: list[JsonObject] = []
    for index in range(draw(st.integers(1, 8))):
        key, kind = f"n{index}", draw(_TYPES)
        sources = ["trigger", *(one["key"] for one in nodes if _PORTS[one["type"]])]
        for source in draw(st.sets(st.sampled_from(sources), min_size=1, max_size=3)):
            kind_of_source = next((one["type"] for one in nodes if one["key"] == source), None)
            ports = _PORTS[kind_of_source] if kind_of_source else ["out"]
            edges += [
                edge(source, key, port)
                for port in draw(st.sets(st.sampled_from(ports), min_size=1, max_size=2))
            ]
        nodes.append(node(key, kind, **_CONFIGS[kind]))
    return workflow(nodes, edges)


@dataclass(slots=True)
class Rehearsal:
    """A run under chance: commands that could matter now, that mattered once, that never will."""

    run: Run
    said: list[Command] = field(default_factory=list)

    def candidates(self) -> Sequence[Command]:
        """Every command that anyone could send, living or stale."""
        found: list[Command] = [start({"n": 1}), start({"n": 1}, digest="other"), cancel()]
        for task in self.run.all(RunPaused):
            answer = approve if task.kind == "approval" else _submit
            found += [answer(task), answer(task), reject(task)]
        for job in self.run.all(NodeScheduled):
            found += [
                answered(job.node, {"ok": True}, job.attempt),
                broken(job.node, job.attempt, retryable=True),
                broken(job.node, job.attempt),
                fired(job.node, job.attempt),
            ]
        return found + self.said

    def say(self, command: Command) -> list[RunFact] | Refused:
        self.said.append(command)
        return self.run.tries(command)


def _submit(task: RunPaused) -> Command:
    return submit(task, {"a": "b"})


@st.composite
def rehearsals(draw: st.DrawFn) -> Rehearsal:
    rehearsal = Rehearsal(Run(graph_of(draw(workflows()))))
    rehearsal.say(start({"n": draw(st.integers(0, 3))}))
    for _ in range(draw(st.integers(0, 12))):
        rehearsal.say(draw(st.sampled_from(rehearsal.candidates())))
    return rehearsal


def replayed(events: Sequence[RunFact]) -> RunState:
    state: RunState = NotStarted()
    for event in events:
        state = evolve(state, event)
    return state


@given(rehearsals(), st.data())
def test_a_command_that_took_effect_never_takes_effect_again(
    rehearsal: Rehearsal, data: st.DataObject
) -> None:
    command = data.draw(st.sampled_from(rehearsal.candidates()))
    rehearsal.say(command)

    again = rehearsal.run.tries(command)

    assert isinstance(again, Refused) or again == []


@given(rehearsals())
def test_any_history_replays_to_the_state_it_came_from(rehearsal: Rehearsal) -> None:
    assert replayed(rehearsal.run.events) == rehearsal.run.state


@given(rehearsals())
def test_events_and_states_come_back_from_their_json(rehearsal: Rehearsal) -> None:
    for event in rehearsal.run.events:
        encoded = encode_event(event)
        assert decode_event(encoded.type, encoded.data) == event
    state = rehearsal.run.state
    assert decode_state(encode_state(state)) == state


@given(rehearsals())
def test_a_run_waits_exactly_when_only_people_can_move_it(rehearsal: Rehearsal) -> None:
    state = rehearsal.run.state
    if not isinstance(state, Live):
        return
    others = [one for one in state.nodes.values() if isinstance(one, Scheduled | Retrying)]
    asks = list(open_waits(state))

    assert asks or others, "a live run waits for somebody"
    assert (status_of(state) == "Waiting") == (bool(asks) and not others)
    for one in rehearsal.run.graph.ordered:
        if one.key not in state.nodes:
            assert motion(one, state.nodes) is Motion.WAITS


@given(rehearsals())
def test_nothing_follows_the_end(rehearsal: Rehearsal) -> None:
    ends = [
        index
        for index, event in enumerate(rehearsal.run.events)
        if isinstance(event, RunCompleted | RunFailed | RunCancelled)
    ]

    assert ends in ([], [len(rehearsal.run.events) - 1])
    assert bool(ends) == isinstance(rehearsal.run.state, Ended)


@given(rehearsals())
def test_each_task_opens_once_and_is_answered_at_most_once(rehearsal: Rehearsal) -> None:
    opened = [task.task_id for task in rehearsal.run.all(RunPaused)]
    answers = [one.task_id for one in rehearsal.run.all(RunResumed)]
    answers += [one.task_id for one in rehearsal.run.all(RunFailed) if one.task_id]

    assert len(set(opened)) == len(opened)
    assert len(set(answers)) == len(answers)
    assert set(answers) <= set(opened)


@given(rehearsals())
def test_the_end_accounts_for_every_open_task(rehearsal: Rehearsal) -> None:
    if not isinstance(rehearsal.run.state, Ended):
        return
    end = rehearsal.run.events[-1]
    assert isinstance(end, RunCompleted | RunFailed | RunCancelled)
    answered_tasks = {one.task_id for one in rehearsal.run.all(RunResumed)}
    if isinstance(end, RunFailed) and end.task_id is not None:
        answered_tasks.add(end.task_id)

    opened = {task.task_id for task in rehearsal.run.all(RunPaused)}
    assert set(end.open_tasks) == opened - answered_tasks


@given(rehearsals(), st.booleans())
def test_a_run_ends_once_everybody_has_answered(rehearsal: Rehearsal, failing: bool) -> None:  # noqa: FBT001
    run = rehearsal.run
    for _ in range(100):
        state = run.state
        if not isinstance(state, Live):
            break
        key, one = next(
            (key, one) for key, one in state.nodes.items() if _reply(run, key, failing) is not None
        )
        reply = _reply(run, key, failing)
        assert reply is not None
        assert run.does(reply) != [], one
    assert isinstance(run.state, Ended)


def _reply(run: Run, key: str, failing: bool) -> Command | None:  # noqa: FBT001
    assert isinstance(run.state, Live)
    match run.state.nodes[key]:
        case Scheduled(attempt=attempt):
            return broken(key, attempt, retryable=True) if failing else answered(key, {}, attempt)
        case Retrying(attempt=attempt):
            return fired(key, attempt)
        case one if dict(open_waits(run.state)).get(key) == one:
            task = run.task(key)
            return approve(task) if task.kind == "approval" else submit(task, {"a": "b"})
        case _:
            return None


_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=5))
def test_any_input_passes_through_unchanged(given_input: JsonObject) -> None:
    run = Run(graph_of(workflow([node("keep", "transform", all="{{ trigger.output }}")])))

    run.does(start(given_input))

    end = run.events[-1]
    if "\x00" not in str(given_input) and "\\x00" not in repr(given_input):
        assert isinstance(end, RunCompleted)
        assert end.output == {"all": given_input}
