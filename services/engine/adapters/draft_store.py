"""Drafts of workflows in PostgreSQL, encrypted before they come here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.chassis.database import Pool, translated
from services.engine.adapters.statements import statements
from services.engine.adapters.vault import FORM, key_id_of
from services.engine.app.draft_ports import DraftBody, StoredDraft
from services.engine.app.drafts import context_of
from services.engine.app.secret_ports import SealedText


class PostgresDrafts:
    """Implements `DraftStore` and `SealedTexts`; every method raises Transient when the database is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(
        self,
        draft_id: UUID,
        owner: str,
        workflow_id: UUID | None,
        body: DraftBody,
        if_revision: int | None,
        now: datetime,
    ) -> int | None:
        """Return the new revision; None if the draft is at another one, or its workflow is gone."""
        with translated():
            revision: int | None = await self._pool.fetchval(
                statements["keep_draft"],
                draft_id,
                owner,
                workflow_id,
                body.base_version,
                body.body,
                body.is_encrypted,
                now,
                if_revision,
            )
        return revision

    async def get(self, draft_id: UUID) -> StoredDraft | None:
        """Return a draft."""
        with translated():
            row = await self._pool.fetchrow(statements["get_draft"], draft_id)
        if row is None:
            return None
        kept = DraftBody(row["base_version"], row["body"], row["is_encrypted"])
        return StoredDraft(kept, row["revision"], row["saved_at"])

    async def drop(self, draft_id: UUID, if_revision: int | None = None) -> bool:
        """Forget a draft; tell whether it was there, at that revision."""
        with translated():
            found = await self._pool.fetchval(statements["drop_draft"], draft_id, if_revision)
        return found is not None

    async def under_other_keys(
        self, key_id: str, after: str | None, limit: int
    ) -> Sequence[SealedText]:
        """Return encrypted drafts after that id that are under another key, by id."""
        begins, last = f"{FORM}.{key_id}.", UUID(after) if after else UUID(int=0)
        with translated():
            rows = await self._pool.fetch(statements["drafts_of_other_keys"], begins, last, limit)
        return [SealedText(str(row["id"]), row["body"], context_of(row["id"])) for row in rows]

    async def replace(self, old: SealedText, text: str, key_id: str) -> bool:
        """Replace a body unless somebody else has; tell whether it was."""
        assert key_id_of(text) == key_id, "the text says so itself"
        with translated():
            done = await self._pool.fetchval(
                statements["replace_draft_body"], UUID(old.id), old.text, text
            )
        return done is not None
