"""Questions about runs."""

from collections.abc import Callable
from datetime import UTC, datetime

from contracts.base import JsonObject
from contracts.run_view import (
    GetRun,
    GetRunOverview,
    ListRunEvents,
    ListRuns,
    RunEventPage,
    RunItem,
    RunOverview,
    RunPage,
    RunView,
)
from services.chassis.errors import Refused
from services.chassis.pages import encode_cursor
from services.engine.app.fitting import fitting, fitting_run
from services.engine.app.ports import NUL, VERSION_MAX, RunStore, run_not_found
from services.engine.domain.definition import parse_definition
from services.engine.domain.run_errors import in_short
from services.engine.domain.trace import Traced, fold_run

trace_events_max = 10_000
ahead_max = 1_000
"""Runs before a queued one: whoever waits behind more is told of these."""


def _now() -> datetime:
    return datetime.now(UTC)


def _event_not_found(length: int) -> Refused:
    return Refused("run-event-not-found", f"The log of this run ends with event {length}.")


def _then(item: RunItem, traced: Traced, at: datetime) -> JsonObject:
    """Return what differs in an item of a list from the run as it was after an event at that time."""
    ended_at = traced.ended_at
    return {
        "status": traced.status,
        "error": None if traced.error is None else in_short(traced.error),
        "finished_at": ended_at,
        "duration_ms": ended_at and int((ended_at - item.started_at).total_seconds() * 1000),
        "as_of": at,
    }


class Runs:
    """The questions that pages ask."""

    def __init__(self, store: RunStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    async def get(self, question: GetRun) -> RunView:
        """Return a run with its trace. Raises Refused: run-not-found, run-event-not-found."""
        found = await self._store.item(question.run_id)
        if found is None:
            raise run_not_found()
        item, raw = found
        # Asked first: what is shown is then never behind what is said of it.
        length = await self._store.length(item.id)
        until = VERSION_MAX if question.at is None else question.at
        if question.at is not None and question.at > length:
            raise _event_not_found(length)
        events = await self._store.trace_events(item.id, until, trace_events_max)
        traced = fold_run(events, parse_definition(raw))
        if question.at is None:
            seen = await self._now(item)
        else:
            seen = _then(item, traced, events[-1].time)
        view = RunView(
            **item.model_dump() | seen,
            trace=traced.steps,
            output=traced.output,
            definition=raw,
            sequence=length if question.at is None else events[-1].sequence,
            limit=traced.limit,
            cancelled=traced.cancelled,
        )
        return fitting_run(view)

    async def _now(self, item: RunItem) -> JsonObject:
        """Return what only the run as it is now has."""
        if item.status != "Queued":
            return {}
        return {"ahead": await self._store.ahead(item, ahead_max)}

    async def page(self, question: ListRuns) -> RunPage:
        """Return a page of runs, newest first."""
        if question.q and NUL in question.q:
            return RunPage(items=[])
        found = await self._store.page(question)
        items, cursor = fitting(found[: question.limit]), None
        if len(items) < len(found):
            cursor = encode_cursor(items[-1].started_at, items[-1].id)
        return RunPage(items=items, next_cursor=cursor)

    async def events(self, question: ListRunEvents) -> RunEventPage:
        """Return a page of a run's log. Raises Refused("run-not-found")."""
        after = max(0, min(question.after, VERSION_MAX))
        events = await self._store.events(question.run_id, after, question.limit + 1)
        if not events and after == 0:
            raise run_not_found()
        page = fitting(events[: question.limit])
        cursor = str(page[-1].sequence) if len(page) < len(events) else None
        return RunEventPage(items=page, next_cursor=cursor)

    async def overview(self, _: GetRunOverview) -> RunOverview:
        """Return what the Dashboard says of runs."""
        return await self._store.overview(self._clock())
