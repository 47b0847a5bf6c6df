"""Starts the runs of schedules: one for each instant, never early, whatever is restarted or wiped.

A run's id derives from its workflow and its instant, so starting it again starts nothing. JetStream tells when an
instant has come; PostgreSQL knows which schedules are due then, and its clock is the one that counts. What has been due
for two seconds without anybody taking it is started without having been told.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.actor import Actor
from contracts.base import rfc3339
from contracts.envelope import CloudEvent
from services.chassis import telemetry
from services.chassis.errors import Broken, Refused, Transient
from services.chassis.ids import derived_id
from services.chassis.orders import Done
from services.engine.app.orders import RunOutcome, RunPipeline, StartTriggered, order_for
from services.engine.app.schedule_ports import DueSchedule, Move, ScheduleStore

SCHEDULE_DUE = "flusso.schedule.due"
SCHEDULE = Actor(kind="system", id="schedule", name="Schedule")
poll_seconds = 1.0
overdue_seconds = 2.0
"""Who was told of an instant has taken all that is due by then."""
claim_seconds = 10.0
"""Longer than a page takes; what a replica has claimed and could not start is started by another one after that."""
note_seconds = 5.0
downtime_seconds = 60.0
"""After a longer time without any engine, instants that are older than this were missed."""
page_max = 500
days_without_max = 50 * 365
LOWEST_ID = UUID(int=0)
logger = logging.getLogger(__name__)


def scheduled_run_id(workflow_id: UUID, instant: datetime) -> UUID:
    """Return the id of the one run that a workflow has for an instant."""
    return derived_id("schedule", str(workflow_id), rfc3339(instant.astimezone(UTC)))


class Schedules:
    """Every replica looks; each due schedule is claimed by one of them at a time."""

    def __init__(
        self,
        store: ScheduleStore,
        pipeline: RunPipeline,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._clock = clock
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Start what nobody was told of, looking every second, until cancelled."""
        while True:
            try:
                await self.start_due(overdue_seconds)
            except (Transient, Broken) as error:
                logger.warning("schedules put off", extra={"reason": str(error)})
            await asyncio.sleep(poll_seconds)

    async def take(self, events: Sequence[CloudEvent]) -> Sequence[Transient | None]:
        """Start what is due now that instants have come; one that has not come by the database's clock comes again."""
        try:
            now = await self.start_due()
        except (Transient, Broken) as error:
            return [Transient(str(error))] * len(events)
        return [None if event.time <= now else Transient("not due yet") for event in events]

    async def start_due(self, overdue: float = 0.0) -> datetime:
        """Start what has been due for that many seconds, and return the time of looking. Raises Transient, Broken."""
        async with self._turn:
            while True:
                now = await self._look()
                due = await self._store.claim(
                    now - timedelta(seconds=overdue),
                    now,
                    now + timedelta(seconds=claim_seconds),
                    page_max,
                )
                if due:
                    await self._start(due, now)
                if len(due) < page_max:
                    return now

    # -- starting ------------------------------------------------------------------------------------------------------

    async def _start(self, due: Sequence[DueSchedule], now: datetime) -> None:
        outcomes = await self._pipeline.execute_all(
            [
                order_for(
                    scheduled_run_id(each.workflow_id, each.next_at),
                    StartTriggered(
                        workflow_id=each.workflow_id,
                        trigger="schedule",
                        trigger_output={"scheduled_at": rfc3339(each.next_at)},
                        actor=SCHEDULE,
                    ),
                    actor=SCHEDULE.id,
                )
                for each in due
            ]
        )
        judged = zip(due, outcomes, strict=True)
        over = [each for each, outcome in judged if _is_over(each, outcome, now)]
        await self._store.move([_move(each, each.next_at) for each in over], started=True)

    # -- downtime ------------------------------------------------------------------------------------------------------

    async def _look(self) -> datetime:
        """Return the time; after a downtime, decide first what becomes of the instants that were missed."""
        look = await self._store.last_look()
        now = look.now if self._clock is None else self._clock()
        if now - look.before > timedelta(seconds=downtime_seconds):
            logger.info("schedules looked at again", extra={"since": look.before.isoformat()})
            await self._pass_over_missed(now)
        if now - look.before > timedelta(seconds=note_seconds):
            await self._store.note_look(now)
        return now

    async def _pass_over_missed(self, now: datetime) -> None:
        missed_by = now - timedelta(seconds=downtime_seconds)
        after = LOWEST_ID
        while True:
            page = await self._store.missed(missed_by, after, page_max)
            await self._store.move([_after_downtime(each, now) for each in page], started=False)
            if len(page) < page_max:
                return
            after = page[-1].workflow_id


def _after_downtime(missed: DueSchedule, now: datetime) -> Move:
    if missed.after_downtime == "skip":
        return _move(missed, now)
    latest = missed.schedule.latest(missed.next_at, now) or missed.next_at
    return Move(missed.workflow_id, missed.next_at, latest)


def _move(schedule: DueSchedule, after: datetime) -> Move:
    # Saving has checked that there are instants, within as many years as are looked at.
    following = schedule.schedule.next_after(after) or after + timedelta(days=days_without_max)
    return Move(schedule.workflow_id, schedule.next_at, following)


def _is_over(schedule: DueSchedule, outcome: RunOutcome, now: datetime) -> bool:
    match outcome:
        case Done():
            if outcome.events:
                late = max(0.0, (now - schedule.next_at).total_seconds())
                telemetry.TIMER_LATE_SECONDS.labels("schedule").observe(late)
            return True
        case Transient():
            return False
        case Refused():  # deleted, or given another trigger, at this moment
            logger.info("scheduled run refused", extra=_told(schedule, outcome))
            return True
        case Broken():
            logger.error("scheduled run could not start", extra=_told(schedule, outcome))
            return True


def _told(schedule: DueSchedule, outcome: RunOutcome) -> dict[str, str]:
    return {
        "workflow_id": str(schedule.workflow_id),
        "scheduled_at": rfc3339(schedule.next_at),
        "reason": str(outcome),
    }
