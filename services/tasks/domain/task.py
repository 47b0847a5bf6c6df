"""The rules of a task: `decide` says what happens, `evolve` follows.

A task is opened by its run's pause, decided once (by a person, or by the clock) or closed by its run's end, whatever
order and however often these are heard of. A decision that the run's end has overtaken stays one, and says so. Time
comes in as an argument.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from contracts.actor import TIMEOUT
from contracts.base import JsonObject, rfc3339
from contracts.run import DecidedOutcome
from contracts.task import (
    DecideTask,
    TaskAction,
    TaskClosed,
    TaskFact,
    TaskOpened,
    TaskOvertaken,
    TaskResolved,
)
from services.chassis.errors import Refused
from services.tasks.domain.answer import judge_answer
from services.tasks.domain.deciders import may_decide
from services.tasks.domain.digest import digest_of
from services.tasks.domain.task_commands import Close, Decide, Discard, Open, TaskCommand, TimeOut
from services.tasks.domain.task_state import (
    Closed,
    ClosedUnseen,
    Overtaken,
    Pending,
    Resolved,
    TaskState,
    Unknown,
)

OUTCOMES: dict[TaskAction, DecidedOutcome] = {
    "approve": "approved",
    "reject": "rejected",
    "submit": "submitted",
}


def decide(state: TaskState, command: TaskCommand, now: datetime) -> Sequence[TaskFact]:
    """Return what happens, `[]` if it has happened already. Raises Refused (only for Decide)."""
    match command:
        case Open():
            return _open(state, command)
        case Close():
            return _close(state, command)
        case Discard():
            return _discard(state, command)
        case Decide(order):
            return _decide(state, order, now)
        case TimeOut():
            return _time_out(state, now)
        case _:
            assert_never(command)


def evolve(state: TaskState, event: TaskFact) -> TaskState:
    """Return the state after the event. What cannot follow changes nothing: the first decision stands."""
    match state, event:
        case Unknown(), TaskOpened():
            return Pending(event)
        case Unknown(), TaskClosed():
            return ClosedUnseen(event)
        case Pending(opened), TaskResolved():
            return Resolved(opened, event)
        case Pending(opened), TaskClosed():
            return Closed(opened, event)
        case Resolved(opened, resolved), TaskOvertaken():
            return Overtaken(opened, resolved, event)
        case _:
            return state


def has_ended(state: TaskState) -> bool:
    """Tell whether nobody can decide the task any more; a decision may yet be overtaken, once and rarely."""
    match state:
        case Unknown() | Pending():
            return False
        case Resolved() | Overtaken() | Closed() | ClosedUnseen():
            return True
        case _:
            assert_never(state)


def _open(state: TaskState, command: Open) -> Sequence[TaskFact]:
    if not isinstance(state, Unknown):
        return []
    paused = command.paused
    opened = TaskOpened(
        run_id=command.run_id,
        node=paused.node,
        kind=paused.kind,
        workflow_id=paused.workflow_id,
        workflow_name=paused.workflow_name,
        workflow_version=paused.workflow_version,
        step_name=paused.step_name,
        title=paused.title,
        prompt=paused.prompt,
        fields=paused.fields,
        assignees=paused.assignees,
        created_at=command.created_at,
        digest=digest_of(paused),
        due_at=paused.due_at,
        timeout_at=paused.timeout_at,
    )
    return [opened]


def _close(state: TaskState, command: Close) -> Sequence[TaskFact]:
    match state:
        case Unknown() | Pending():
            return [TaskClosed(**_end_of_run(command))]
        case Resolved():
            return [TaskOvertaken(**_end_of_run(command))]
        case Overtaken() | Closed() | ClosedUnseen():
            return []
        case _:
            assert_never(state)


def _end_of_run(command: Close) -> JsonObject:
    """Return what is told of the end of a run, whether or not the task had been decided."""
    return {
        "run_id": command.run_id,
        "run_status": command.run_status,
        "ended_by": command.ended_by,
        "ended_at": command.ended_at,
    }


def _discard(state: TaskState, command: Discard) -> Sequence[TaskFact]:
    match state:
        case Unknown() | Pending():
            return [TaskClosed(run_id=command.run_id, run_status=command.run_status)]
        case Resolved() | Overtaken() | Closed() | ClosedUnseen():
            return []
        case _:
            assert_never(state)


def _time_out(state: TaskState, now: datetime) -> Sequence[TaskFact]:
    """Decide by the clock, never early; whoever was before it has won, and nobody needs to be told."""
    match state:
        case Pending(opened) if opened.timeout_at is not None and opened.timeout_at <= now:
            return [_timed_out(opened, now)]
        case Unknown() | Pending() | Resolved() | Overtaken() | Closed() | ClosedUnseen():
            return []
        case _:
            assert_never(state)


def _timed_out(opened: TaskOpened, now: datetime) -> TaskResolved:
    return TaskResolved(
        run_id=opened.run_id,
        node=opened.node,
        outcome="timed_out",
        by=TIMEOUT,
        decided_at=now,
        digest=opened.digest,
    )


def _decide(state: TaskState, order: DecideTask, now: datetime) -> Sequence[TaskFact]:
    match state:
        case Unknown():
            raise Refused("task-not-found", "There is no such task.")
        case ClosedUnseen(closed) | Closed(_, closed):
            raise _run_ended(closed)
        case Resolved(opened, resolved) | Overtaken(opened, resolved):
            return _answer_again(opened, resolved, order)
        case Pending(opened):
            return [_resolve(opened, order, now)]
        case _:
            assert_never(state)


def _run_ended(closed: TaskClosed) -> Refused:
    details: JsonObject = {"run_status": closed.run_status}
    if closed.ended_by is not None:
        details["ended_by"] = closed.ended_by.name
    if closed.ended_at is not None:
        details["ended_at"] = rfc3339(closed.ended_at)
    message = f"The run ended ({closed.run_status}) before this was decided."
    return Refused("run-ended", message, **details)


def _answer_again(
    opened: TaskOpened, resolved: TaskResolved, order: DecideTask
) -> Sequence[TaskFact]:
    key = order.idempotency_key
    if key is not None and key == resolved.idempotency_key and _same_actor(resolved, order):
        if order.request_digest == resolved.request_digest:
            return []
        message = "This idempotency key came with another request before."
        raise Refused("idempotency-key-reused", message)
    _check_may_decide(opened, order)
    raise Refused(
        "already-decided",
        _who_was_first(resolved),
        decided_by=resolved.by.name,
        decided_at=rfc3339(resolved.decided_at),
        outcome=resolved.outcome,
    )


def _who_was_first(resolved: TaskResolved) -> str:
    if resolved.outcome == "timed_out":
        return "The clock decided this already: its time was up."
    return f"{resolved.by.name} {resolved.outcome} this already."


def _same_actor(resolved: TaskResolved, order: DecideTask) -> bool:
    return (resolved.by.kind, resolved.by.id) == (order.actor.kind, order.actor.id)


def _resolve(opened: TaskOpened, order: DecideTask, now: datetime) -> TaskResolved:
    _check_may_decide(opened, order)
    _check_kind(opened, order.action)
    if order.if_match is not None and order.if_match != opened.digest:
        message = "What you saw is not what this task asks; look at it again."
        raise Refused("digest-mismatch", message, digest=opened.digest)
    answer = judge_answer(opened.fields, order)
    return TaskResolved(
        run_id=opened.run_id,
        node=opened.node,
        outcome=OUTCOMES[order.action],
        values=answer.values,
        by=order.actor,
        decided_at=now,
        comment=answer.comment,
        digest=opened.digest,
        idempotency_key=order.idempotency_key,
        request_digest=order.request_digest,
    )


def _check_may_decide(opened: TaskOpened, order: DecideTask) -> None:
    if not may_decide(order.actor, opened.assignees):
        details: JsonObject = {"assignees": opened.assignees}
        raise Refused("forbidden", "This is not yours to decide.", **details)


def _check_kind(opened: TaskOpened, action: TaskAction) -> None:
    match opened.kind, action:
        case "manual_input", "approve":
            raise Refused(
                "wrong-kind", "This task asks for input: submit its form.", kind=opened.kind
            )
        case "approval", "submit":
            message = "This task asks for approval: approve or reject it."
            raise Refused("wrong-kind", message, kind=opened.kind)
        case _:
            return
