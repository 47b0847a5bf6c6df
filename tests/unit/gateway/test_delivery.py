import pytest

from services.gateway.domain.delivery import WELL_KNOWN, delivery_digest, delivery_id_of


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


@pytest.mark.parametrize(
    ("header", "body", "name"),
    [
        ("stripe-signature", b'{"id": "evt-1"}', "evt-1"),
        ("x-slack-signature", b'{"event_id": "Ev1"}', "Ev1"),
        ("stripe-signature", b'{"id": 1}', None),
        ("stripe-signature", b"[]", None),
        ("stripe-signature", b"no json", None),
        ("x-slack-signature", b'{"type": "url_verification"}', None),
    ],
)
def test_stripe_and_slack_name_a_delivery_in_its_body(
    header: str, body: bytes, name: str | None
) -> None:
    assert delivery_id_of([(header, "signed")], body) == name


def test_two_deliveries_of_one_name_differ_by_what_they_say() -> None:
    headers = [("webhook-id", "a"), ("x-signed", "b")]

    assert delivery_digest(headers, b"x") == delivery_digest(headers, b"x")
    assert delivery_digest(headers, b"x") != delivery_digest(headers, b"y")
    assert delivery_digest(headers, b"x") != delivery_digest(headers[:1], b"x")
