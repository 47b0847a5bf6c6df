"""The inbox over HTTP: lists, counts, one task, and the decisions."""

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.receipt import GetReceipt, Receipt
from contracts.task import (
    CountTasks,
    DecideTask,
    GetTask,
    ListTasks,
    TaskAction,
    TaskCount,
    TaskPage,
    TaskView,
)
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer
from services.gateway.entry.body import read_json, value_bytes_max
from services.gateway.entry.conditions import etag, wanted_tag
from services.gateway.entry.forms import DecideForm, SubmitForm, TasksQuery
from services.gateway.entry.idempotency import key_of, request_digest
from services.gateway.entry.openapi import IDEMPOTENCY_KEY, IF_MATCH, lean
from services.gateway.entry.routing import Endpoint, HotRoute, identity_of, path_id

ask_seconds_max = 3.0
"""Who decides must learn at once whether they won; after this they are told to ask again."""
_FORMS: dict[TaskAction, type[DecideForm | SubmitForm]] = {
    "approve": DecideForm,
    "reject": DecideForm,
    "submit": SubmitForm,
}


class TaskRoutes:
    """Routes below `/api/v1/tasks`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        for action, form in _FORMS.items():
            self._add_decision(router, action, form)
        router.add_api_route(
            "/api/v1/tasks", self.list_tasks, responses=documented(TaskPage, 422), tags=["tasks"]
        )
        router.add_api_route(
            "/api/v1/tasks/count", self.count_tasks, responses=documented(TaskCount), tags=["tasks"]
        )
        router.add_api_route(
            "/api/v1/tasks/{task_id}",
            self.get_task,
            responses=documented(TaskView, 404),
            tags=["tasks"],
        )
        router.add_api_route(
            "/api/v1/tasks/{task_id}/receipt",
            self.get_receipt,
            responses=documented(Receipt, 404, 409),
            tags=["tasks"],
        )

    def _add_decision(
        self, router: APIRouter, action: TaskAction, form: type[DecideForm | SubmitForm]
    ) -> None:
        router.add_api_route(
            f"/api/v1/tasks/{{task_id}}/{action}",
            self._decider(action, form),
            methods=["POST"],
            name=f"{action}_task",
            summary=f"{action.capitalize()} a task",
            tags=["tasks"],
            responses=documented(
                TaskView, 400, 403, 404, 409, 412, 413, 415, 422, note="The task as decided."
            ),
            openapi_extra=lean(form, "task_id", IDEMPOTENCY_KEY, IF_MATCH),
            route_class_override=HotRoute,
        )

    def _decider(self, action: TaskAction, form: type[DecideForm | SubmitForm]) -> Endpoint:
        async def decide(request: Request) -> Response:
            task_id = path_id(request, "task_id", "task-not-found")
            raw, value = await read_json(request, value_bytes_max)
            given = form.model_validate(value)
            order = DecideTask(
                task_id=task_id,
                action=action,
                values=given.values if isinstance(given, SubmitForm) else None,
                comment=given.comment,
                if_match=wanted_tag(request),
                actor=identity_of(request).actor,
                idempotency_key=key_of(request),
                request_digest=request_digest(request, raw),
            )
            answer = await self._asking.ask(
                subjects.DECIDE_TASK, order, timeout_seconds=ask_seconds_max
            )
            return json_answer(answer)

        return decide

    async def list_tasks(self, request: Request, query: Annotated[TasksQuery, Query()]) -> Response:
        """List the inbox, oldest first, or its history (`status=decided`); `total` is exact.

        `sort=due` puts what is due first at the beginning, and what has no due date at the end; `overdue=true` leaves
        only what is past its due date.
        """
        question = ListTasks(**query.model_dump(), actor=identity_of(request).actor)
        return json_answer(await self._asking.ask(subjects.LIST_TASKS, question))

    async def count_tasks(self, request: Request) -> Response:
        """Count the pending tasks, exactly."""
        question = CountTasks(actor=identity_of(request).actor)
        return json_answer(await self._asking.ask(subjects.COUNT_TASKS, question))

    async def get_task(self, request: Request, task_id: UUID) -> Response:
        """Get one task, whole; its ETag is the digest of what is shown."""
        question = GetTask(task_id=task_id, actor=identity_of(request).actor)
        answer = await self._asking.ask(subjects.GET_TASK, question)
        return json_answer(answer, headers={"etag": etag(orjson.loads(answer)["digest"])})

    async def get_receipt(self, request: Request, task_id: UUID) -> Response:
        """Get the proof of what was shown, who decided, when and by what means, signed by the deployment.

        It can be checked offline with the deployment's public key: docs/receipts.md.
        """
        question = GetReceipt(task_id=task_id, actor=identity_of(request).actor)
        return json_answer(await self._asking.ask(subjects.GET_RECEIPT, question))
