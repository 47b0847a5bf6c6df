"""Drafts of workflows over HTTP: what the caller edits and has not saved, for the caller alone."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.workflow import (
    DropWorkflowDraft,
    GetWorkflowDraft,
    KeepWorkflowDraft,
    WorkflowDraft,
)
from services.chassis.errors import Refused
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer, no_content
from services.gateway.entry.conditions import etag, wanted_tag
from services.gateway.entry.forms import Form
from services.gateway.entry.openapi import IF_MATCH, IF_NONE_MATCH, extra
from services.gateway.entry.routing import identity_of

ONE = "/api/v1/workflows/{workflow_id}/draft"
Key = UUID | Literal["new"]
"""A workflow, or the one that is to come."""
_NOTHING = "Nothing is kept."


class DraftForm(Form):
    """A draft as it was typed; the text may be no definition at all."""

    name: Annotated[str, StringConstraints(max_length=1_000)] = ""
    description: Annotated[str, StringConstraints(max_length=20_000)] = ""
    text: str
    format: Literal["yaml", "json"] = "yaml"
    base_version: int | None = None


class DraftRoutes:
    """Routes below `/api/v1/workflows/{workflow_id}/draft`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, ONE, tags=["workflows"])
        found = documented(WorkflowDraft)
        found[204] = {"description": _NOTHING}
        add(self.get, responses=found)
        add(
            self.keep,
            methods=["PUT"],
            responses=documented(WorkflowDraft, 400, 404, 412, 413, 415, 422),
            openapi_extra=extra(IF_MATCH, IF_NONE_MATCH),
        )
        add(
            self.drop,
            methods=["DELETE"],
            status_code=204,
            responses=documented(None, 412, status=204, note=_NOTHING),
            openapi_extra=extra(IF_MATCH),
        )

    async def get(self, request: Request, workflow_id: Key) -> Response:
        """Get the caller's draft; its ETag is its revision."""
        question = GetWorkflowDraft(
            workflow_id=_id_of(workflow_id), actor=identity_of(request).actor
        )
        answer = await self._asking.ask(subjects.GET_WORKFLOW_DRAFT, question)
        draft = orjson.loads(answer)["draft"]
        return no_content() if draft is None else _told(draft)

    async def keep(self, request: Request, workflow_id: Key, form: DraftForm) -> Response:
        """Keep a draft in the place of the former one; it is not checked, and never run."""
        order = KeepWorkflowDraft(
            workflow_id=_id_of(workflow_id),
            **form.model_dump(),
            if_revision=_wanted_revision(request),
            actor=identity_of(request).actor,
        )
        answer = await self._asking.ask(subjects.KEEP_WORKFLOW_DRAFT, order)
        return _told(orjson.loads(answer))

    async def drop(self, request: Request, workflow_id: Key) -> Response:
        """Forget the draft."""
        order = DropWorkflowDraft(
            workflow_id=_id_of(workflow_id),
            if_revision=_wanted_revision(request),
            actor=identity_of(request).actor,
        )
        await self._asking.ask(subjects.DROP_WORKFLOW_DRAFT, order)
        return no_content()


def _id_of(key: Key) -> UUID | None:
    return key if isinstance(key, UUID) else None


def _told(draft: dict[str, object]) -> Response:
    return json_answer(orjson.dumps(draft), headers={"etag": etag(str(draft["revision"]))})


def _wanted_revision(request: Request) -> int | None:
    """Return the revision that the caller has seen, 0 if none must be there, None if any will do."""
    if request.headers.get("if-none-match", "").strip() == "*":
        return 0
    tag = wanted_tag(request)
    if tag is None:
        return None
    if not tag.isdecimal() or len(tag) > len(str(2**62)):
        raise Refused("draft-changed", "If-Match does not name the draft as it is.")
    return int(tag)
