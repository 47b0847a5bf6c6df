"""A run of the lab, as a test looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from contracts.base import Json
from contracts.envelope import CloudEvent
from contracts.run import RunError, RunStatus
from contracts.run_view import TraceStep
from services.engine.domain.run_state import status_of

if TYPE_CHECKING:
    from services.testkit.lab import Lab
    from services.testkit.tasks import LabTask


@dataclass(frozen=True, slots=True)
class LabRun:
    """Everything is read when it is asked for: it is as of now."""

    lab: "Lab"
    id: UUID

    @property
    def status(self) -> RunStatus:
        return status_of(self.lab.run_state(self.id))

    @property
    def events(self) -> Sequence[CloudEvent]:
        """The log of the run."""
        return self.lab.run_events(self.id)

    @property
    def output(self) -> Json:
        """What the run put out; None until it has completed."""
        return self.lab.trace(self.id)[1]

    @property
    def error(self) -> RunError | None:
        """Why the run failed."""
        for event in self.events:
            if event.type == "flusso.run.failed":
                return RunError.model_validate(event.data["error"])
        return None

    @property
    def trace(self) -> Sequence[TraceStep]:
        """The steps, as the page of the run shows them."""
        return self.lab.trace(self.id)[0]

    def step(self, node: str) -> TraceStep:
        """Return the newest visit of a node; raises LookupError if the run has not come to it."""
        for step in reversed(self.trace):
            if step.node == node:
                return step
        reached = ", ".join(step.node for step in self.trace)
        message = f"the run has not come to `{node}`, only to: {reached}"
        raise LookupError(message)

    @property
    def tasks(self) -> "Sequence[LabTask]":
        """What the run asks of people now, oldest first."""
        return [task for task in self.lab.tasks if task.opened.run_id == self.id]

    def task(self, node: str | None = None) -> "LabTask":
        """Return the one open task, of a node if it is named; raises LookupError that says what there is instead."""
        found = [task for task in self.tasks if node in (None, task.node)]
        if len(found) == 1:
            return found[0]
        open_at = ", ".join(task.node for task in self.tasks) or "nothing"
        message = f"the run is {self.status} and asks at: {open_at}"
        raise LookupError(message)

    @property
    def children(self) -> "Sequence[LabRun]":
        """The runs that this one has called, in the order in which they began."""
        return [run for run in self.lab.runs if self.lab.parent_of(run.id) == self.id]
