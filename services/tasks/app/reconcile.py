"""What the engine asks to find waits without a task, tasks without a wait, and decisions that it has not taken."""

from contracts.task import (
    DigestOpenTasks,
    ExplainTasks,
    ListOpenTasks,
    OpenTaskDigests,
    OpenTaskPage,
    TaskExplanations,
)
from services.tasks.app.ports import Inbox


async def digest_open_tasks(inbox: Inbox, question: DigestOpenTasks) -> OpenTaskDigests:
    """Return one digest for each bucket that has pending tasks."""
    return OpenTaskDigests(buckets=list(await inbox.digest_open(question.before)))


async def list_open_tasks(inbox: Inbox, question: ListOpenTasks) -> OpenTaskPage:
    """Return a page of one bucket's pending tasks."""
    found = await inbox.list_open(question.bucket, question.before, question.after, question.limit)
    return OpenTaskPage(items=list(found))


async def explain_tasks(inbox: Inbox, question: ExplainTasks) -> TaskExplanations:
    """Return what became of each task, in the order asked."""
    return TaskExplanations(items=list(await inbox.explain(question.task_ids)))
