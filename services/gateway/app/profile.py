"""The caller's own profile: read, and changed in part."""

from functools import cache
from zoneinfo import available_timezones

from services.chassis.errors import Refused
from services.gateway.app.account import account_of
from services.gateway.app.authenticate import Doorman
from services.gateway.app.ports import Clock, Credentials, Profiles
from services.gateway.domain.identity import ByAdminToken, Identity, User
from services.gateway.domain.profile import Change, Profile


class OwnProfile:
    """The profile of one person at a time."""

    def __init__(
        self, profiles: Profiles, credentials: Credentials, doorman: Doorman, clock: Clock
    ) -> None:
        self._profiles = profiles
        self._credentials = credentials
        self._doorman = doorman
        self._clock = clock

    async def show(self, identity: Identity) -> Profile:
        """Return the caller's profile. Raises Transient."""
        user = await account_of(identity, self._credentials)
        return await self._profiles.profile(user.id)

    async def change(self, identity: Identity, change: Change) -> Profile:
        """Change what is named and return the whole. Raises Refused, with nothing changed, or Transient."""
        user = await account_of(identity, self._credentials)
        zone = change.wishes.time_zone
        if zone is not None and zone not in _zones():
            raise Refused("invalid-request", f"There is no time zone {zone!r}.", field="time_zone")
        if change.name is not None:
            await self._rename(identity, user, change.name)
        if change.named:
            await self._profiles.change(user.id, change, self._clock())
        return await self._profiles.profile(user.id)

    async def _rename(self, identity: Identity, user: User, name: str) -> None:
        """Tasks are assigned by name: whoever could choose theirs could choose whose tasks they decide."""
        if user.role != "admin":
            raise Refused("forbidden", "Only an admin can change a name: tasks are assigned by it.")
        if not await self._profiles.rename(user.id, name):
            raise Refused("name-taken", "Somebody else has this name.", field="name")
        if not isinstance(identity, ByAdminToken):
            self._doorman.forget(identity.digest)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
