"""What the use cases of workflows need from outside. Every method raises Transient when it is away."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.workflow import (
    ListWorkflows,
    VersionItem,
    WorkflowItem,
    WorkflowStatus,
    WorkflowUse,
    WorkflowView,
)
from services.engine.app.ports import Draft


class LockedWorkflow(Protocol):
    """A workflow that nobody else can change while it is held."""

    version: int

    async def store(self, draft: Draft, by: str, now: datetime) -> None:
        """Make this the next version."""
        ...


class WorkflowStore(Protocol):
    """Workflows and their versions."""

    async def insert(
        self, workflow_id: UUID, draft: Draft, digest: str | None, by: str, now: datetime
    ) -> bool:
        """Store version 1; tell whether the id was free."""
        ...

    def locked(self, workflow_id: UUID) -> AbstractAsyncContextManager[LockedWorkflow]:
        """Hold the workflow in one short transaction. Raises Refused("workflow-not-found")."""
        ...

    async def set_status(self, workflow_id: UUID, status: WorkflowStatus, now: datetime) -> None:
        """Give the status. Raises Refused("workflow-not-found")."""
        ...

    async def digest_of(self, workflow_id: UUID) -> str | None:
        """Return the digest of the request that created the workflow."""
        ...

    async def view(self, workflow_id: UUID, version: int | None = None) -> WorkflowView:
        """Return a workflow, whole. Raises Refused("workflow-not-found")."""
        ...

    async def page(self, question: ListWorkflows) -> list[WorkflowItem]:
        """Return up to one item more than the page holds."""
        ...

    async def versions(
        self, workflow_id: UUID, before: int | None, limit: int
    ) -> list[VersionItem]:
        """Return the versions, newest first."""
        ...

    async def use(self, workflow_id: UUID, counted_max: int, callers_max: int) -> WorkflowUse:
        """Return what hangs on a workflow. Raises Refused("workflow-not-found")."""
        ...

    async def live_runs(self, workflow_id: UUID, limit: int) -> list[UUID]:
        """Return runs that have not ended."""
        ...

    async def delete_ended_runs(self, workflow_id: UUID, limit: int) -> int:
        """Delete up to `limit` ended runs whose events were all told, with their logs, and return how many."""
        ...

    async def delete_if_unused(self, workflow_id: UUID) -> bool:
        """Delete the workflow and its versions unless a run exists. Raises Refused("workflow-not-found")."""
        ...
