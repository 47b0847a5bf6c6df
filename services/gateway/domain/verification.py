"""One look at everything: which question comes next, and what its answer means. Pure; it is stored in between."""

from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from pydantic import Field

from contracts.base import Command, Fact, Instant
from contracts.operations import (
    Finding,
    ServiceName,
    VerifiedChain,
    VerifiedStreams,
    VerifiedTables,
    VerifiedWaits,
    VerifyChain,
    VerifyStreams,
    VerifyTables,
    VerifyWaits,
)

Phase = Literal[
    "engine streams",
    "tasks streams",
    "engine tables",
    "tasks tables",
    "tasks chain",
    "waits",
    "suspects",
    "done",
]
PHASES: tuple[Phase, ...] = (
    "engine streams",
    "tasks streams",
    "engine tables",
    "tasks tables",
    "tasks chain",
    "waits",
    "suspects",
    "done",
)
findings_kept_max = 1_000
page_streams = 100
settle_seconds = 5.0
"""What is on its way arrives within this, or is broken."""


class Progress(Fact):
    """How far it is. `streams` and `totals` go by service; a total is not known where `since` limits the look."""

    phase: Phase = "engine streams"
    cursor: str | None = None
    streams: dict[str, int] = Field(default_factory=dict)
    totals: dict[str, int] = Field(default_factory=dict)
    events: int = 0
    waits: int = 0
    suspects: list[UUID] = Field(default_factory=list)
    not_before: Instant | None = None
    found: int = 0
    findings: list[Finding] = Field(default_factory=list)


class Scope(Fact):
    """What is looked at: at most so many streams of each service, those that moved since then; without them, all."""

    limit: int | None = None
    since: Instant | None = None


def question_of(progress: Progress, scope: Scope) -> tuple[ServiceName, Command] | None:
    """Return whom to ask what; None when all has been asked."""
    match progress.phase:
        case "engine streams" | "tasks streams":
            service = _service_of(progress.phase)
            left = page_streams
            if scope.limit is not None:
                left = min(left, scope.limit - progress.streams.get(service, 0))
            return service, VerifyStreams(cursor=progress.cursor, limit=left, since=scope.since)
        case "engine tables" | "tasks tables":
            return _service_of(progress.phase), VerifyTables(cursor=progress.cursor)
        case "tasks chain":
            return "tasks", VerifyChain(cursor=progress.cursor, since=scope.since)
        case "waits":
            return "engine", VerifyWaits(settle_seconds=settle_seconds)
        case "suspects":
            return "engine", VerifyWaits(suspects=progress.suspects)
        case "done":
            return None
        case _:
            assert_never(progress.phase)


def _service_of(phase: Phase) -> ServiceName:
    return "engine" if phase.startswith("engine") else "tasks"


def answered(progress: Progress, scope: Scope, answer: bytes, now: datetime) -> Progress:
    """Return the progress after an answer."""
    match progress.phase:
        case "engine streams" | "tasks streams":
            page = VerifiedStreams.model_validate_json(answer)
            return _after_streams(progress, scope, page)
        case "engine tables" | "tasks tables":
            tables = VerifiedTables.model_validate_json(answer)
            return _after_tables(progress, scope, tables)
        case "tasks chain":
            chain = VerifiedChain.model_validate_json(answer)
            return _after_chain(progress, scope, chain)
        case "waits":
            waits = VerifiedWaits.model_validate_json(answer)
            later = now + timedelta(seconds=settle_seconds)
            seen = progress.model_copy(
                update={"waits": waits.waits, "suspects": waits.suspects, "not_before": later}
            )
            return _next(seen) if waits.suspects else _end(seen)
        case "suspects":
            judged = VerifiedWaits.model_validate_json(answer)
            return _end(_with(progress, judged.findings))
        case "done":
            return progress
        case _:
            assert_never(progress.phase)


def _after_streams(progress: Progress, scope: Scope, page: VerifiedStreams) -> Progress:
    service = _service_of(progress.phase)
    streams = progress.streams.get(service, 0) + page.streams
    totals = progress.totals
    if page.total is not None:
        total = page.total if scope.limit is None else min(page.total, scope.limit)
        totals = {**totals, service: total}
    seen = _with(progress, page.findings).model_copy(
        update={
            "streams": {**progress.streams, service: streams},
            "totals": totals,
            "events": progress.events + page.events,
            "cursor": page.next_cursor,
        }
    )
    is_enough = scope.limit is not None and streams >= scope.limit
    return _next(seen) if page.next_cursor is None or is_enough else seen


def _after_tables(progress: Progress, scope: Scope, page: VerifiedTables) -> Progress:
    """A look at some streams only, or at what moved lately, is content with the first page."""
    seen = _with(progress, page.findings).model_copy(update={"cursor": page.next_cursor})
    is_partial = scope.limit is not None or scope.since is not None
    return _next(seen) if page.next_cursor is None or is_partial else seen


def _after_chain(progress: Progress, scope: Scope, page: VerifiedChain) -> Progress:
    """A look at some streams only is content with one page."""
    seen = _with(progress, page.findings).model_copy(update={"cursor": page.next_cursor})
    return _next(seen) if page.next_cursor is None or scope.limit is not None else seen


def _with(progress: Progress, findings: list[Finding]) -> Progress:
    kept = [*progress.findings, *findings][:findings_kept_max]
    return progress.model_copy(update={"findings": kept, "found": progress.found + len(findings)})


def _next(progress: Progress) -> Progress:
    following = PHASES[PHASES.index(progress.phase) + 1]
    return progress.model_copy(update={"phase": following, "cursor": None})


def _end(progress: Progress) -> Progress:
    return progress.model_copy(update={"phase": "done", "suspects": [], "not_before": None})
