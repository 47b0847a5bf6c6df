"""Workflows over HTTP."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    DuplicateWorkflow,
    GetWorkflow,
    GetWorkflowUse,
    ListVersions,
    ListWorkflows,
    SetWorkflowStatus,
    UpdateWorkflow,
    ValidateDefinition,
    Validation,
    VersionPage,
    WorkflowPage,
    WorkflowUse,
    WorkflowView,
)
from services.chassis.errors import Refused
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer, no_content
from services.gateway.entry.conditions import etag, wanted_tag
from services.gateway.entry.forms import PageQuery, ValidateForm, WorkflowForm, WorkflowsQuery
from services.gateway.entry.idempotency import id_for, key_of, request_digest
from services.gateway.entry.openapi import IDEMPOTENCY_KEY, IF_MATCH, extra
from services.gateway.entry.routing import identity_of, raw_body_of

ROOT = "/api/v1/workflows"
ONE = ROOT + "/{workflow_id}"
MEDIA_TYPES = {"yaml": "application/yaml", "json": "application/json"}


class WorkflowRoutes:
    """Routes below `/api/v1/workflows`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["workflows"])
        whole = documented(WorkflowView, 404)
        changed = documented(WorkflowView, 400, 404, 412, 413, 415, 422)
        created = documented(WorkflowView, 400, 413, 415, 422, status=201, note="Created.")
        add(
            ROOT,
            self.create,
            methods=["POST"],
            status_code=201,
            responses=created,
            openapi_extra=extra(IDEMPOTENCY_KEY),
        )
        add(ROOT, self.list_workflows, responses=documented(WorkflowPage, 422))
        add(f"{ROOT}/validate", self.validate, methods=["POST"], responses=documented(Validation))
        add(ONE, self.get, responses=whole)
        add(
            ONE,
            self.update,
            methods=["PUT"],
            responses=changed,
            openapi_extra=extra(IF_MATCH),
        )
        add(
            ONE,
            self.delete,
            methods=["DELETE"],
            status_code=204,
            responses=documented(None, 404, 409, status=204, note="Deleted, with its runs."),
        )
        add(f"{ONE}/use", self.use, responses=documented(WorkflowUse, 404))
        add(f"{ONE}/activate", self.activate, methods=["POST"], responses=whole)
        add(f"{ONE}/pause", self.pause, methods=["POST"], responses=whole)
        add(
            f"{ONE}/duplicate",
            self.duplicate,
            methods=["POST"],
            status_code=201,
            responses=documented(WorkflowView, 404, status=201, note="Created."),
            openapi_extra=extra(IDEMPOTENCY_KEY),
        )
        add(f"{ONE}/versions", self.list_versions, responses=documented(VersionPage, 404))
        add(f"{ONE}/versions/{{version}}", self.get_version, responses=whole)
        text = documented(None, 404, note="The definition as a file.")
        text[200]["content"] = {
            kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()
        }
        add(f"{ONE}/definition", self.download, responses=text, response_class=Response)

    async def create(self, request: Request, form: WorkflowForm) -> Response:
        """Create a workflow as a Draft; every fault of its definition is named by its path."""
        actor = identity_of(request).actor
        order = CreateWorkflow(
            workflow_id=id_for(actor, "create-workflow", key_of(request)),
            name=form.name,
            description=form.description,
            definition=form.definition,
            source=form.source,
            actor=actor,
            request_digest=request_digest(request, raw_body_of(request)),
        )
        answer = await self._asking.ask(subjects.CREATE_WORKFLOW, order)
        return json_answer(answer, 201, {"location": f"{ROOT}/{order.workflow_id}"})

    async def list_workflows(self, query: Annotated[WorkflowsQuery, Query()]) -> Response:
        """List workflows."""
        question = ListWorkflows(**query.model_dump())
        return json_answer(await self._asking.ask(subjects.LIST_WORKFLOWS, question))

    async def validate(self, form: ValidateForm) -> Response:
        """Judge a definition without keeping it; also converts between YAML and JSON."""
        question = ValidateDefinition(**form.model_dump())
        return json_answer(await self._asking.ask(subjects.VALIDATE_DEFINITION, question))

    async def get(self, workflow_id: UUID) -> Response:
        """Get a workflow with its current definition; its ETag is the version."""
        answer = await self._get(workflow_id, None)
        return json_answer(answer, headers={"etag": etag(str(orjson.loads(answer)["version"]))})

    async def _get(self, workflow_id: UUID, version: int | None) -> bytes:
        question = GetWorkflow(workflow_id=workflow_id, version=version)
        return await self._asking.ask(subjects.GET_WORKFLOW, question)

    async def update(self, request: Request, workflow_id: UUID, form: WorkflowForm) -> Response:
        """Store a new version; runs that live keep theirs."""
        order = UpdateWorkflow(
            workflow_id=workflow_id,
            name=form.name,
            description=form.description,
            definition=form.definition,
            source=form.source,
            if_version=_wanted_version(request),
            actor=identity_of(request).actor,
        )
        return json_answer(await self._asking.ask(subjects.UPDATE_WORKFLOW, order))

    async def delete(
        self, request: Request, workflow_id: UUID, *, cancel_runs: bool = False
    ) -> Response:
        """Delete a workflow and its history; refused while runs live, unless they are to be cancelled."""
        order = DeleteWorkflow(
            workflow_id=workflow_id,
            cancel_runs=cancel_runs,
            actor=identity_of(request).actor,
        )
        await self._asking.ask(subjects.DELETE_WORKFLOW, order)
        return no_content()

    async def use(self, workflow_id: UUID) -> Response:
        """Get what hangs on a workflow: its runs, those that live, and the workflows that call it."""
        question = GetWorkflowUse(workflow_id=workflow_id)
        return json_answer(await self._asking.ask(subjects.WORKFLOW_USE, question))

    async def activate(self, request: Request, workflow_id: UUID) -> Response:
        """Let the workflow answer to its trigger."""
        return await self._set_status(request, workflow_id, "Active")

    async def pause(self, request: Request, workflow_id: UUID) -> Response:
        """Stop answering to the trigger; runs that live go on."""
        return await self._set_status(request, workflow_id, "Paused")

    async def _set_status(
        self, request: Request, workflow_id: UUID, status: Literal["Active", "Paused"]
    ) -> Response:
        actor = identity_of(request).actor
        order = SetWorkflowStatus(workflow_id=workflow_id, status=status, actor=actor)
        return json_answer(await self._asking.ask(subjects.SET_WORKFLOW_STATUS, order))

    async def duplicate(self, request: Request, workflow_id: UUID) -> Response:
        """Make a Draft with the same definition, named "Copy of ..."."""
        actor = identity_of(request).actor
        order = DuplicateWorkflow(
            workflow_id=workflow_id,
            new_workflow_id=id_for(actor, f"duplicate-workflow {workflow_id}", key_of(request)),
            actor=actor,
        )
        answer = await self._asking.ask(subjects.DUPLICATE_WORKFLOW, order)
        return json_answer(answer, 201, {"location": f"{ROOT}/{order.new_workflow_id}"})

    async def list_versions(
        self, workflow_id: UUID, query: Annotated[PageQuery, Query()]
    ) -> Response:
        """List a workflow's versions, newest first."""
        question = ListVersions(workflow_id=workflow_id, limit=query.limit, cursor=query.cursor)
        return json_answer(await self._asking.ask(subjects.LIST_VERSIONS, question))

    async def get_version(self, workflow_id: UUID, version: int) -> Response:
        """Get a workflow as it was in one version."""
        return json_answer(await self._get(workflow_id, version))

    async def download(
        self,
        workflow_id: UUID,
        version: int | None = None,
        format: Literal["yaml", "json"] = "yaml",  # noqa: A002 - the name of the parameter
    ) -> Response:
        """Download the definition as a file; YAML with the comments of its author, where these were kept."""
        found = orjson.loads(await self._get(workflow_id, version))
        text = found["source"] if format == "yaml" else None
        if text is None:
            question = ValidateDefinition(definition=found["definition"])
            answer = await self._asking.ask(subjects.VALIDATE_DEFINITION, question)
            text = orjson.loads(answer)[format]
        name = f'attachment; filename="workflow-{workflow_id}.{format}"'
        return Response(
            text,
            media_type=MEDIA_TYPES[format],
            headers={"content-disposition": name, "cache-control": "no-store"},
        )


def _wanted_version(request: Request) -> int | None:
    tag = wanted_tag(request)
    if tag is None:
        return None
    if not tag.isdecimal():
        raise Refused("version-mismatch", "If-Match does not name the current version.")
    return int(tag)
