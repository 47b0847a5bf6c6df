"""Profiles in PostgreSQL."""

from datetime import datetime

from services.chassis.database import Pool
from services.gateway.adapters.database import fetch, fetch_one
from services.gateway.domain.identity import User
from services.gateway.domain.profile import Change, Profile, Wishes


class StoredProfiles:
    """The `Profiles` port over a pool on the schema `gateway`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def profile(self, user_id: str) -> Profile:
        row = await fetch_one(self._pool, "find_profile", user_id)
        assert row is not None, "who is signed in has an account"
        wishes = Wishes(row["time_zone"], row["language"], row["theme"], row["shortcuts"])
        return Profile(User(str(row["id"]), row["name"], row["role"]), wishes)

    async def change(self, user_id: str, change: Change, now: datetime) -> None:
        wishes = change.wishes
        await fetch(
            self._pool,
            "change_profile",
            user_id,
            sorted(change.named),
            wishes.time_zone,
            wishes.language,
            wishes.theme,
            wishes.shortcuts,
            now,
        )

    async def rename(self, user_id: str, name: str) -> bool:
        return await fetch_one(self._pool, "rename_user", user_id, name) is not None
