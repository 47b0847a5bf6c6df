"""Create, change, list and delete workflows. A version is immutable; runs keep the one they started with."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from contracts.actor import Actor
from contracts.base import Json, Nothing
from contracts.run import CancelRun
from contracts.workflow import (
    CreateWorkflow,
    DeleteWorkflow,
    DuplicateWorkflow,
    Fault,
    GetWorkflow,
    GetWorkflowUse,
    ListVersions,
    ListWorkflows,
    SetWorkflowStatus,
    UpdateWorkflow,
    VersionPage,
    WorkflowPage,
    WorkflowUse,
    WorkflowView,
)
from services.chassis.errors import Refused, Transient
from services.chassis.orders import Done
from services.chassis.pages import encode_cursor, number_cursor
from services.engine.app.callees import faults_of_callees
from services.engine.app.drafts import Drafts
from services.engine.app.fitting import fitting
from services.engine.app.orders import RunPipeline, order_for
from services.engine.app.ports import (
    NUL,
    VERSION_MAX,
    Draft,
    NamedWorkflows,
    workflow_not_found,
)
from services.engine.app.secret_ports import SecretNames
from services.engine.app.webhook_secrets import SecretKeeper, without_secret, written_secret
from services.engine.app.workflow_ports import WorkflowStore
from services.engine.domain.definition import (
    Definition,
    InvalidDefinition,
    parse_definition,
)
from services.engine.domain.definition_text import read_definition
from services.engine.domain.triggers.event import EventTriggerConfig
from services.engine.domain.triggers.webhook import Written

name_chars_max = 200
description_chars_max = 10_000
runs_a_step_max = 500
runs_counted_max = 1_000
"""Beyond, "more than" says as much."""
callers_told_max = 20
delete_seconds_max = 4.0
"""How long to wait for the relay, and for starts that come meanwhile; whoever asked waits 5 s."""
look_again_seconds = 0.05
COPY_OF = "Copy of "


def _now() -> datetime:
    return datetime.now(UTC)


class Workflows:
    """The use cases of workflows."""

    def __init__(
        self,
        store: WorkflowStore,
        pipeline: RunPipeline,
        secrets: SecretKeeper,
        names: SecretNames,
        clock: Callable[[], datetime] = _now,
        called: NamedWorkflows | None = None,
        drafts: Drafts | None = None,
    ) -> None:
        """Without `called` nobody looks, when a workflow is saved, whether those that it calls are there.

        `drafts` are told what was saved.
        """
        self._store = store
        self._pipeline = pipeline
        self._secrets = secrets
        self._names = names
        self._clock = clock
        self._called = called
        self._drafts = drafts

    async def create(self, command: CreateWorkflow) -> WorkflowView:
        """Store a Draft; a repeat of the same request answers with the workflow as it is now."""
        draft = await self._drafted(command)
        free = await self._store.insert(
            command.workflow_id, draft, command.request_digest, command.actor.name, self._clock()
        )
        if not free and await self._store.digest_of(command.workflow_id) != command.request_digest:
            code = "idempotency-key-reused"
            raise Refused(code, "This idempotency key was used for another request.")
        await self._forget_draft(command.actor, None)
        return await self._store.view(command.workflow_id)

    async def update(self, command: UpdateWorkflow) -> WorkflowView:
        """Store the next version."""
        draft = await self._drafted(command)
        async with self._store.locked(command.workflow_id) as head:
            if command.if_version not in {None, head.version}:
                code = "version-mismatch"
                text = "Someone saved a newer version; load it before you save yours."
                raise Refused(code, text, version=head.version)
            await head.store(draft, command.actor.name, self._clock())
        await self._forget_draft(command.actor, command.workflow_id)
        return await self._store.view(command.workflow_id)

    async def _forget_draft(self, actor: Actor, workflow_id: UUID | None) -> None:
        if self._drafts is not None:
            await self._drafts.saved(actor, workflow_id)

    async def _drafted(self, command: CreateWorkflow | UpdateWorkflow) -> Draft:
        names = await self._names.names()
        draft = _draft(command.name, command.description, command.definition, names)
        _check_source(command.source, command.definition)
        await self._check_callees(draft)
        stored = await self._secrets.take_out(command.workflow_id, draft)
        # What a secret was taken out of is not kept as a text either, where it would still stand.
        is_as_written = stored.definition == draft.definition
        return replace(stored, source=command.source) if is_as_written else stored

    async def _check_callees(self, draft: Draft) -> None:
        if self._called is not None and draft.callees:
            faults = await faults_of_callees(draft.callees, self._called, draft.name)
            if faults:
                raise _invalid(faults)

    async def set_status(self, command: SetWorkflowStatus) -> WorkflowView:
        """Activate or pause; a webhook without its secret is not activated."""
        if command.status == "Active":
            await self._secrets.require(command.workflow_id)
        await self._store.set_status(command.workflow_id, command.status, self._clock())
        return await self._store.view(command.workflow_id)

    async def duplicate(self, command: DuplicateWorkflow) -> WorkflowView:
        """Store a Draft of the current version under a new id; the secret of a webhook does not come along."""
        source = await self._store.view(command.workflow_id)
        name = (COPY_OF + source.name)[:name_chars_max]
        draft = _draft(name, source.description, source.definition)
        draft = replace(draft, source=source.source)
        if isinstance(written_secret(draft.definition), Written):
            draft = replace(draft, definition=without_secret(draft.definition), source=None)
        await self._store.insert(
            command.new_workflow_id, draft, None, command.actor.name, self._clock()
        )
        return await self._store.view(command.new_workflow_id)

    async def delete(self, command: DeleteWorkflow) -> Nothing:
        """Delete a workflow and its history; live runs are cancelled first if that is asked for.

        Raises Refused("runs-live"), and Transient if its runs cannot be brought to an end that everybody has heard of.
        """
        view = await self._store.view(command.workflow_id)
        await self._cancel_live_runs(command)
        if view.status == "Active":
            await self._store.set_status(command.workflow_id, "Paused", self._clock())
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + delete_seconds_max
        while not await self._delete_step(command):
            if clock() > give_up_at:
                msg = "its runs keep starting, or how they ended is still being told; try again"
                raise Transient(msg)
            await asyncio.sleep(look_again_seconds)
        return Nothing()

    async def _delete_step(self, command: DeleteWorkflow) -> bool:
        while await self._store.delete_ended_runs(command.workflow_id, runs_a_step_max):
            pass
        if await self._store.delete_if_unused(command.workflow_id):
            return True
        await self._cancel_live_runs(command)
        return False

    async def _cancel_live_runs(self, command: DeleteWorkflow) -> None:
        live = await self._store.live_runs(command.workflow_id, runs_a_step_max)
        if live and not command.cancel_runs:
            code = "runs-live"
            text = (
                "Runs of this workflow are not finished. Cancel them, or delete with cancel_runs."
            )
            raise Refused(code, text, live_runs=len(live))
        while live:
            await self._cancel(live, command.actor)
            live = await self._store.live_runs(command.workflow_id, runs_a_step_max)

    async def _cancel(self, run_ids: list[UUID], actor: Actor) -> None:
        reason = "The workflow was deleted."
        outcomes = await self._pipeline.execute_all(
            [
                order_for(
                    run_id, CancelRun(run_id=run_id, reason=reason, actor=actor), actor=actor.id
                )
                for run_id in run_ids
            ]
        )
        for outcome in outcomes:
            if not isinstance(outcome, Done | Refused):
                raise Transient(str(outcome)) from outcome

    async def get(self, question: GetWorkflow) -> WorkflowView:
        """Return a workflow as of a version."""
        if question.version is not None and not 0 < question.version <= VERSION_MAX:
            raise workflow_not_found()
        return await self._store.view(question.workflow_id, question.version)

    async def use(self, question: GetWorkflowUse) -> WorkflowUse:
        """Return what hangs on a workflow. Raises Refused("workflow-not-found")."""
        return await self._store.use(question.workflow_id, runs_counted_max, callers_told_max)

    async def page(self, question: ListWorkflows) -> WorkflowPage:
        """Return a page of workflows."""
        if question.q and NUL in question.q:
            return WorkflowPage(items=[])
        found = await self._store.page(question)
        items, cursor = fitting(found[: question.limit]), None
        if len(items) < len(found):
            last = items[-1]
            key = last.name if question.sort == "name" else last.updated_at
            cursor = encode_cursor(key, last.id)
        return WorkflowPage(items=items, next_cursor=cursor)

    async def versions(self, question: ListVersions) -> VersionPage:
        """Return a page of versions. Raises Refused("workflow-not-found")."""
        await self._store.view(question.workflow_id)
        before = number_cursor(question.cursor)
        if before is not None:
            before = max(0, min(before, VERSION_MAX))
        items = await self._store.versions(question.workflow_id, before, question.limit + 1)
        cursor = None
        if len(items) > question.limit:
            items = items[: question.limit]
            cursor = encode_cursor(items[-1].version)
        return VersionPage(items=items, next_cursor=cursor)


def _draft(name: str, description: str, raw: Json, secrets: Collection[str] | None = None) -> Draft:
    """Return what to store. Raises Refused; `secrets` are those that exist, unless it does not matter here."""
    _check_text("/name", name, 1, name_chars_max)
    _check_text("/description", description, 0, description_chars_max)
    try:
        definition = parse_definition(raw, secrets)
    except InvalidDefinition as error:
        raise _invalid(error.faults) from error
    return Draft(
        name.strip(),
        description,
        raw,
        len(definition.nodes),
        definition.trigger.type,
        definition.settings.concurrency,
        _event_of(definition),
        secrets=definition.secrets,
        callees=definition.callees,
    )


def _check_source(source: str | None, definition: Json) -> None:
    if source is not None and read_definition(source, "yaml") != definition:
        message = "The source is not the YAML of this definition."
        raise Refused("invalid-request", message, path="/source")


def _event_of(definition: Definition) -> str | None:
    config = definition.trigger.config
    return config.event.strip() if isinstance(config, EventTriggerConfig) else None


def _invalid(faults: Sequence[Fault]) -> Refused:
    told = [fault.model_dump(mode="json") for fault in faults]
    return Refused("invalid-definition", "The definition has faults.", faults=told)


def _check_text(path: str, text: str, chars_min: int, chars_max: int) -> None:
    kind = "invalid-length"
    message = f"This must have {chars_min} to {chars_max} characters."
    if NUL in text:
        kind, message = "unreadable", "This holds a NUL character."
    elif chars_min <= len(text.strip()) <= chars_max:
        return
    fault = {"path": path, "code": kind, "message": message, "suggestion": None}
    code = "invalid-definition"
    raise Refused(code, message, faults=[fault])
