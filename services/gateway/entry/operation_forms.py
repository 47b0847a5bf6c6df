"""What operators' requests may say, and the gateway's own answers to them; the rest are contract models."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.base import Fact, Instant
from contracts.operations import DeadLetter, DeadLetterReason, Finding, ServiceHealth, ServiceName
from services.gateway.app.verify import Verification
from services.gateway.entry.forms import Cursor, Form, PageQuery

Since = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(3000, 1, 1, tzinfo=UTC)),
]
"""Within what every part can count with."""
Reason = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00]+$")]


class DeadLettersQuery(PageQuery):
    """Which dead letters: of one service, for one reason."""

    service: ServiceName | None = None
    reason: Reason | None = None


class ChosenLettersForm(Form):
    """Which dead letters of a service: these, or all for a reason."""

    service: ServiceName
    ids: Annotated[list[UUID], Field(max_length=200)] = Field(default_factory=list)
    reason: Reason | None = None


class VerificationForm(Form):
    """What to look at: at most so many streams of each service, those that moved since then; without them all."""

    limit: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    since: Since | None = None


class LostQuery(Form):
    """Which part of what the broker holds, of which service."""

    service: ServiceName = "tasks"
    since: Since | None = None
    cursor: Cursor | None = None


class DeadLettersAnswer(Fact):
    """A page of dead letters of all services, one service after the other."""

    items: list[DeadLetter]
    next_cursor: str | None = None
    total: int
    reasons: list[DeadLetterReason]


class VerificationAnswer(Fact):
    """A look at everything: how far it is, and what it found. `done` and `findings` empty: everything holds."""

    id: UUID
    state: Literal["running", "stopped", "done"]
    started_by: str
    started_at: Instant
    finished_at: Instant | None
    limit: int | None
    since: Instant | None
    phase: str
    streams: dict[str, int]
    totals: dict[str, int]
    events: int
    waits: int
    found: int
    findings: list[Finding]


class VerificationsAnswer(Fact):
    """The last looks at everything, the newest first; without their findings."""

    items: list[VerificationAnswer]


class SystemHealthAnswer(Fact):
    """How everything is: each replica that answered, the services of which none did, the last look at everything."""

    services: list[ServiceHealth]
    missing: list[str]
    intake_waiting: int
    verification: VerificationAnswer | None


def verification_answer(one: Verification, *, with_findings: bool = True) -> VerificationAnswer:
    """Return a verification as it is told."""
    progress = one.progress
    return VerificationAnswer(
        id=one.id,
        state=one.state,
        started_by=one.started_by,
        started_at=one.started_at,
        finished_at=one.finished_at,
        limit=one.scope.limit,
        since=one.scope.since,
        phase=progress.phase,
        streams=progress.streams,
        totals=progress.totals,
        events=progress.events,
        waits=progress.waits,
        found=progress.found,
        findings=progress.findings if with_findings else [],
    )
