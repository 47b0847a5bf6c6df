import pytest

from services.gateway.domain.delivery import WELL_KNOWN, delivery_id_of


@pytest.mark.parametrize("header", WELL_KNOWN)
def test_a_well_known_header_names_the_delivery(header: str) -> None:
    assert delivery_id_of([("host", "x"), (header, "d-1")]) == "d-1"


def test_without_such_a_header_a_delivery_has_no_name() -> None:
    assert delivery_id_of([("content-type", "application/json")]) is None


def test_a_header_that_comes_twice_names_nothing() -> None:
    assert delivery_id_of([("webhook-id", "a"), ("webhook-id", "b")]) is None


@pytest.mark.parametrize("value", ["", "x" * 256])
def test_an_empty_or_endless_name_is_none(value: str) -> None:
    assert delivery_id_of([("webhook-id", value)]) is None


def test_the_more_trusted_header_wins_whatever_the_order() -> None:
    assert delivery_id_of([("idempotency-key", "b"), ("webhook-id", "a")]) == "a"
