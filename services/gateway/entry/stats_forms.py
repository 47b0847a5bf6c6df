"""What may be asked of statistics: a span, on whose clocks, of which workflow."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from services.gateway.entry.forms import Cursor, Form

Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Few = Annotated[int, Field(ge=1, le=100)]


class SpanQuery(Form):
    """From when up to when (not included); without them the last week, or of timelines the last day."""

    since: AwareDatetime | None = Field(default=None, alias="from")
    to: AwareDatetime | None = None
    workflow_id: UUID | None = None


class StatsQuery(SpanQuery):
    """Figures are kept by the hour, so a span is widened to whole hours; days are those of `zone`, an IANA name."""

    zone: Zone = "UTC"


class RunStatsQuery(StatsQuery):
    """By the hour or by the day; without it by the hour up to three days."""

    bucket: Literal["hour", "day"] | None = None


class WorkflowStatsQuery(StatsQuery):
    """In which order, and how many."""

    sort: Literal["failures", "duration", "runs"] = "failures"
    limit: Few = 10


class StepStatsQuery(StatsQuery):
    """Which steps: those that do work, wait for people, or sleep."""

    kind: Literal["work", "people", "time"] = "work"
    limit: Few = 10


class DecisionStatsQuery(StatsQuery):
    """How many steps."""

    limit: Few = 20


class TimelinesQuery(SpanQuery):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=50)] = 25
    cursor: Cursor | None = None
