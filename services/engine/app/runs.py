"""Questions about runs."""

from collections.abc import Callable
from datetime import UTC, datetime

from contracts.run_view import (
    GetRun,
    GetRunOverview,
    ListRunEvents,
    ListRuns,
    RunEventPage,
    RunOverview,
    RunPage,
    RunView,
)
from services.chassis.pages import encode_cursor
from services.engine.app.fitting import fitting, fitting_run
from services.engine.app.ports import NUL, VERSION_MAX, RunStore, run_not_found
from services.engine.domain.definition import parse_definition
from services.engine.domain.trace import fold_trace

trace_events_max = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


class Runs:
    """The questions that pages ask."""

    def __init__(self, store: RunStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    async def get(self, question: GetRun) -> RunView:
        """Return a run with its trace. Raises Refused("run-not-found")."""
        found = await self._store.item(question.run_id)
        if found is None:
            raise run_not_found()
        item, raw = found
        events = await self._store.trace_events(question.run_id, trace_events_max)
        trace, output = fold_trace(events, parse_definition(raw))
        view = RunView(**item.model_dump(), trace=trace, output=output, definition=raw)
        return fitting_run(view)

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
