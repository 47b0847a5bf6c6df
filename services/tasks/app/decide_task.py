"""A decision: the order that it makes of a request, and the answer once it is committed."""

from contracts.task import DecideTask, TaskFact
from services.chassis.driver_ids import driver_id
from services.chassis.orders import Done, Order
from services.tasks.app.view import view_of
from services.tasks.domain.task_commands import Decide, TaskCommand
from services.tasks.domain.task_state import Decided, TaskState


def decision_order(request: DecideTask, traceparent: str | None) -> Order[TaskCommand]:
    """Return what the pipeline is to do."""
    return Order(
        stream_id=driver_id(request.task_id),
        command=Decide(request),
        actor=f"{request.actor.kind}:{request.actor.id}",
        cause=f"decide:{request.action}",
        traceparent=traceparent,
    )


def decision_answer(request: DecideTask, done: Done[TaskState, TaskFact]) -> bytes:
    """Return the task as decided, a TaskView as JSON; the same for a repeat."""
    assert isinstance(done.state, Decided), "a decision that is not refused resolves its task"
    return view_of(driver_id(request.task_id), done.state).encode()
