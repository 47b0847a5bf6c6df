"""Signing in and out over HTTP, and API tokens."""

from dataclasses import asdict
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.chassis.errors import Refused
from services.gateway.app.api_tokens import ApiTokens
from services.gateway.app.sign_in import SignIn, StartedSession
from services.gateway.domain.credential import could_be_secret, digest_of
from services.gateway.domain.identity import BySession, User, session_age_max
from services.gateway.entry.answers import documented, model_answer, no_content
from services.gateway.entry.doorway import SESSION_COOKIE, Doorway, address_of, is_https
from services.gateway.entry.forms import (
    MadeTokenAnswer,
    SessionAnswer,
    SignInForm,
    SignInLinkAnswer,
    TokenAnswer,
    TokenForm,
    TokenPage,
    UserAnswer,
)
from services.gateway.entry.idempotency import key_of, request_digest
from services.gateway.entry.openapi import IDEMPOTENCY_KEY, extra
from services.gateway.entry.routing import identity_of, raw_body_of


class SessionRoutes:
    """`/api/v1/session` and `/api/v1/sign-in-links`."""

    def __init__(self, sign_in: SignIn, doorway: Doorway) -> None:
        self._sign_in = sign_in
        self._doorway = doorway

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["session"])
        path = "/api/v1/session"
        answers = documented(SessionAnswer, 401)
        add(path, self.begin, methods=["POST"], responses={**answers, **documented(None, 403, 429)})
        add(path, self.show, responses=answers)
        add(
            path,
            self.end,
            methods=["DELETE"],
            status_code=204,
            responses=documented(None, status=204, note="Signed out."),
        )
        add(
            "/api/v1/sign-in-links",
            self.make_link,
            methods=["POST"],
            status_code=201,
            responses=documented(
                SignInLinkAnswer, 403, status=201, note="Valid once, for 15 minutes."
            ),
        )

    async def begin(self, request: Request, form: SignInForm) -> Response:
        """Exchange the token of a sign-in link for a session cookie. The session before it, if any, ends."""
        address = address_of(request.scope)
        self._doorway.slow_down(address)
        try:
            started = await self._sign_in.exchange(form.token)
        except Refused:
            self._doorway.failed(address)
            raise
        before = request.cookies.get(SESSION_COOKIE, "")
        if could_be_secret(before):
            await self._sign_in.end_by_secret_digest(digest_of(before))
        answer = model_answer(_session_of(started.user, started))
        _set_cookie(answer, started.secret, secure=is_https(request.scope))
        return answer

    async def show(self, request: Request) -> Response:
        """Tell who is signed in with this browser."""
        session = _own_session(request)
        return model_answer(_session_of(session.user, session))

    async def end(self, request: Request) -> Response:
        """Sign out."""
        await self._sign_in.end(_own_session(request))
        answer = no_content()
        answer.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
        return answer

    async def make_link(self, request: Request) -> Response:
        """Make a one-time link to sign in with a browser. For admins."""
        link = await self._sign_in.make_link(identity_of(request))
        return model_answer(
            SignInLinkAnswer(url_path=link.url_path, expires_at=link.expires_at), 201
        )


def _own_session(request: Request) -> BySession:
    identity = identity_of(request)
    if not isinstance(identity, BySession):
        raise Refused("not-signed-in", "This is about a browser's session; a token has none.")
    return identity


def _session_of(user: User, session: StartedSession | BySession) -> SessionAnswer:
    return SessionAnswer(
        user=UserAnswer(id=user.id, name=user.name, role=user.role),
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
    )


def _set_cookie(answer: Response, secret: str, *, secure: bool) -> None:
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(session_age_max.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


class TokenRoutes:
    """`/api/v1/tokens`."""

    def __init__(self, tokens: ApiTokens) -> None:
        self._tokens = tokens

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["tokens"])
        path = "/api/v1/tokens"
        add(path, self.list_tokens, responses=documented(TokenPage))
        add(
            path,
            self.make,
            methods=["POST"],
            status_code=201,
            responses=documented(MadeTokenAnswer, 422, status=201, note="Made; shown this once."),
            openapi_extra=extra(IDEMPOTENCY_KEY),
        )
        add(
            path + "/{token_id}",
            self.revoke,
            methods=["DELETE"],
            status_code=204,
            responses=documented(None, 404, status=204, note="Revoked."),
        )

    async def list_tokens(self, request: Request) -> Response:
        """List the caller's API tokens, newest first."""
        items = await self._tokens.list(identity_of(request))
        return model_answer(TokenPage(items=[TokenAnswer(**asdict(item)) for item in items]))

    async def make(self, request: Request, form: TokenForm) -> Response:
        """Make an API token that may what the caller may."""
        made = await self._tokens.make(
            identity_of(request),
            form.name,
            form.expires_in_days,
            idempotency_key=key_of(request),
            request_digest=request_digest(request, raw_body_of(request)),
        )
        return model_answer(MadeTokenAnswer(**asdict(made.item), token=made.token), 201)

    async def revoke(self, request: Request, token_id: UUID) -> Response:
        """Revoke an API token at once."""
        await self._tokens.revoke(identity_of(request), token_id)
        return no_content()
