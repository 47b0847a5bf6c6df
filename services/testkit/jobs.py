"""Which jobs are still wanted, read off the runs themselves."""

from collections.abc import Callable
from uuid import UUID

from contracts.run import NodeScheduled
from services.engine.domain.run_state import Live, RunState, Scheduled


class MemoryJobs:
    """Implements `JobStore`."""

    def __init__(self, state_of: Callable[[UUID], RunState]) -> None:
        self._state_of = state_of

    async def is_wanted(self, run_id: UUID, job: NodeScheduled) -> bool:
        """Tell whether the job's result is still awaited."""
        state = self._state_of(run_id)
        expected = Scheduled(job.visit, job.attempt)
        return isinstance(state, Live) and state.nodes.get(job.node) == expected
