from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.attempts import FailureLimit, addresses_max, origin_of
from services.gateway.domain.credential import (
    api_token_text,
    could_be_api_token,
    could_be_secret,
    csrf_token_of,
    digest_of,
    same,
    secret_text,
)
from services.gateway.domain.identity import (
    ADMIN_TOKEN_ACTOR,
    principal_of,
    session_age_max,
    session_expiry,
    session_idle_max,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
secrets_32 = st.binary(min_size=32, max_size=32)


@given(secrets_32, secrets_32)
def test_secrets_differ_when_their_bytes_do(one: bytes, other: bytes) -> None:
    assert same(secret_text(one), secret_text(other)) == (one == other)
    assert (digest_of(secret_text(one)) == digest_of(secret_text(other))) == (one == other)


@given(secrets_32)
def test_secrets_are_recognised_by_their_form(random: bytes) -> None:
    assert could_be_secret(secret_text(random))
    assert could_be_api_token(api_token_text(random))
    assert not could_be_api_token(secret_text(random))


@given(st.text())
def test_any_text_can_be_shown_as_a_secret_without_harm(text: str) -> None:
    assert not same(text, secret_text(bytes(32)))
    assert len(digest_of(text)) == 32


@given(secrets_32, secrets_32)
def test_a_csrf_token_is_bound_to_its_session(one: bytes, other: bytes) -> None:
    mine, theirs = csrf_token_of(secret_text(one)), csrf_token_of(secret_text(other))
    assert (mine == theirs) == (one == other)
    assert mine != secret_text(one)


def test_a_session_ends_some_time_after_its_last_use() -> None:
    assert session_expiry(NOW, NOW) == NOW + session_idle_max


def test_a_session_in_use_ends_all_the_same() -> None:
    last_day = NOW + session_age_max - timedelta(hours=1)
    assert session_expiry(NOW, last_day) == NOW + session_age_max


def test_idempotency_keys_of_different_callers_never_meet() -> None:
    user = ADMIN_TOKEN_ACTOR.model_copy(update={"kind": "user"})
    assert principal_of(user) != principal_of(ADMIN_TOKEN_ACTOR)


def test_an_address_may_fail_only_so_often() -> None:
    limit = FailureLimit(failures_max=3, window_seconds=60)
    for second in range(3):
        assert limit.wait_seconds("10.0.0.1", second) == 0
        limit.failed("10.0.0.1", second)
    assert limit.wait_seconds("10.0.0.1", 10) == 50
    assert limit.wait_seconds("10.0.0.2", 10) == 0


def test_a_window_ends() -> None:
    limit = FailureLimit(failures_max=1, window_seconds=60)
    limit.failed("10.0.0.1", 0)
    assert limit.wait_seconds("10.0.0.1", 59) > 0
    assert limit.wait_seconds("10.0.0.1", 61) == 0


def test_failures_of_very_many_addresses_take_bounded_memory() -> None:
    limit = FailureLimit(failures_max=1, window_seconds=60)
    for number in range(addresses_max + 100):
        limit.failed(f"host-{number}", 0)
    assert limit.wait_seconds("host-0", 1) == 0
    assert limit.wait_seconds(f"host-{addresses_max}", 1) > 0


def test_a_network_of_ipv6_counts_as_one_sender() -> None:
    assert origin_of("2001:db8::1") == origin_of("2001:db8::ffff:1")
    assert origin_of("2001:db8::1") != origin_of("2001:db8:0:1::1")
    assert origin_of("::ffff:10.0.0.1") == origin_of("10.0.0.1")
