"""What operators ask over HTTP, all of it for admins: health, dead letters, verifying, what was lost, rebuilding."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.actor import Actor
from contracts.base import Command
from contracts.operations import (
    OPERATIONS,
    DeadLetter,
    DeadLetterPage,
    DeadLetterReason,
    DeadLetterView,
    DiscardDeadLetters,
    DiscardedDeadLetters,
    GetDeadLetter,
    GetRebuild,
    ListDeadLetters,
    ListLostFacts,
    LostFactPage,
    Rebuild,
    RebuildInbox,
    ReplayDeadLetters,
    ReplayedDeadLetters,
    ServiceName,
)
from services.chassis.errors import Refused
from services.gateway.app.ports import Asking
from services.gateway.app.system_health import SERVICES, AskHealth
from services.gateway.app.verify import Verify
from services.gateway.domain.verification import Scope
from services.gateway.entry.answers import documented, json_answer, model_answer
from services.gateway.entry.forms import PageQuery
from services.gateway.entry.operation_forms import (
    ChosenLettersForm,
    DeadLettersAnswer,
    DeadLettersQuery,
    LostQuery,
    SystemHealthAnswer,
    VerificationAnswer,
    VerificationForm,
    VerificationsAnswer,
    verification_answer,
)
from services.gateway.entry.routing import identity_of

ROOT = "/api/v1/system"
LETTERS = ROOT + "/dead-letters"
VERIFICATIONS = ROOT + "/verifications"
ONE_VERIFICATION = VERIFICATIONS + "/{verification_id}"
REBUILD = ROOT + "/inbox-rebuild"
replay_seconds_max = 30.0
"""Two hundred letters are handled one by one."""


class OperationRoutes:
    """Routes below `/api/v1/system`."""

    def __init__(self, asking: Asking, health: AskHealth, verify: Verify) -> None:
        self._asking = asking
        self._health = health
        self._verify = verify

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, tags=["system"])
        post = partial(add, methods=["POST"])
        add(ROOT + "/health", self.health, responses=documented(SystemHealthAnswer, 403))
        add(LETTERS, self.letters, responses=documented(DeadLettersAnswer, 403, 422))
        add(
            LETTERS + "/{service}/{letter_id}",
            self.letter,
            responses=documented(DeadLetterView, 403, 404),
        )
        post(
            LETTERS + "/replay",
            self.replay,
            responses=documented(ReplayedDeadLetters, 403, 422, note="Handled once more."),
        )
        post(
            LETTERS + "/discard",
            self.discard,
            responses=documented(DiscardedDeadLetters, 403, 422, note="Given up."),
        )
        post(
            VERIFICATIONS,
            self.begin,
            status_code=201,
            responses=documented(VerificationAnswer, 403, 409, 422, status=201, note="Begun."),
        )
        add(VERIFICATIONS, self.verifications, responses=documented(VerificationsAnswer, 403, 422))
        add(
            ONE_VERIFICATION,
            self.verification,
            responses=documented(VerificationAnswer, 403, 404),
        )
        post(
            ONE_VERIFICATION + "/stop",
            self.stop,
            responses=documented(VerificationAnswer, 403, 404, note="Stopped where it is."),
        )
        post(
            ONE_VERIFICATION + "/resume",
            self.resume,
            responses=documented(VerificationAnswer, 403, 404, 409, note="It goes on."),
        )
        add(ROOT + "/lost", self.lost, responses=documented(LostFactPage, 403, 422))
        post(
            REBUILD,
            self.rebuild,
            status_code=202,
            responses=documented(Rebuild, 403, status=202, note="It is under way."),
        )
        add(REBUILD, self.rebuild_state, responses=documented(Rebuild, 403))

    # -- health --------------------------------------------------------------------------------------------------------

    async def health(self, request: Request) -> Response:
        """Tell how every replica is, and what the last look at everything found. For admins."""
        _admin(request)
        found = await self._health.ask()
        last = await self._health.last_verification()
        return model_answer(
            SystemHealthAnswer(
                services=found.services,
                missing=found.missing,
                intake_waiting=found.intake_waiting,
                verification=None if last is None else verification_answer(last),
            )
        )

    # -- dead letters --------------------------------------------------------------------------------------------------

    async def letters(
        self, request: Request, query: Annotated[DeadLettersQuery, Query()]
    ) -> Response:
        """List what consumers could not handle and nobody has settled, service by service. For admins."""
        _admin(request)
        services = SERVICES if query.service is None else (query.service,)
        at, cursor = _place(query.cursor, services)
        items: list[DeadLetter] = []
        following: str | None = None
        total = 0
        reasons: list[DeadLetterReason] = []
        for place, service in enumerate(services):
            room = query.limit - len(items)
            wanted = ListDeadLetters(
                reason=query.reason, limit=max(1, room), cursor=cursor if place == at else None
            )
            page = DeadLetterPage.model_validate_json(await self._ask(service, wanted))
            total += page.total
            reasons += page.reasons
            if place < at or following is not None:
                continue
            if room == 0:
                following = f"{service}:" if page.items else None
                continue
            items += page.items
            if page.next_cursor is not None:
                following = f"{service}:{page.next_cursor}"
        return model_answer(
            DeadLettersAnswer(items=items, next_cursor=following, total=total, reasons=reasons)
        )

    async def letter(self, request: Request, service: ServiceName, letter_id: UUID) -> Response:
        """Show one dead letter with its message. For admins."""
        _admin(request)
        return json_answer(await self._ask(service, GetDeadLetter(id=letter_id)))

    async def replay(self, request: Request, form: ChosenLettersForm) -> Response:
        """Hand dead letters to their consumer once more; doing it twice is harmless. For admins."""
        order = ReplayDeadLetters(ids=form.ids, reason=form.reason, actor=_admin(request))
        return json_answer(await self._ask(form.service, order, replay_seconds_max))

    async def discard(self, request: Request, form: ChosenLettersForm) -> Response:
        """Give dead letters up; who did it is kept, what came is not. For admins."""
        order = DiscardDeadLetters(ids=form.ids, reason=form.reason, actor=_admin(request))
        return json_answer(await self._ask(form.service, order))

    # -- verifications -------------------------------------------------------------------------------------------------

    async def begin(self, request: Request, form: VerificationForm) -> Response:
        """Look whether everything holds, while everything works; one at a time. For admins."""
        actor = _admin(request)
        begun = await self._verify.begin(Scope(limit=form.limit, since=form.since), actor.name)
        return model_answer(verification_answer(begun), 201)

    async def verifications(
        self, request: Request, query: Annotated[PageQuery, Query()]
    ) -> Response:
        """List the last looks at everything, the newest first. For admins."""
        _admin(request)
        found = await self._verify.last(query.limit)
        return model_answer(
            VerificationsAnswer(
                items=[verification_answer(one, with_findings=False) for one in found]
            )
        )

    async def verification(self, request: Request, verification_id: UUID) -> Response:
        """Tell how far one is and what it has found. For admins."""
        _admin(request)
        return model_answer(verification_answer(await self._verify.get(verification_id)))

    async def stop(self, request: Request, verification_id: UUID) -> Response:
        """Stop one where it is. For admins."""
        _admin(request)
        return model_answer(verification_answer(await self._verify.stop(verification_id)))

    async def resume(self, request: Request, verification_id: UUID) -> Response:
        """Have a stopped one go on from where it was. For admins."""
        _admin(request)
        return model_answer(verification_answer(await self._verify.resume(verification_id)))

    # -- restoring and rebuilding --------------------------------------------------------------------------------------

    async def lost(self, request: Request, query: Annotated[LostQuery, Query()]) -> Response:
        """List what a restored backup has undone, as far as the broker still knows it. For admins."""
        _admin(request)
        question = ListLostFacts(cursor=query.cursor, since=query.since)
        return json_answer(await self._ask(query.service, question, replay_seconds_max))

    async def rebuild(self, request: Request) -> Response:
        """Make the lists and counters of tasks anew from the log, beside those in use. For admins."""
        return json_answer(await self._ask("tasks", RebuildInbox(actor=_admin(request))), 202)

    async def rebuild_state(self, request: Request) -> Response:
        """Tell how far the last rebuild is. For admins."""
        _admin(request)
        return json_answer(await self._ask("tasks", GetRebuild()))

    async def _ask(
        self, service: ServiceName, command: Command, seconds: float | None = None
    ) -> bytes:
        subject = OPERATIONS[service][type(command)]
        return await self._asking.ask(subject, command, timeout_seconds=seconds)


def _admin(request: Request) -> Actor:
    actor = identity_of(request).actor
    if not actor.is_admin:
        raise Refused("forbidden", "Only an admin can look after the system.")
    return actor


def _place(cursor: str | None, services: tuple[ServiceName, ...]) -> tuple[int, str | None]:
    """Return with which service a page begins, and the cursor of that service's own list."""
    if cursor is None:
        return 0, None
    name, _, own = cursor.partition(":")
    for place, service in enumerate(services):
        if service == name:
            return place, own or None
    raise Refused("invalid-cursor", "The cursor is not one that a list answered.")
