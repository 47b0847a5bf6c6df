"""Questions about tasks and rare orders, asked over core NATS; any replica answers."""

from functools import partial

from faststream.nats import NatsBroker

from contracts.receipt import GetReceipt
from contracts.subjects import (
    CLOSE_TASKS,
    COUNT_TASKS,
    DIGEST_OPEN_TASKS,
    EXPLAIN_TASKS,
    GET_RECEIPT,
    GET_TASK,
    LIST_OPEN_TASKS,
    LIST_TASKS,
    TASKS,
)
from contracts.task import (
    CloseTasks,
    CountTasks,
    DigestOpenTasks,
    ExplainTasks,
    GetTask,
    ListOpenTasks,
    ListTasks,
)
from services.chassis.rpc import serve
from services.tasks.app.count_tasks import count_tasks
from services.tasks.app.get_task import get_task
from services.tasks.app.list_tasks import list_tasks
from services.tasks.app.ports import Inbox, Orders
from services.tasks.app.receipt import Receipts
from services.tasks.app.reconcile import (
    close_tasks,
    digest_open_tasks,
    explain_tasks,
    list_open_tasks,
)


def serve_questions(broker: NatsBroker, inbox: Inbox, pipeline: Orders, receipts: Receipts) -> None:
    """Answer them from now on, once the broker is started."""
    serve(broker, GET_TASK, TASKS, GetTask, partial(get_task, inbox))
    serve(broker, GET_RECEIPT, TASKS, GetReceipt, receipts.get)
    serve(broker, LIST_TASKS, TASKS, ListTasks, partial(list_tasks, inbox))
    serve(broker, COUNT_TASKS, TASKS, CountTasks, partial(count_tasks, inbox))
    serve(broker, DIGEST_OPEN_TASKS, TASKS, DigestOpenTasks, partial(digest_open_tasks, inbox))
    serve(broker, LIST_OPEN_TASKS, TASKS, ListOpenTasks, partial(list_open_tasks, inbox))
    serve(broker, EXPLAIN_TASKS, TASKS, ExplainTasks, partial(explain_tasks, inbox))
    serve(broker, CLOSE_TASKS, TASKS, CloseTasks, partial(close_tasks, pipeline))
