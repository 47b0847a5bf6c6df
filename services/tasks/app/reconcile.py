"""What the engine asks to find waits without a task, tasks without a wait, and decisions that it has not taken."""

from contracts.base import Nothing
from contracts.task import (
    CloseTasks,
    DigestOpenTasks,
    ExplainTasks,
    ListOpenTasks,
    OpenTaskDigests,
    OpenTaskPage,
    TaskExplanations,
)
from services.chassis.orders import Done, Order
from services.tasks.app.ports import Inbox, Orders
from services.tasks.domain.task_commands import Discard


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


async def close_tasks(pipeline: Orders, order: CloseTasks) -> Nothing:
    """Close what no run waits for. Raises what stopped one of them; asking again is harmless."""
    outcomes = await pipeline.execute_all(
        [
            Order(item.task_id, Discard(item.run_id, item.run_status), "system", "reconcile")
            for item in order.items
        ]
    )
    for outcome in outcomes:
        if not isinstance(outcome, Done):
            raise outcome
    return Nothing()
