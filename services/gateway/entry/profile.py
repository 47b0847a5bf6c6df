"""`/api/v1/me`: who the caller is, and how they want the app."""

from dataclasses import asdict
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Fact
from services.gateway.app.profile import OwnProfile
from services.gateway.domain.profile import Change, Language, Profile, Theme, Wishes
from services.gateway.entry.answers import documented, model_answer
from services.gateway.entry.forms import Form, Name
from services.gateway.entry.routing import identity_of

WISHES = frozenset({"time_zone", "language", "theme", "shortcuts"})


class ProfileForm(Form):
    """What is to change; a wish of null goes back to what the device has. What is left out stays."""

    name: Name | None = None
    time_zone: Name | None = None
    language: Language | None = None
    theme: Theme | None = None
    shortcuts: bool | None = None


class ProfileAnswer(Fact):
    """A person and what they chose; null is as the device has it."""

    id: str
    name: str
    role: str
    time_zone: str | None
    language: Language | None
    theme: Theme | None
    shortcuts: bool | None


class ProfileRoutes:
    """`/api/v1/me`."""

    def __init__(self, profile: OwnProfile) -> None:
        self._profile = profile

    def add_to(self, router: APIRouter) -> None:
        """Register the routes."""
        add = partial(router.add_api_route, "/api/v1/me", tags=["session"])
        add(self.show, responses=documented(ProfileAnswer))
        add(
            self.change,
            methods=["PATCH"],
            responses=documented(ProfileAnswer, 400, 403, 409, 413, 415, 422),
        )

    async def show(self, request: Request) -> Response:
        """Tell who calls, and how they want the app."""
        return _told(await self._profile.show(identity_of(request)))

    async def change(self, request: Request, form: ProfileForm) -> Response:
        """Change what is given. Only an admin can change a name, by which tasks are assigned."""
        change = Change(
            form.name,
            Wishes(form.time_zone, form.language, form.theme, form.shortcuts),
            frozenset(form.model_fields_set & WISHES),
        )
        return _told(await self._profile.change(identity_of(request), change))


def _told(profile: Profile) -> Response:
    return model_answer(ProfileAnswer(**asdict(profile.user), **asdict(profile.wishes)))
