"""Drafts of workflows: what a person edits and has not saved, kept as it is, for nobody else, and never run."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import orjson

from contracts.actor import Actor
from contracts.base import JsonObject, Nothing
from contracts.workflow import (
    DropWorkflowDraft,
    GetWorkflowDraft,
    KeepWorkflowDraft,
    WorkflowDraft,
    WorkflowDraftAnswer,
)
from services.chassis.errors import Refused, Transient
from services.chassis.ids import derived_id
from services.engine.app.draft_ports import DraftBody, DraftStore, StoredDraft
from services.engine.app.ports import NUL, Sealer
from services.engine.app.workflow_ports import WorkflowStore

draft_bytes_max = 524_288
"""Of the text: twice what a definition may have, so that one which is too long can be kept while it is shortened."""
NEW = "new"
logger = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Drafts:
    """One draft for each person and workflow, and one for each person's next workflow."""

    def __init__(
        self,
        store: DraftStore,
        workflows: WorkflowStore,
        sealer: Sealer,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._workflows = workflows
        self._sealer = sealer
        self._clock = clock

    async def keep(self, command: KeepWorkflowDraft) -> WorkflowDraft:
        """Keep a draft in the place of the former one.

        Raises Refused: `draft-changed` if `if_revision` is not the draft's, `too-large`, `workflow-not-found`.
        """
        _check_text(command)
        draft_id, now = draft_id_of(command.actor, command.workflow_id), self._clock()
        body = self._sealed(draft_id, command)
        owner = owner_of(command.actor)
        revision = await self._store.keep(
            draft_id, owner, command.workflow_id, body, command.if_revision, now
        )
        if revision is None:
            raise await self._refusal(command.workflow_id, draft_id)
        return _view(_content_of(command), revision, now)

    async def _refusal(self, workflow_id: UUID | None, draft_id: UUID) -> Refused:
        if workflow_id is not None:
            await self._workflows.view(workflow_id)
        found = await self._store.get(draft_id)
        message = "This draft was changed or dropped elsewhere; load it before you keep yours."
        return Refused("draft-changed", message, revision=found.revision if found else None)

    async def get(self, question: GetWorkflowDraft) -> WorkflowDraftAnswer:
        """Return the draft, if there is one that can be read."""
        draft_id = draft_id_of(question.actor, question.workflow_id)
        found = await self._store.get(draft_id)
        draft = None if found is None else self._opened(draft_id, found)
        return WorkflowDraftAnswer(draft=draft)

    async def drop(self, command: DropWorkflowDraft) -> Nothing:
        """Forget the draft. Raises Refused("draft-changed") if it is there at another revision."""
        draft_id = draft_id_of(command.actor, command.workflow_id)
        if not await self._store.drop(draft_id, command.if_revision):
            found = await self._store.get(draft_id)
            if found is not None:
                message = "This draft was changed elsewhere; load it before you drop it."
                raise Refused("draft-changed", message, revision=found.revision)
        return Nothing()

    async def saved(self, actor: Actor, workflow_id: UUID | None) -> None:
        """Forget what has become a version; a draft that is left over after a fault only says so when it is opened."""
        try:
            await self._store.drop(draft_id_of(actor, workflow_id))
        except Transient as error:
            logger.warning("a draft was left over", extra={"reason": str(error)})

    def _sealed(self, draft_id: UUID, command: KeepWorkflowDraft) -> DraftBody:
        content = orjson.dumps(_content_of(command))
        if self._sealer.key_id is None:
            return DraftBody(command.base_version, content.decode(), is_encrypted=False)
        body = self._sealer.encrypt(content, context_of(draft_id))
        return DraftBody(command.base_version, body, is_encrypted=True)

    def _opened(self, draft_id: UUID, found: StoredDraft) -> WorkflowDraft | None:
        content = found.kept.body.encode()
        if found.kept.is_encrypted:
            try:
                content = self._sealer.decrypt(found.kept.body, context_of(draft_id))
            except Refused as error:
                # Its key was taken away. It is no more than a draft: whoever opens the editor begins anew.
                logger.warning("a draft cannot be read", extra={"reason": error.message})
                return None
        return _view(orjson.loads(content), found.revision, found.saved_at)


def owner_of(actor: Actor) -> str:
    """Return whose drafts an actor's are."""
    return f"{actor.kind}:{actor.id}"


def draft_id_of(actor: Actor, workflow_id: UUID | None) -> UUID:
    """Return the id of an actor's draft of a workflow, or of their next new one."""
    return derived_id("workflow-draft", owner_of(actor), str(workflow_id or NEW))


def context_of(draft_id: UUID) -> bytes:
    """Return what binds an encrypted draft to its place."""
    return b"workflow-draft:" + draft_id.bytes


def _view(content: JsonObject, revision: int, saved_at: datetime) -> WorkflowDraft:
    return WorkflowDraft(**content, revision=revision, saved_at=saved_at)


def _content_of(command: KeepWorkflowDraft) -> JsonObject:
    return command.model_dump(
        include={"name", "description", "text", "format", "base_version"}, mode="json"
    )


def _check_text(command: KeepWorkflowDraft) -> None:
    if NUL in command.name + command.description + command.text:
        raise Refused("invalid-request", "This holds a NUL character.", path="/text")
    size = len(command.text.encode("utf-8", "surrogatepass"))
    if size > draft_bytes_max:
        message = f"A draft has at most {draft_bytes_max:,} bytes; this one has {size:,}."
        raise Refused("too-large", message, bytes_max=draft_bytes_max)
