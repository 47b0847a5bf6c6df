"""Proves statistics against the log while the system runs: a day (UTC) a page, each of one instant and bounded in time.

Statistics are written in the transaction of the facts, so within one instant both say the same; but while a workflow
is deleted its runs go step by step, and its statistics with the last of them. So what differs is looked at twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import asyncpg

from contracts.operations import Finding, VerifiedTables, VerifyTables
from services.chassis.consumer import statements
from services.chassis.database import Connection, Row
from services.chassis.errors import Refused
from services.chassis.findings import Said, finding, said
from services.chassis.settings import Settings
from services.chassis.verify import position_before, reading

statement_seconds_max = 6.0
"""Of one day and table; two looks at two of them are less than the gateway waits for an answer."""
between_looks_seconds = 2.0
"""Longer than one step of a deletion takes."""
clocks_differ_max = timedelta(hours=1)
"""Positions grow with time but for replicas' clocks: so much more of the log is looked through at both ends."""
REMEDY = said(
    "statistics",
    "Charts are wrong, and nothing else: runs and tasks are not read from these. Replicas of a release that did not "
    "count yet leave such gaps (docs/operations.md, upgrades), and so does the deletion of a workflow that was cut off "
    "(delete it again); else report this.",
)
BUSY = said(
    "statistics-busy",
    "Nothing is known to be wrong: the day has more events than can be added up in so short a time.",
)


@dataclass(frozen=True, slots=True)
class DayStats:
    """Statistics of a service: the statements that compare a day with its events, and how long they are kept."""

    service: str
    compare: Sequence[str]
    kept_days: int


class VerifyTablesByPages:
    """Answers VerifyTables: first what is true of the whole schema, then the statistics day by day."""

    def __init__(
        self,
        settings: Settings,
        schema: str,
        tables: Callable[[], Awaitable[VerifiedTables]],
        stats: DayStats,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._schema = schema
        self._tables = tables
        self._stats = stats
        self._clock = clock
        self._sleep = sleep

    async def page(self, question: VerifyTables) -> VerifiedTables:
        """Raises Refused (`invalid-cursor`), Transient."""
        today = self._clock().astimezone(UTC).date()
        if question.cursor is not None:
            day = _day_of(question.cursor)
            following = (day + timedelta(days=1)).isoformat() if day < today else None
            return VerifiedTables(findings=await self._day(day), next_cursor=following)
        first = await self._first_day(today)
        found = await self._tables()
        return found.model_copy(
            update={"next_cursor": None if first is None else first.isoformat()}
        )

    async def _first_day(self, today: date) -> date | None:
        """Return the first day of which there are events and statistics."""
        async with reading(self._settings, self._schema) as connection:
            began_at: datetime | None = await connection.fetchval(statements["time_of_position"], 0)
        if began_at is None:
            return None
        kept = today - timedelta(days=self._stats.kept_days)
        return max(began_at.astimezone(UTC).date(), kept)

    async def _day(self, day: date) -> list[Finding]:
        found = await self._look(day)
        if not found:
            return found
        await self._sleep(between_looks_seconds)
        again = await self._look(day)
        return [each for each in found if each in again]

    async def _look(self, day: date) -> list[Finding]:
        begins_at = datetime.combine(day, time(), UTC)
        async with reading(self._settings, self._schema) as connection:
            first, last = await _positions(connection, begins_at)
            found: list[Finding] = []
            for compare in self._stats.compare:
                try:
                    async with connection.transaction():
                        rows = await connection.fetch(
                            compare, begins_at, first, last, timeout=statement_seconds_max
                        )
                except (TimeoutError, asyncpg.QueryCanceledError):
                    found.append(self._not_checked(day))
                else:
                    found += map(self._of_row, rows)
        return found

    def _of_row(self, row: Row) -> Finding:
        message = said(
            "statistics-differ",
            "{outcome} ({magnitude}): {counted} in {counted_ms} ms are counted,"
            " and the log has {present} in {present_ms} ms",
            outcome=row["outcome"],
            magnitude=row["magnitude"],
            counted=row["counted"],
            counted_ms=row["counted_ms"],
            present=row["present"],
            present_ms=row["present_ms"],
        )
        service = self._stats.service
        return finding(service, "statistics-differ", _subject(row), message, REMEDY)

    def _not_checked(self, day: date) -> Finding:
        message = said(
            "statistics-not-checked",
            "its events could not be added up within {seconds} s",
            seconds=f"{statement_seconds_max:g}",
        )
        subject = said("statistics-day", "{day}", day=day)
        return finding(self._stats.service, "statistics-not-checked", subject, message, BUSY)


def _subject(row: Row) -> Said:
    table, hour = row["stats"], f"{row['hour']:%Y-%m-%d %H:%M}"
    workflow, node = row["workflow_id"], row["node"]
    if not workflow:
        return said("statistics-all", "{table} {hour}, all workflows", table=table, hour=hour)
    told = {"table": table, "hour": hour, "workflow": workflow}
    if not node:
        return said("statistics-workflow", "{table} {hour}, workflow {workflow}", **told)
    text = "{table} {hour}, workflow {workflow}, step {node}"
    return said("statistics-step", text, node=node, **told)


def _day_of(cursor: str) -> date:
    try:
        return date.fromisoformat(cursor)
    except ValueError:
        raise Refused("invalid-cursor", "This cursor is not one of ours.") from None


async def _positions(connection: Connection, begins_at: datetime) -> tuple[int, int]:
    """Return between which positions all events of the day lie, and some others."""
    first = await position_before(connection, begins_at - clocks_differ_max)
    ends_at = begins_at + timedelta(days=1)
    return first, await position_before(connection, ends_at + clocks_differ_max)
