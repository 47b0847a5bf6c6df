"""Which question comes next in a look at everything, and what its answer means."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.operations import (
    Finding,
    VerifiedStreams,
    VerifiedTables,
    VerifiedWaits,
    VerifyStreams,
    VerifyWaits,
)
from services.gateway.domain.verification import (
    PHASES,
    Progress,
    Scope,
    answered,
    findings_kept_max,
    question_of,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FOUND = Finding(service="engine", check="version-gap", subject="run 1", message="m", remedy="r")
TASK = UUID(int=1)


def page(*, streams: int, cursor: str | None = None, total: int | None = None) -> bytes:
    found = VerifiedStreams(streams=streams, events=streams * 3, total=total, next_cursor=cursor)
    return found.model_dump_json().encode()


def test_pages_follow_each_other_until_there_is_no_more_then_the_other_service_comes() -> None:
    first = answered(Progress(), Scope(), page(streams=100, cursor="c", total=150), NOW)
    assert (first.phase, first.cursor, first.totals) == ("engine streams", "c", {"engine": 150})
    last = answered(first, Scope(), page(streams=50), NOW)
    assert (last.phase, last.cursor, last.streams) == ("tasks streams", None, {"engine": 150})
    assert last.events == 450


def test_a_limit_ends_a_service_where_it_is_reached() -> None:
    scope = Scope(limit=120)
    first = answered(Progress(), scope, page(streams=100, cursor="c", total=9_000), NOW)
    asked = question_of(first, scope)
    assert asked is not None
    assert asked[1] == VerifyStreams(cursor="c", limit=20)
    assert first.totals == {"engine": 120}
    assert answered(first, scope, page(streams=20, cursor="d"), NOW).phase == "tasks streams"


def test_what_differs_between_services_is_looked_at_again_a_moment_later() -> None:
    seen = VerifiedWaits(waits=9, suspects=[TASK]).model_dump_json().encode()
    suspicious = answered(Progress(phase="waits"), Scope(), seen, NOW)
    assert suspicious.phase == "suspects"
    assert suspicious.not_before is not None
    assert suspicious.not_before > NOW
    assert question_of(suspicious, Scope()) == ("engine", VerifyWaits(suspects=[TASK]))
    judged = VerifiedWaits(findings=[FOUND]).model_dump_json().encode()
    done = answered(suspicious, Scope(), judged, NOW)
    assert (done.phase, done.found, done.waits) == ("done", 1, 9)
    assert question_of(done, Scope()) is None


def test_nothing_suspicious_needs_no_second_look() -> None:
    seen = VerifiedWaits(waits=9).model_dump_json().encode()
    assert answered(Progress(phase="waits"), Scope(), seen, NOW).phase == "done"


def test_of_many_findings_the_first_are_kept_and_all_counted() -> None:
    many = VerifiedTables(findings=[FOUND] * (findings_kept_max + 5)).model_dump_json().encode()
    after = answered(Progress(phase="engine tables"), Scope(), many, NOW)
    assert (after.found, len(after.findings)) == (findings_kept_max + 5, findings_kept_max)


def test_every_phase_but_the_last_has_a_question() -> None:
    asked = [question_of(Progress(phase=phase), Scope()) is not None for phase in PHASES]
    assert asked == [True] * (len(PHASES) - 1) + [False]
