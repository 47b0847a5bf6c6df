"""One task, whole."""

from contracts.task import GetTask
from services.chassis.errors import Refused
from services.tasks.app.ports import Inbox
from services.tasks.app.view import whole_view_of
from services.tasks.domain.task_state import ClosedUnseen, Unknown


async def get_task(inbox: Inbox, question: GetTask) -> bytes:
    """Return a TaskView as JSON. Raises Refused (`task-not-found`)."""
    state = await inbox.load(question.task_id)
    if isinstance(state, Unknown | ClosedUnseen):
        raise Refused("task-not-found", "There is no such task.")
    trail = await inbox.trail(question.task_id)
    return whole_view_of(question.task_id, state, trail).encode()
