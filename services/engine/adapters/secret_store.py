"""Secrets in PostgreSQL, encrypted before they come here."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.secret import ListSecrets, UsingWorkflow
from services.chassis.database import Pool, translated
from services.chassis.pages import text_cursor
from services.engine.adapters.statements import statements
from services.engine.app.secret_ports import SealedSecret, SealedText, StoredSecret, Users
from services.engine.domain.secret_names import context_of


class PostgresSecrets:
    """One method a statement; every one raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(
        self, secret: SealedSecret, now: datetime, secrets_max: int
    ) -> StoredSecret | None:
        """Set or replace a secret; None if it is new and there are too many."""
        with translated():
            row = await self._pool.fetchrow(
                statements["put_secret"],
                secret.name,
                secret.description,
                secret.ciphertext,
                secret.key_id,
                now,
                secret.by,
                secrets_max,
            )
        return None if row is None else StoredSecret(**dict(row))

    async def page(self, question: ListSecrets) -> list[StoredSecret]:
        """Return up to one secret more than the page holds."""
        after, _ = text_cursor(question.cursor)
        with translated():
            rows = await self._pool.fetch(statements["list_secrets"], after, question.limit + 1)
        return [StoredSecret(**dict(row)) for row in rows]

    async def users(self, names: Sequence[str], workflows_max: int) -> Mapping[str, Users]:
        """Return who uses these secrets; those that nobody uses are left out."""
        with translated():
            rows = await self._pool.fetch(statements["users_of_secrets"], names, workflows_max)
        found: dict[str, list[UsingWorkflow]] = {}
        for row in rows:
            user = UsingWorkflow(id=row["workflow_id"], name=row["workflow_name"])
            found.setdefault(row["secret"], []).append(user)
        totals = {row["secret"]: row["total"] for row in rows}
        return {name: Users(workflows, totals[name]) for name, workflows in found.items()}

    async def delete(self, name: str, *, force: bool) -> bool:
        """Delete a secret that nobody uses, or whoever does; tell whether it was there and could be."""
        with translated():
            found = await self._pool.fetchval(statements["delete_secret"], name, force)
        return found is not None

    async def names(self, limit: int) -> frozenset[str]:
        """Return the names of all secrets."""
        with translated():
            rows = await self._pool.fetch(statements["names_of_secrets"], limit)
        return frozenset(row["name"] for row in rows)

    async def ciphertexts(self, names: Sequence[str], now: datetime) -> Mapping[str, str]:
        """Return those that exist, and remember when they were used."""
        with translated():
            rows = await self._pool.fetch(statements["open_secrets"], names, now)
        return {row["name"]: row["ciphertext"] for row in rows}

    async def under_other_keys(
        self, key_id: str, after: str | None, limit: int
    ) -> list[SealedText]:
        """Return secrets after that name that were not encrypted with this key, by name."""
        with translated():
            rows = await self._pool.fetch(
                statements["secrets_under_other_keys"], key_id, after, limit
            )
        return [SealedText(row["name"], row["ciphertext"], context_of(row["name"])) for row in rows]

    async def replace(self, old: SealedText, text: str, key_id: str) -> bool:
        """Replace a text unless somebody else has; tell whether it was."""
        with translated():
            found = await self._pool.fetchval(
                statements["reencrypt_secret"], old.id, old.text, text, key_id
            )
        return found is not None
