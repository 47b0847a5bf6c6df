"""The scale of durations: in order, the same for ever, and near what it stands for."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.errors import Refused
from services.chassis.hours import known_zone, whole_hours
from services.chassis.magnitudes import (
    BOUNDS_MS,
    MAGNITUDE_MAX,
    TOTAL,
    Durations,
    duration_ms,
    magnitude,
    quantile,
)
from services.engine.adapters.statements import MIGRATIONS as ENGINE
from services.tasks.main import MIGRATIONS as TASKS

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIGRATED = (ENGINE / "0008_statistics.sql", TASKS / "0006_statistics.sql")


@pytest.mark.parametrize("path", MIGRATED)
def test_the_scale_of_the_database_is_that_of_the_code(path: Path) -> None:
    found = re.search(r"ARRAY\[([\d,\s]+)\]::bigint", path.read_text())
    assert found is not None
    assert tuple(map(int, found[1].split(","))) == BOUNDS_MS


def test_a_duration_lies_between_the_ends_of_its_step() -> None:
    assert magnitude(0) == 0
    assert magnitude(2**62) == MAGNITUDE_MAX
    for step, bound in enumerate(BOUNDS_MS, 1):
        assert magnitude(bound) == step
        assert magnitude(bound - 1) == step - 1


@given(st.lists(st.integers(0, 30 * 86_400_000), min_size=1), st.floats(0.01, 1.0))
def test_a_quantile_lies_on_the_step_of_the_true_one(taken: list[int], share: float) -> None:
    durations = Durations()
    for milliseconds in taken:
        durations.add(magnitude(milliseconds), 1, 0)
        durations.add(TOTAL, 1, milliseconds)
    true = sorted(taken)[math.ceil(max(1.0, share * len(taken))) - 1]
    found = quantile(durations.counts, share)
    assert found is not None
    step = magnitude(true)
    assert BOUNDS_MS[step - 1] * (step > 0) <= found <= (BOUNDS_MS[step] if step else 0)
    assert durations.mean == round(sum(taken) / len(taken))


def test_of_nothing_there_is_no_median() -> None:
    assert (Durations().mean, Durations().median, Durations().p90) == (None, None, None)


def test_an_end_before_its_beginning_took_no_time() -> None:
    assert duration_ms(NOON, NOON - timedelta(seconds=1)) == 0
    assert duration_ms(NOON, NOON + timedelta(microseconds=1_999)) == 1


def test_a_span_is_widened_to_whole_hours() -> None:
    start, end = NOON + timedelta(minutes=5), NOON + timedelta(hours=2, seconds=1)
    assert whole_hours(start, end) == (NOON, NOON + timedelta(hours=3))
    assert whole_hours(NOON, NOON + timedelta(hours=1)) == (NOON, NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOON, NOON),
        (NOON, NOON - timedelta(days=1)),
        (NOON, NOON + timedelta(days=401)),
        (NOON.replace(tzinfo=None), NOON),
    ],
)
def test_an_empty_or_endless_span_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(Refused) as refused:
        whole_hours(start, end)
    assert refused.value.code == "invalid-request"


@pytest.mark.parametrize("name", ["Europe/Nowhere", "", "../etc/passwd", "Europe", "\0"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        known_zone(name)
