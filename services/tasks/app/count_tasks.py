"""How much is waiting for people."""

from contracts.task import CountTasks, TaskCount
from services.tasks.app.ports import Inbox


async def count_tasks(inbox: Inbox, _question: CountTasks) -> TaskCount:
    """Return the exact number of pending tasks."""
    return TaskCount(pending=await inbox.count_pending())
