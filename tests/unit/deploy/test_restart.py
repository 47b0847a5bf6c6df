from hypothesis import given
from hypothesis import strategies as st

from deploy.local.restart import (
    DELAY_SECONDS_MAX,
    FIRST_DELAY_SECONDS,
    STEADY_AFTER_SECONDS,
    RestartPolicy,
)


def test_a_first_crash_is_answered_almost_at_once() -> None:
    assert RestartPolicy().crashed(after_seconds=1).delay_seconds == FIRST_DELAY_SECONDS


def test_crashes_in_a_row_are_answered_ever_more_slowly() -> None:
    first = RestartPolicy().crashed(after_seconds=1)
    second = first.crashed(after_seconds=1)
    third = second.crashed(after_seconds=1)
    assert first.delay_seconds < second.delay_seconds < third.delay_seconds


def test_a_steady_run_forgives_earlier_crashes() -> None:
    shaken = RestartPolicy(crashes=9)
    assert shaken.crashed(after_seconds=STEADY_AFTER_SECONDS).crashes == 1


@given(crashes=st.integers(min_value=1, max_value=10**9))
def test_the_delay_has_a_limit(crashes: int) -> None:
    assert 0 < RestartPolicy(crashes).delay_seconds <= DELAY_SECONDS_MAX
