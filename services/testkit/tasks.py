"""A task of the lab: what a person sees, and what they can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from contracts.base import Json
from contracts.run import FormField
from contracts.task import TaskAction, TaskOpened, TaskStatus
from services.tasks.domain.task_state import Closed, Pending, Shown

if TYPE_CHECKING:
    from services.testkit.lab import Lab


@dataclass(frozen=True, slots=True)
class LabTask:
    """`approve`, `reject` and `submit` go through the real door: they raise Refused like the API answers."""

    lab: "Lab"
    id: UUID

    @property
    def _shown(self) -> Shown:
        state = self.lab.task_state(self.id)
        assert isinstance(state, Shown), "a task of the lab has been opened"
        return state

    @property
    def opened(self) -> TaskOpened:
        """Everything that people are shown."""
        return self._shown.opened

    @property
    def status(self) -> TaskStatus:
        shown = self._shown
        if isinstance(shown, Pending):
            return "pending"
        return "closed" if isinstance(shown, Closed) else "resolved"

    @property
    def node(self) -> str:
        return self.opened.node

    @property
    def title(self) -> str:
        return self.opened.title

    @property
    def prompt(self) -> str:
        return self.opened.prompt

    @property
    def fields(self) -> Sequence[FormField]:
        return self.opened.fields

    @property
    def assignees(self) -> Sequence[str]:
        return self.opened.assignees

    @property
    def due_at(self) -> datetime | None:
        return self.opened.due_at

    @property
    def timeout_at(self) -> datetime | None:
        return self.opened.timeout_at

    def approve(self, by: str = "Ann", comment: str | None = None) -> None:
        """Approve. Raises Refused (`wrong-kind`, `already-decided`, `run-ended`, `forbidden`)."""
        self._decide("approve", by, comment, None)

    def reject(self, by: str = "Ann", comment: str | None = None) -> None:
        """Reject, which ends the run. Raises Refused."""
        self._decide("reject", by, comment, None)

    def submit(self, by: str = "Ann", comment: str | None = None, **values: Json) -> None:
        """Fill in the form. Raises Refused, also for `invalid-values`, whose details name each field's fault."""
        self._decide("submit", by, comment, values)

    def _decide(
        self, action: TaskAction, by: str, comment: str | None, values: dict[str, Json] | None
    ) -> None:
        self.lab.decide(self.id, action, by, comment, values)
