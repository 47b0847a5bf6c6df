"""What schedules need from outside; `adapters` gives it to them. Every method raises Transient when it is away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.engine.domain.cron import Schedule
from services.engine.domain.triggers.schedule import AfterDowntime


@dataclass(frozen=True, slots=True)
class Look:
    """When somebody looks what is due, and when somebody did so before."""

    now: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule of an Active workflow, and the next instant at which it starts a run."""

    workflow_id: UUID
    schedule: Schedule
    after_downtime: AfterDowntime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A schedule goes on from an instant to the following one."""

    workflow_id: UUID
    instant: datetime
    following: datetime


class ScheduleStore(Protocol):
    """Schedules of Active workflows."""

    async def last_look(self) -> Look:
        """Return the database's time, and when an engine last looked what was due."""
        ...

    async def note_look(self, now: datetime) -> None:
        """Remember that an engine has looked."""
        ...

    async def claim(
        self, due_by: datetime, now: datetime, until: datetime, limit: int
    ) -> Sequence[DueSchedule]:
        """Take schedules that are due, the earliest first; nobody else gets them before `until`."""
        ...

    async def missed(self, by: datetime, after: UUID, limit: int) -> Sequence[DueSchedule]:
        """Return a page of schedules whose next instant came by then, by workflow."""
        ...

    async def move(self, moves: Sequence[Move], *, started: bool) -> None:
        """Go on to the next instants, but for schedules that have another one already."""
        ...

    async def instants(self, after: datetime, until: datetime, limit: int) -> Sequence[datetime]:
        """Return the instants at which schedules are due, in order."""
        ...


class Alarms(Protocol):
    """Tells the engine when an instant has come."""

    async def held(self) -> frozenset[datetime]:
        """Return the instants, in whole seconds, that will be told."""
        ...

    async def set(self, instants: Iterable[datetime]) -> None:
        """Have these instants told, once each, however often they are set."""
        ...
