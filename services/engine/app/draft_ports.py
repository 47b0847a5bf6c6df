"""What drafts need from outside. Every method raises Transient when it is away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DraftBody:
    """A draft as it is kept: `body` is encrypted if there was a key."""

    base_version: int | None
    body: str
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft that is kept; each change of it has a greater revision."""

    kept: DraftBody
    revision: int
    saved_at: datetime


class DraftStore(Protocol):
    """Drafts, by id."""

    async def keep(
        self,
        draft_id: UUID,
        owner: str,
        workflow_id: UUID | None,
        body: DraftBody,
        if_revision: int | None,
        now: datetime,
    ) -> int | None:
        """Return the new revision; None if the draft's is not `if_revision` (0: none), or the workflow is gone."""
        ...

    async def get(self, draft_id: UUID) -> StoredDraft | None:
        """Return a draft."""
        ...

    async def drop(self, draft_id: UUID, if_revision: int | None = None) -> bool:
        """Forget a draft; tell whether it was there, at that revision."""
        ...
