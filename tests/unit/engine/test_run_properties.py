"""Whatever comes, in any order and as often as it likes: what must hold of every run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

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
    TimerSet,
)
from services.chassis.errors import Refused
from services.engine.domain.graph import Motion, motion
from services.engine.domain.run_codec import decode_event, decode_state, encode_event, encode_state
from services.engine.domain.run_commands import Admit, Command, FireTimer
from services.engine.domain.run_evolve import evolve
from services.engine.domain.run_state import (
    RUN_CLOCK,
    Ended,
    Live,
    NotStarted,
    Queued,
    Retrying,
    RunState,
    Scheduled,
    Sleeping,
    open_waits,
    status_of,
)
from services.engine.domain.trace import fold_run
from tests.support.runs import (
    Run,
    answered,
    approve,
    broken,
    cancel,
    definition_of,
    edge,
    envelopes,
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
    "delay": ["out", "error"],
    "stop": [],
}
_CONFIGS: dict[str, JsonObject] = {
    "approval": {"prompt": "Go on with {{ trigger.output.n }}?"},
    "manual_input": {"prompt": "?", "fields": [{"name": "a", "type": "text"}]},
    "condition": {"expression": "trigger.output.n > 1"},
    "switch": {"expression": "trigger.output.n", "cases": [1, 2]},
    "transform": {"n": "{{ trigger.output.n }}", "gone": "{{ trigger.output.x | default: 0 }}"},
    "http_request": {"url": "https://example.com", "retries": 2},
    "delay": {"duration": "40s"},
    "stop": {"output": 1},
}
_TYPES = st.sampled_from(
    # Stops are rare, else most runs end before anything happens.
    [kind for kind in _PORTS if kind != "stop"] * 4 + ["stop"]
)


LIMIT = timedelta(seconds=90)
_SETTINGS = st.sampled_from([None, {"time_limit": "90s"}, {"time_limit": "90s", "concurrency": 1}])


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
        one = node(key, kind, **_CONFIGS[kind])
        if kind == "http_request" and draw(st.booleans()):
            one["time_limit"] = "30s"
        nodes.append(one)
    return {**workflow(nodes, edges), "settings": draw(_SETTINGS)}


@dataclass(slots=True)
class Rehearsal:
    """A run under chance: commands that could matter now, that mattered once, that never will."""

    run: Run
    said: list[Command] = field(default_factory=list)
    moving: timedelta = timedelta(0)
    """How long something but people could move the run."""
    raw: JsonObject = field(default_factory=dict)
    """The definition."""

    def candidates(self) -> Sequence[Command]:
        """Every command that anyone could send, living or stale."""
        found: list[Command] = [start({"n": 1}), start({"n": 1}, digest="other"), cancel()]
        found += [Admit(), FireTimer("run_limit", "", 1)]
        for timer in self.run.all(TimerSet):
            if timer.node is not None:
                found.append(FireTimer(timer.kind, timer.node, timer.visit))
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

    def pass_time(self, seconds: float) -> None:
        passed = timedelta(seconds=seconds)
        self.run.now += passed
        if isinstance(self.run.state, Live) and status_of(self.run.state) == "Running":
            self.moving += passed

    def say(self, command: Command) -> list[RunFact] | Refused:
        self.said.append(command)
        return self.run.tries(command)


def _submit(task: RunPaused) -> Command:
    return submit(task, {"a": "b"})


@st.composite
def rehearsals(draw: st.DrawFn) -> Rehearsal:
    raw = draw(workflows())
    rehearsal = Rehearsal(Run(graph_of(raw)), raw=raw)
    rehearsal.say(start({"n": draw(st.integers(0, 3))}))
    for _ in range(draw(st.integers(0, 12))):
        rehearsal.pass_time(draw(st.sampled_from([0, 1, 20, 45])))
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
    machines = (Scheduled, Retrying, Sleeping)
    others = [one for one in state.nodes.values() if isinstance(one, machines)]
    asks = list(open_waits(state))

    assert asks or others, "a live run waits for somebody"
    assert (status_of(state) == "Waiting") == (bool(asks) and not others)
    for one in rehearsal.run.graph.ordered:
        if one.key not in state.nodes:
            assert motion(one, state.nodes) is Motion.WAITS


@given(rehearsals())
def test_the_trace_after_any_event_tells_the_status_that_the_run_had(rehearsal: Rehearsal) -> None:
    run, definition = rehearsal.run, definition_of(rehearsal.raw)
    told = envelopes(run.events)
    for end in range(1, len(told) + 1):
        seen = fold_run(told[:end], definition)
        state = replayed(run.events[:end])
        assert seen.status == status_of(state), end
        assert (seen.ended_at is not None) == isinstance(state, Ended)
    if told:
        now = fold_run(told, definition)
        assert now.status == status_of(run.state)
        assert now == fold_run(iter(told), definition)


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


@given(rehearsals())
def test_the_clock_of_a_run_counts_the_time_in_which_not_only_people_can_move_it(
    rehearsal: Rehearsal,
) -> None:
    run = rehearsal.run
    if not isinstance(run.state, Live) or run.graph.settings.time_limit is None:
        return
    clock = run.state.clocks[RUN_CLOCK]
    left = LIMIT - rehearsal.moving

    if clock.due_at is None:
        assert status_of(run.state) == "Waiting"
        assert clock.remaining_seconds == left.total_seconds() > 0
    elif status_of(run.state) == "Running":
        assert clock.due_at - run.now == left
    ends = run.does(FireTimer("run_limit", "", 1))
    assert bool(ends) == (clock.due_at is not None and clock.due_at <= run.now)


@given(rehearsals())
def test_clocks_are_those_of_nodes_under_way(rehearsal: Rehearsal) -> None:
    state = rehearsal.run.state
    if isinstance(state, Live):
        limited = {key for key, one in rehearsal.run.graph.nodes.items() if one.time_limit}
        under_way = {
            key for key, one in state.nodes.items() if isinstance(one, Scheduled | Retrying)
        }
        assert state.clocks.keys() - {RUN_CLOCK} == limited & under_way


@given(rehearsals(), st.booleans())
def test_a_run_ends_once_everybody_has_answered(rehearsal: Rehearsal, failing: bool) -> None:  # noqa: FBT001
    run = rehearsal.run
    for _ in range(100):
        state = run.state
        if isinstance(state, Queued):
            run.does(Admit())
            continue
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
        case Sleeping(visit=visit):
            return FireTimer("delay", key, visit)
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
