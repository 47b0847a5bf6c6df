"""Opens a task for each pause of a run, and closes what its end leaves open."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import ValidationError

from contracts.actor import Actor
from contracts.envelope import CloudEvent
from contracts.run import RunCancelled, RunCompleted, RunFailed, RunPaused
from contracts.task import TaskFact
from services.chassis.driver_ids import driver_id
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.orders import Done, Order
from services.tasks.app.ports import Orders
from services.tasks.domain.task_commands import Close, EndedRunStatus, Open, TaskCommand
from services.tasks.domain.task_state import TaskState

PAUSED = "flusso.run.paused"
ENDINGS: Mapping[str, tuple[type[RunCompleted | RunFailed | RunCancelled], EndedRunStatus]] = {
    "flusso.run.completed": (RunCompleted, "Completed"),
    "flusso.run.failed": (RunFailed, "Failed"),
    "flusso.run.cancelled": (RunCancelled, "Cancelled"),
}
HEARD = frozenset({PAUSED, *ENDINGS})
Verdict = Refused | Transient | Broken | None


async def follow_runs(pipeline: Orders, events: Sequence[CloudEvent]) -> Sequence[Verdict]:
    """Carry out what the events mean, together, and return a verdict on each."""
    understood = [_understand(event) for event in events]
    orders = [order for meant in understood if not isinstance(meant, Broken) for order in meant]
    outcomes = iter(await pipeline.execute_all(orders))
    return [
        meant if isinstance(meant, Broken) else _worst([next(outcomes) for _ in meant])
        for meant in understood
    ]


def _understand(event: CloudEvent) -> Sequence[Order[TaskCommand]] | Broken:
    try:
        return _orders(event)
    except (ValidationError, ValueError) as error:
        return Broken(f"{event.type} is not understood: {_first_line(error)}")


def _orders(event: CloudEvent) -> Sequence[Order[TaskCommand]]:
    if event.type == PAUSED:
        paused = RunPaused.model_validate(event.data)
        opening = Open(driver_id(event.subject), paused, created_at=event.time)
        return [_order(event, paused.task_id, opening)]
    model, run_status = ENDINGS[event.type]
    if not event.data.get("open_tasks"):
        return []  # most runs end with nothing open; nothing else of the event matters here
    ended = model.model_validate(event.data)
    closing = Close(driver_id(event.subject), run_status, _who(ended), event.time)
    return [_order(event, task_id, closing) for task_id in ended.open_tasks]


def _who(ended: RunCompleted | RunFailed | RunCancelled) -> Actor | None:
    """Return who cancelled or rejected the run; most ends are nobody's doing."""
    return None if isinstance(ended, RunCompleted) else ended.by


def _order(event: CloudEvent, task_id: UUID, command: TaskCommand) -> Order[TaskCommand]:
    return Order(
        stream_id=driver_id(task_id),
        command=command,
        actor="system",
        cause=event.id,
        traceparent=event.traceparent,
        opens=isinstance(command, Open),
    )


def _worst(outcomes: Sequence[Done[TaskState, TaskFact] | Exception]) -> Verdict:
    """Transient before broken: what can still succeed is tried again before anything is given up."""
    for family in (Transient, Broken, Refused):
        for outcome in outcomes:
            if isinstance(outcome, family):
                return outcome
    return None


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error).partition("\n")[0]
