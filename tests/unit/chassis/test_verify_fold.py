"""What the log of one stream, and its snapshot, are proved by."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from services.chassis.errors import Broken
from services.chassis.verify_fold import Folding, Rules

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STREAM = UUID(int=7)


def decode(name: str, data: str) -> int:
    if name == "unheard-of":
        raise Broken("no event is called unheard-of")
    return int(orjson.loads(data))


RULES: Rules[int, int] = Rules(
    service="ledger",
    noun="account",
    initial=lambda: 0,
    evolve=lambda state, event: state + event,
    decode_event=decode,
    encode_state=lambda state: orjson.dumps({"sum": state}).decode(),
    decode_state=lambda stored: int(orjson.loads(stored)["sum"]),
    endings=frozenset({"closed"}),
    after_end=frozenset({"archived"}),
    kept=lambda event: event if event > 5 else None,
)


def folded(*events: tuple[int, str, str]) -> Folding[int, int]:
    folding: Folding[int, int] = Folding(RULES, STREAM)
    for version, name, data in events:
        folding.take(version, name, data, NOW)
    return folding


def checks(folding: Folding[int, int]) -> list[str]:
    return [finding.check for finding in folding.fold.findings]


def test_a_whole_stream_with_its_fold_has_nothing_to_be_found() -> None:
    folding = folded((1, "paid", "3"), (2, "paid", "9"), (3, "closed", "0"), (4, "archived", "0"))
    folding.compare(4, '{ "sum": 12 }')
    assert checks(folding) == []
    assert (folding.fold.kept, folding.fold.ended_at, folding.fold.first) == ([9], NOW, 3)


@pytest.mark.parametrize(
    ("events", "snapshot", "found"),
    [
        ([(1, "paid", "1"), (3, "paid", "1")], (3, '{"sum":2}'), ["version-gap"]),
        ([(2, "paid", "1")], (2, '{"sum":1}'), ["version-gap"]),
        ([(1, "closed", "1"), (2, "paid", "1")], (2, '{"sum":2}'), ["event-after-end"]),
        ([(1, "unheard-of", "1")], (1, '{"sum":1}'), ["event-unreadable"]),
        ([(1, "paid", '"much"')], (1, '{"sum":1}'), ["event-unreadable"]),
        ([(1, "paid", "1")], (1, '{"sum":2}'), ["snapshot-differs"]),
        ([(1, "paid", "1")], (1, '{"total":1}'), ["snapshot-differs"]),
        ([(1, "paid", "1")], (2, '{"sum":1}'), ["snapshot-version"]),
        ([(1, "paid", "1")], (None, None), ["snapshot-missing"]),
        ([], (1, '{"sum":1}'), ["snapshot-without-log"]),
        ([], (None, None), []),
    ],
)
def test_what_does_not_hold_is_named(
    events: list[tuple[int, str, str]], snapshot: tuple[int | None, str | None], found: list[str]
) -> None:
    folding = folded(*events)
    folding.compare(*snapshot)
    assert checks(folding) == found
    assert all(finding.subject == f"account {STREAM}" for finding in folding.fold.findings)
    assert all(finding.remedy for finding in folding.fold.findings)
