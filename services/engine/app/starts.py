"""What is answered to those who start, cancel or report."""

from uuid import UUID

from contracts.run import StartedRun
from services.engine.app.orders import RunDone
from services.engine.domain.run_state import NotStarted, status_of


def started_run(run_id: UUID, done: RunDone) -> StartedRun:
    """Return the run as committed; `repeated` if it had been started before."""
    state = done.state
    assert not isinstance(state, NotStarted), "a start that is done has started"
    return StartedRun(
        id=run_id,
        workflow_id=state.facts.workflow_id,
        workflow_name=state.facts.workflow_name,
        version=state.facts.version,
        status=status_of(state),
        started_at=state.facts.started_at,
        repeated=not done.events,
    )
