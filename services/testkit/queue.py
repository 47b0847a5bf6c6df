"""The queues of workflows that limit how many of their runs run at once, read off the runs themselves."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from services.engine.domain.run_state import Live, Queued, RunState, status_of
from services.testkit.library import Library


class MemoryQueue:
    """Implements `QueueStore`."""

    def __init__(
        self,
        library: Library,
        ids: Callable[[], Iterable[UUID]],
        state_of: Callable[[UUID], RunState],
    ) -> None:
        self._library = library
        self._ids = ids
        self._state_of = state_of

    def _queued(self, workflow_id: UUID) -> list[UUID]:
        return [
            run_id
            for run_id in self._ids()
            if isinstance(state := self._state_of(run_id), Queued)
            and state.facts.workflow_id == workflow_id
        ]

    def _free(self, workflow_id: UUID) -> int:
        limit = self._library.newest(workflow_id).definition.settings.concurrency
        running = sum(
            isinstance(state := self._state_of(run_id), Live)
            and state.facts.workflow_id == workflow_id
            and status_of(state) == "Running"
            for run_id in self._ids()
        )
        return len(self._queued(workflow_id)) if limit is None else max(limit - running, 0)

    async def queues(self, limit: int) -> dict[UUID, bool]:  # noqa: ARG002 - a lab is small
        """Return the workflows in whose queues runs wait, and whether each has a free slot."""
        return {
            workflow_id: self._free(workflow_id) > 0
            for workflow_id in self._library.ids()
            if self._queued(workflow_id)
        }

    async def admit(
        self,
        workflow_ids: Sequence[UUID],
        now: datetime,  # noqa: ARG002 - what is admitted starts at once
        limit: int,  # noqa: ARG002 - a lab is small
    ) -> Sequence[UUID]:
        """Give the free slots to the oldest runs in the queues, and return these."""
        return [
            run_id
            for workflow_id in workflow_ids
            for run_id in self._queued(workflow_id)[: self._free(workflow_id)]
        ]

    async def unstarted(self, before: datetime, limit: int) -> Sequence[UUID]:  # noqa: ARG002 - the same
        """Return nothing: what is admitted starts at once."""
        return ()
