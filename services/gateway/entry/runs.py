"""Runs over HTTP: start, list, look at one, its log, cancel; and the Dashboard, which is mostly about them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.base import JsonObject, rfc3339
from contracts.run import CancelRun, StartedRun, StartRun
from contracts.run_view import GetRun, ListRunEvents, ListRuns, RunItem, RunPage, RunView
from services.chassis.errors import Refused
from services.gateway.app.begin_run import BeginRun, Kept, Started
from services.gateway.app.dashboard import compose_dashboard
from services.gateway.app.forward_intake import Forwarder
from services.gateway.app.ports import Asking, Parked
from services.gateway.entry.answers import documented, json_answer, model_answer, value_answer
from services.gateway.entry.body import read_json, value_bytes_max
from services.gateway.entry.forms import (
    CancelRunForm,
    DashboardAnswer,
    EventsPageQuery,
    QueuedRun,
    RunEventPage,
    RunQuery,
    RunsOfWorkflowQuery,
    RunsQuery,
    StartRunForm,
)
from services.gateway.entry.idempotency import id_for, key_of, request_digest
from services.gateway.entry.openapi import IDEMPOTENCY_KEY, lean
from services.gateway.entry.routing import HotRoute, identity_of, path_id

NOT_FOUND = "run-not-found"


class RunRoutes:
    """Routes below `/api/v1/runs`, and those of a workflow's runs."""

    def __init__(self, asking: Asking, begin: BeginRun, forwarder: Forwarder) -> None:
        self._asking = asking
        self._begin = begin
        self._forwarder = forwarder

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        of_workflow = "/api/v1/workflows/{workflow_id}/runs"
        router.add_api_route(
            of_workflow,
            self.start_run,
            methods=["POST"],
            summary="Start a run",
            tags=["runs"],
            responses={
                **documented(StartedRun, 400, 404, 413, 415, 422, status=201, note="Started."),
                202: {
                    "model": QueuedRun,
                    "description": "Kept; it starts once the engine is back.",
                },
            },
            status_code=201,
            openapi_extra=lean(StartRunForm, "workflow_id", IDEMPOTENCY_KEY),
            route_class_override=HotRoute,
        )
        router.add_api_route(
            of_workflow, self.list_of_workflow, responses=documented(RunPage, 422), tags=["runs"]
        )
        router.add_api_route(
            "/api/v1/runs", self.list_runs, responses=documented(RunPage, 422), tags=["runs"]
        )
        router.add_api_route(
            "/api/v1/runs/{run_id}",
            self.get_run,
            responses=documented(RunView, 404, 422),
            tags=["runs"],
        )
        router.add_api_route(
            "/api/v1/runs/{run_id}/cancel",
            self.cancel_run,
            methods=["POST"],
            responses=documented(RunItem, 400, 404, 409, 413, 415, 422),
            tags=["runs"],
        )
        router.add_api_route(
            "/api/v1/runs/{run_id}/events",
            self.list_events,
            responses=documented(RunEventPage, 404),
            tags=["runs"],
        )
        router.add_api_route(
            "/api/v1/dashboard",
            self.dashboard,
            responses=documented(DashboardAnswer),
            tags=["dashboard"],
        )

    async def start_run(self, request: Request) -> Response:
        """Start a run of a workflow's current version."""
        workflow_id = path_id(request, "workflow_id", "workflow-not-found")
        raw, value = await read_json(request, value_bytes_max)
        given = StartRunForm.model_validate(value)
        actor = identity_of(request).actor
        order = StartRun(
            run_id=id_for(actor, "start-run", key_of(request)),
            workflow_id=workflow_id,
            trigger="manual",
            input=given.input,
            actor=actor,
            request_digest=request_digest(request, raw),
        )
        match await self._begin.start(order):
            case Started(answer=answer):
                return json_answer(answer, 201, {"location": f"/api/v1/runs/{order.run_id}"})
            case Kept(run_id=run_id):
                return model_answer(QueuedRun(id=run_id), 202)

    async def list_runs(self, query: Annotated[RunsQuery, Query()]) -> Response:
        """List runs, newest first."""
        return await self._list(ListRuns(**query.model_dump()))

    async def list_of_workflow(
        self, workflow_id: UUID, query: Annotated[RunsOfWorkflowQuery, Query()]
    ) -> Response:
        """List a workflow's runs, newest first."""
        return await self._list(ListRuns(workflow_id=workflow_id, **query.model_dump()))

    async def _list(self, question: ListRuns) -> Response:
        return json_answer(await self._asking.ask(subjects.LIST_RUNS, question))

    async def get_run(self, run_id: UUID, query: Annotated[RunQuery, Query()]) -> Response:
        """Get a run with its trace and its definition, as it is now, or as it was after an event of its log."""
        try:
            return await self._get(run_id, query)
        except Refused as refusal:
            parked = await self._begin.parked(run_id) if refusal.code == NOT_FOUND else None
            if parked is None:
                raise
            if parked.became_run_id is not None:
                return await self._get(parked.became_run_id, query)
            if query.at is not None:
                raise
            return value_answer(_parked_view(parked))

    async def _get(self, run_id: UUID, query: RunQuery) -> Response:
        question = GetRun(run_id=run_id, at=query.at)
        return json_answer(await self._asking.ask(subjects.GET_RUN, question))

    async def cancel_run(
        self, request: Request, run_id: UUID, form: CancelRunForm | None = None
    ) -> Response:
        """Cancel a run; its open tasks are closed. Refused once it has ended."""
        reason = form.reason if form is not None else None
        order = CancelRun(run_id=run_id, reason=reason, actor=identity_of(request).actor)
        return json_answer(await self._asking.ask(subjects.CANCEL_RUN, order))

    async def list_events(
        self, run_id: UUID, query: Annotated[EventsPageQuery, Query()]
    ) -> Response:
        """List a run's log as it is, oldest first."""
        question = ListRunEvents(run_id=run_id, after=int(query.cursor or 0), limit=query.limit)
        return json_answer(await self._asking.ask(subjects.LIST_RUN_EVENTS, question))

    async def dashboard(self, request: Request) -> Response:
        """Get what waits, what ran today and what failed lately."""
        actor = identity_of(request).actor
        return value_answer(await compose_dashboard(self._asking, actor, self._forwarder.waiting))


def _parked_view(parked: Parked) -> JsonObject:
    """Return a run that the engine has not taken, in the shape of one that it has."""
    refused = parked.refused_at is not None
    received = rfc3339(parked.received_at)
    return {
        "id": str(parked.run_id),
        "workflow_id": str(parked.workflow_id),
        "workflow_name": "",
        "version": 0,
        "status": "Failed" if refused else "Queued",
        "trigger": "manual" if parked.kind == "start_run" else "webhook",
        "started_at": received,
        "finished_at": rfc3339(parked.refused_at) if parked.refused_at else None,
        "duration_ms": None,
        "error": {"code": parked.refused_code, "message": parked.refused_message, "node": None}
        if refused
        else None,
        "output": None,
        "trace": [],
        "definition": {},
        "sequence": 0,
        "as_of": None,
        "limit": None,
        "ahead": None,
    }
