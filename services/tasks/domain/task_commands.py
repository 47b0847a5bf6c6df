"""What can be asked of a task."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.actor import Actor
from contracts.run import RunPaused
from contracts.task import DecideTask

EndedRunStatus = Literal["Completed", "Failed", "Cancelled"]


@dataclass(frozen=True, slots=True)
class Open:
    """The run paused at `created_at` and waits for this task."""

    run_id: UUID
    paused: RunPaused
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Decide:
    """Somebody answers."""

    order: DecideTask


@dataclass(frozen=True, slots=True)
class Close:
    """The run ended in `run_status` while it still waited for this task: at `ended_at`, by somebody if by anybody."""

    run_id: UUID
    run_status: EndedRunStatus
    ended_by: Actor | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discard:
    """No run waits for this task, whose run is in `run_status`: a decision on it may have been taken."""

    run_id: UUID
    run_status: EndedRunStatus


@dataclass(frozen=True, slots=True)
class TimeOut:
    """The clock answers, if it is time and nobody has."""


TaskCommand = Open | Decide | Close | Discard | TimeOut
