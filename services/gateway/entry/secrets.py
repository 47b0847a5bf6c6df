"""Secrets over HTTP: names and dates come out, values only go in. Changing them is for admins."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import subjects
from contracts.actor import Actor
from contracts.secret import DeleteSecret, ListSecrets, PutSecret, SecretItem, SecretPage
from services.chassis.errors import Refused
from services.gateway.app.ports import Asking
from services.gateway.entry.answers import documented, json_answer, no_content
from services.gateway.entry.forms import PageQuery, SecretForm
from services.gateway.entry.routing import identity_of

ROOT = "/api/v1/secrets"
ONE = ROOT + "/{name}"


class SecretRoutes:
    """Routes below `/api/v1/secrets`."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["secrets"])
        add(ROOT, self.list_secrets, responses=documented(SecretPage, 422))
        add(
            ONE,
            self.put,
            methods=["PUT"],
            responses=documented(SecretItem, 400, 403, 413, 415, 422, note="Set, or replaced."),
        )
        add(
            ONE,
            self.delete,
            methods=["DELETE"],
            status_code=204,
            responses=documented(None, 403, 404, 409, status=204, note="Forgotten."),
        )

    async def list_secrets(self, query: Annotated[PageQuery, Query()]) -> Response:
        """List secrets by name, with the workflows whose current versions use them; never a value."""
        question = ListSecrets(**query.model_dump())
        return json_answer(await self._asking.ask(subjects.LIST_SECRETS, question))

    async def put(self, request: Request, name: str, form: SecretForm) -> Response:
        """Set a secret, or replace its value. For admins."""
        order = PutSecret(
            name=name, value=form.value, description=form.description, actor=_admin(request)
        )
        return json_answer(await self._asking.ask(subjects.PUT_SECRET, order))

    async def delete(self, request: Request, name: str, *, force: bool = False) -> Response:
        """Forget a secret; refused while workflows use it, unless it is forced. For admins."""
        order = DeleteSecret(name=name, force=force, actor=_admin(request))
        await self._asking.ask(subjects.DELETE_SECRET, order)
        return no_content()


def _admin(request: Request) -> Actor:
    actor = identity_of(request).actor
    if not actor.is_admin:
        raise Refused("forbidden", "Only an admin can change secrets.")
    return actor
