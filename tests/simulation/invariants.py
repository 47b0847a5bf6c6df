"""What must hold when all is healed: I1 to I10 and I12 of the product's guarantees, on the logs and the journal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeGuard
from uuid import UUID

import orjson

from contracts import subjects
from contracts.run import (
    NodeCompleted,
    NodeFailed,
    NodeScheduled,
    RetrySet,
    RunCancelled,
    RunFact,
    RunFailed,
    RunResumed,
    TimerSet,
)
from contracts.task import TaskOpened, TaskResolved
from services.engine.app.last_look import look_seconds_max
from services.engine.domain.run_state import Ended
from services.engine.domain.run_timers import TIME_LIMIT
from services.tasks.domain.task_state import Decided, Pending
from tests.simulation import folds as folding
from tests.simulation.folds import ENDINGS, RunFold, TaskFold
from tests.simulation.people import CANCELLED, DECIDED, KEPT, STARTED, Entry

if TYPE_CHECKING:
    from tests.simulation.engine_tables import EngineTables, GivenOrder
    from tests.simulation.task_tables import TaskTables
    from tests.simulation.world import World


def under_way(world: "World") -> str:
    """Return what is still under way, or nothing; a look, cheap and often."""
    engine, tasks = world.server.engine, world.server.tasks
    intake = world.server.gateway.intake.values()
    looks = {
        "a job": bool(engine.jobs),
        "a timer": bool(engine.timers),
        "an order of a run": any(_matters(engine, order) for order in engine.orders.values()),
        "a task's timeout": bool(tasks.timeouts),
        "a run": any(run.status in {"Queued", "Running"} for run in engine.runs.values()),
        "a wait without its task, or the other way round": engine.waits.keys()
        != tasks.pending.keys(),
        "an arrival": any(one.refused_at is None for one in intake),
        "the relay of the engine": not _all_told(engine),
        "the relay of tasks": not _all_told(tasks),
        "a message": _behind(world),
    }
    return next((name for name, is_so in looks.items() if is_so), "")


def _matters(engine: "EngineTables", order: "GivenOrder") -> bool:
    """Tell whether an order is yet to be carried out; the end of a run that never began is only kept for a while."""
    return order.kind != "cancel" or order.run_id in engine.runs


def _all_told(tables: "EngineTables | TaskTables") -> bool:
    return not tables.log or tables.cursor[0] == tables.log[-1].position


def _behind(world: "World") -> bool:
    """Tell whether a consumer has something in hand or before it."""
    for stream in world.bus.streams.streams.values():
        for consumer in stream.consumers.values():
            if consumer.pending or consumer.next_sequence <= stream.last_sequence:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """All that is looked at."""

    world: "World"
    runs: dict[UUID, RunFold]
    tasks: dict[UUID, TaskFold]


def broken_invariants(world: "World") -> list[str]:
    """Return a sentence for each invariant that does not hold."""
    try:
        runs, tasks = (
            folding.fold_runs(world.server.engine),
            folding.fold_tasks(world.server.tasks),
        )
    except (AttributeError, AssertionError, KeyError, ValueError) as error:
        return [f"I7 a log cannot be folded: {type(error).__name__}: {error}"]
    found = Found(world, runs, tasks)
    return [
        *_decisions_are_carried_out(found),
        *_waits_and_tasks_match(found),
        *_one_decision_a_task(found),
        *_effects_are_not_repeated(found),
        *_attempts_happen_once(found),
        *_nothing_is_early(found),
        *_decisions_say_what_was_seen(found),
        *_tables_are_folds(found),
        *_nothing_follows_an_end(found),
        *_everything_was_told(found),
        *_nothing_accepted_is_lost(found),
        *_everything_has_ended(found),
    ]


def _short(one: UUID) -> str:
    return str(one)[-4:]


def _resolution(fold: TaskFold | None) -> TaskResolved | None:
    events = [] if fold is None else fold.events
    return next((event for event in events if isinstance(event, TaskResolved)), None)


def _decisions_are_carried_out(found: Found) -> Iterator[str]:
    """I1: each decision moved its run once and with this answer, unless the run had ended before."""
    for task_id, fold in found.tasks.items():
        resolved = _resolution(fold)
        if resolved is None:
            continue
        run = found.runs.get(resolved.run_id)
        left = [] if run is None else run.left.get(task_id, [])
        if len(left) > 1:
            yield f"I1 the run left the wait for task {_short(task_id)} {len(left)} times"
        elif not left:
            yield f"I12 the decision on task {_short(task_id)} was not taken by its run"
        elif not _answers(left[0], task_id, resolved):
            yield f"I1 task {_short(task_id)} was {resolved.outcome}, its run did otherwise"
    for run_id, run in found.runs.items():
        for task_id, events in run.left.items():
            if len(events) > 1:
                yield f"I1 run {_short(run_id)} left the wait for task {_short(task_id)} twice"
            decided = _resolution(found.tasks.get(task_id))
            if decided is None and isinstance(events[0], RunResumed):
                yield f"I1 run {_short(run_id)} took an answer that task {_short(task_id)} never had"


def _answers(event: RunFact, task_id: UUID, resolved: TaskResolved) -> bool:
    """Tell whether a run left a wait because of this decision, or by an end that came first."""
    if isinstance(event, RunResumed):
        return (event.task_id, event.outcome, event.by.name, event.decided_at) == (
            task_id,
            resolved.outcome,
            resolved.by.name,
            resolved.decided_at,
        )
    if isinstance(event, RunFailed) and event.reason == "rejected" and event.task_id == task_id:
        return resolved.outcome == "rejected"
    if isinstance(event, NodeFailed):
        return resolved.outcome == "timed_out"
    return isinstance(event, ENDINGS)


def _waits_and_tasks_match(found: Found) -> Iterator[str]:
    """I2 and I3: a task for each wait, and a wait for each task."""
    waits = set(found.world.server.engine.waits)
    pending = {task for task, fold in found.tasks.items() if isinstance(fold.state, Pending)}
    for task_id in sorted(waits - pending):
        yield f"I2 a run waits for task {_short(task_id)}, which is not open"
    for task_id in sorted(pending - waits):
        yield f"I3 task {_short(task_id)} is open, and no run waits for it"


def _one_decision_a_task(found: Found) -> Iterator[str]:
    """I4: who won is the only winner, and every loser heard of it."""
    for task_id, fold in found.tasks.items():
        count = sum(isinstance(event, TaskResolved) for event in fold.events)
        if count > 1:
            yield f"I4 task {_short(task_id)} was decided {count} times"
    for entry in found.world.people.journal:
        resolved = _resolution(found.tasks.get(entry.about))
        details = entry.told.details
        if entry.told.code == "already-decided" and (
            resolved is None
            or (details["decided_by"], details["outcome"]) != (resolved.by.name, resolved.outcome)
        ):
            yield f"I4 {entry.who} was told of a decision on {_short(entry.about)} that is not there"


def _effects_are_not_repeated(found: Found) -> Iterator[str]:
    """I5: nothing is done again once its result was recorded, whoever stood still for how long in between."""
    recorded = _recorded(found)
    for at, _, job in found.world.effects:
        done_at = recorded.get(job)
        if done_at is not None and at > done_at + look_seconds_max:
            yield f"I5 {job[1]} of run {_short(job[0])} was done {at - done_at:.1f} s after its result"


def _attempts_happen_once(found: Found) -> Iterator[str]:
    """I5, in the log: an attempt is offered once and has one result."""
    for run_id, run in found.runs.items():
        offered = Counter(_attempt(one) for one in run.events if isinstance(one, NodeScheduled))
        results = Counter(_attempt(one) for one in run.events if _is_result(one))
        for what, counts in (("was offered", offered), ("had a result", results)):
            for (node, _, attempt), count in counts.items():
                if count > 1:
                    yield f"I5 attempt {attempt} of {node} of run {_short(run_id)} {what} {count} times"


def _is_result(event: RunFact) -> TypeGuard[NodeCompleted | NodeFailed | RetrySet]:
    """Tell whether it is what a worker or a timer found; a time limit ends a node whatever its attempts do."""
    if isinstance(event, NodeFailed):
        return event.error.code != TIME_LIMIT
    return isinstance(event, NodeCompleted | RetrySet)


def _attempt(
    event: "NodeScheduled | NodeCompleted | NodeFailed | RetrySet",
) -> tuple[str, int, int]:
    return event.node, event.visit, event.attempt


def _recorded(found: Found) -> dict[tuple[UUID, str, int, int], float]:
    """Return when the result of each attempt was committed, in seconds of the loop."""
    names = {"flusso.run.node_completed", "flusso.run.node_failed", "flusso.run.retry_set"}
    moments = {}
    for event in found.world.server.engine.log:
        if event.type in names:
            data = orjson.loads(event.data)
            key = (event.stream_id, data["node"], data["visit"], data.get("attempt", 1))
            moments[key] = event.committed_at
    return moments


def _nothing_is_early(found: Found) -> Iterator[str]:
    """No retry, delay, limit or timeout takes effect before its time."""
    for run_id, run in found.runs.items():
        due: dict[tuple[str, str], datetime] = {}
        for event, stored in zip(
            run.events, found.world.server.engine.streams[run_id], strict=True
        ):
            if isinstance(event, TimerSet):
                due[event.kind, event.node or ""] = event.due_at
            elif isinstance(event, RetrySet):
                due["retry", event.node] = event.due_at
            for timer in _fired(event):
                if timer in due and stored.occurred_at < due[timer]:
                    yield f"I12 the {timer[0]} of {timer[1]} of run {_short(run_id)} came too early"
    for task_id, fold in found.tasks.items():
        resolved, opened = _resolution(fold), fold.events[0]
        if (
            resolved is None
            or resolved.outcome != "timed_out"
            or not isinstance(opened, TaskOpened)
        ):
            continue
        if opened.timeout_at is None or resolved.decided_at < opened.timeout_at:
            yield f"I12 task {_short(task_id)} timed out before its time"


def _fired(event: RunFact) -> Sequence[tuple[str, str]]:
    """Return the timer that brought an event about, as kind and node."""
    match event:
        case NodeCompleted(node=node):
            return [("delay", node)]
        case NodeScheduled(node=node, attempt=attempt) if attempt > 1:
            return [("retry", node)]
        case NodeFailed(node=node) if event.error.code == TIME_LIMIT:
            return [("node_limit", node)]
        case RunFailed(reason="time-limit"):
            return [("run_limit", "")]
        case _:
            return []


def _decisions_say_what_was_seen(found: Found) -> Iterator[str]:
    """I14, as far as people of a simulation go: who decided, by which means, and on what."""
    for task_id, fold in found.tasks.items():
        resolved, opened = _resolution(fold), fold.events[0]
        if resolved is None or not isinstance(opened, TaskOpened):
            continue
        by_the_clock = resolved.outcome == "timed_out"
        if resolved.digest != opened.digest or (resolved.by.means == "none") != by_the_clock:
            yield f"I14 the decision on task {_short(task_id)} does not say how it was made"


def _tables_are_folds(found: Found) -> Iterator[str]:
    """I6 and I7."""
    engine, tasks = found.world.server.engine, found.world.server.tasks
    for name in folding.wrong_run_tables(engine, found.runs):
        yield f"I6 the table of {name} is not the fold of the engine's log"
    for name in folding.wrong_task_tables(tasks, found.tasks):
        yield f"I6 the table of {name} is not the fold of the log of tasks"
    for stream in (*folding.wrong_versions(engine), *folding.wrong_versions(tasks)):
        yield f"I7 the versions of {_short(stream)} do not run 1 to n"
    for run_id in folding.wrong_run_snapshots(engine, found.runs):
        yield f"I7 the snapshot of run {_short(run_id)} is not its fold"
    for task_id in folding.wrong_task_snapshots(tasks, found.tasks):
        yield f"I7 the snapshot of task {_short(task_id)} is not its fold"


def _nothing_follows_an_end(found: Found) -> Iterator[str]:
    """I8."""
    for run_id, run in found.runs.items():
        ends = [place for place, event in enumerate(run.events) if isinstance(event, ENDINGS)]
        if ends and ends[0] != len(run.events) - 1:
            yield f"I8 something follows the end of run {_short(run_id)}"


def _everything_was_told(found: Found) -> Iterator[str]:
    """I9: every event has reached its stream at some time, and no cursor is behind."""
    server = found.world.server
    for name, tables in (
        (subjects.RUN_EVENTS, server.engine),
        (subjects.TASK_EVENTS, server.tasks),
    ):
        told = {
            (event["subject"], event["sequence"])
            for payload in found.world.bus.streams.ever_stored.get(name, ())
            for event in orjson.loads(payload)
        }
        for event in tables.log:
            if (str(event.stream_id), event.version) not in told:
                yield f"I9 {event.type} {_short(event.stream_id)}/{event.version} was never told"
        if not _all_told(tables):
            yield f"I9 the relay of {name} is behind"


def _nothing_accepted_is_lost(found: Found) -> Iterator[str]:
    """I10: what somebody was told is there."""
    refused = found.world.server.gateway.intake
    for entry in found.world.people.journal:
        match entry.told.code:
            case code if code in {STARTED, KEPT}:
                if entry.about not in found.runs and entry.about not in refused:
                    yield f"I10 run {_short(entry.about)} was {code}, and is not there"
            case code if code == DECIDED and not _is_kept(found, entry):
                yield f"I10 {entry.who}'s decision on {_short(entry.about)} is not there"
            case code if code == CANCELLED:
                run = found.runs.get(entry.about)
                if run is None or not any(isinstance(one, RunCancelled) for one in run.events):
                    yield f"I10 run {_short(entry.about)} was cancelled, its log knows nothing"


def _is_kept(found: Found, entry: Entry) -> bool:
    resolved = _resolution(found.tasks.get(entry.about))
    return resolved is not None and (resolved.by.name, resolved.outcome) == (
        entry.told.details["by"],
        entry.told.details["outcome"],
    )


def _everything_has_ended(found: Found) -> Iterator[str]:
    """I12: what only machines can move has moved; runs wait for people or have ended, and tasks know it."""
    for run_id, row in found.world.server.engine.runs.items():
        if row.status in {"Queued", "Running"}:
            yield f"I12 run {_short(run_id)} is {row.status} for ever"
    left = under_way(found.world)
    if left:
        yield f"I12 {left} is still under way long after all was healed"
    for task_id, fold in found.tasks.items():
        state = fold.state
        if not isinstance(state, Decided):
            continue
        run = found.runs.get(state.opened.run_id)
        if run is not None and not isinstance(run.state, Ended) and task_id not in run.left:
            yield f"I12 run {_short(state.opened.run_id)} still waits for a decided task"
