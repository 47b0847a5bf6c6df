import base64
import hashlib
import hmac
from datetime import timedelta

import pytest

from contracts.base import Json
from services.chassis.errors import Refused
from services.engine.domain import webhook
from services.engine.domain.triggers.webhook import (
    Kept,
    Named,
    SecretSource,
    WebhookTriggerConfig,
    Written,
    secret_source,
)
from services.engine.domain.webhook_proof import verify
from tests.support.runs import NOW

SECRET = "ordinary words, only for this test"
BODY = b'{"id": "evt-7", "order": {"number": 12}}'
STAMP = str(int(NOW.timestamp()))
JSON_TYPE = ("content-type", "application/json")


def config(auth: str = "hmac", **fields: Json) -> WebhookTriggerConfig:
    given = {"secret": SECRET, **fields} if auth != "none" else fields
    return WebhookTriggerConfig.model_validate({"auth": auth, **given})


def signature(signed: bytes, algorithm: str = "sha256", key: bytes = SECRET.encode()) -> bytes:
    return hmac.digest(key, signed, algorithm)


def github(body: bytes = BODY) -> list[tuple[str, str]]:
    return [("x-hub-signature-256", "sha256=" + signature(body).hex())]


def stripe(stamp: str = STAMP) -> list[tuple[str, str]]:
    signed = signature(stamp.encode() + b"." + BODY).hex()
    return [("stripe-signature", f"t={stamp},v1={'0' * 64},v1={signed},v0=old")]


def slack(stamp: str = STAMP) -> list[tuple[str, str]]:
    signed = signature(b"v0:" + stamp.encode() + b":" + BODY).hex()
    return [("x-slack-request-timestamp", stamp), ("x-slack-signature", f"v0={signed}")]


def standard(stamp: str = STAMP) -> list[tuple[str, str]]:
    key = base64.b64decode(STANDARD_KEY)
    signed = signature(b"msg-1." + stamp.encode() + b"." + BODY, key=key)
    value = "v1,bm90aGluZw== v1," + base64.b64encode(signed).decode()
    return [("webhook-id", "msg-1"), ("webhook-timestamp", stamp), ("webhook-signature", value)]


STANDARD_KEY = base64.b64encode(hashlib.sha256(SECRET.encode()).digest()).decode()

GITHUB = config(preset="github")
STRIPE = config(preset="stripe")
SLACK = config(preset="slack")
STANDARD = config(preset="standard_webhooks", secret=STANDARD_KEY)
CUSTOM = config(
    preset="custom", header="X-Sign", algorithm="sha512", encoding="base64", prefix="v="
)
HEADER = config("header", header="X-Token")

GOOD = [
    (GITHUB, github()),
    (STRIPE, stripe()),
    (SLACK, slack()),
    (STANDARD, standard()),
    (CUSTOM, [("x-sign", "v=" + base64.b64encode(signature(BODY, "sha512")).decode())]),
    (HEADER, [("x-token", SECRET)]),
    (config("none"), []),
]
Headers = list[tuple[str, str]]


def refusal(
    trigger: WebhookTriggerConfig, headers: Headers, body: bytes = BODY, seconds: int = 0
) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(trigger, secrets_of(trigger), headers, body, NOW + timedelta(seconds=seconds))
    return caught.value


def secrets_of(trigger: WebhookTriggerConfig) -> list[bytes]:
    return [] if trigger.secret is None else [trigger.secret.encode()]


@pytest.mark.parametrize(("trigger", "headers"), GOOD)
def test_a_sender_that_knows_the_secret_is_let_in(
    trigger: WebhookTriggerConfig, headers: Headers
) -> None:
    verify(trigger, secrets_of(trigger), headers, BODY, NOW)


@pytest.mark.parametrize(("trigger", "headers"), GOOD[:-1])
def test_a_missing_proof_is_refused(trigger: WebhookTriggerConfig, headers: Headers) -> None:
    assert headers
    assert refusal(trigger, []).code == "invalid-signature"


@pytest.mark.parametrize(("trigger", "headers"), GOOD[:-1])
def test_a_proof_that_comes_twice_is_refused(
    trigger: WebhookTriggerConfig, headers: Headers
) -> None:
    assert refusal(trigger, headers + headers[-1:]).code == "invalid-signature"


@pytest.mark.parametrize(("trigger", "headers"), GOOD[:-2])
def test_a_signature_over_another_body_is_refused(
    trigger: WebhookTriggerConfig, headers: Headers
) -> None:
    assert refusal(trigger, headers, BODY + b" ").code == "invalid-signature"


@pytest.mark.parametrize(
    ("trigger", "headers"),
    [
        (GITHUB, [("x-hub-signature-256", "sha256=" + "é" * 64)]),
        (GITHUB, [("x-hub-signature-256", "")]),
        (STRIPE, [("stripe-signature", "v1=" + "0" * 64)]),
        (STRIPE, [("stripe-signature", f"t={STAMP},t=0,v1=" + "0" * 64)]),
        (STRIPE, [("stripe-signature", "t=now,v1=0")]),
        (SLACK, [("x-slack-request-timestamp", "9" * 5_000), ("x-slack-signature", "v0=0")]),
        (STANDARD, [*standard()[:2], ("webhook-signature", "v2,AAAA")]),
        (HEADER, [("x-token", SECRET + "x")]),
        (HEADER, [("x-token", "")]),
    ],
)
def test_a_wrong_proof_is_refused(trigger: WebhookTriggerConfig, headers: Headers) -> None:
    assert refusal(trigger, headers).code == "invalid-signature"


@pytest.mark.parametrize(
    ("trigger", "headers", "found"),
    [
        (GITHUB, [("x-github-delivery", "d-1")], "d-1"),
        (STANDARD, [("webhook-id", "msg-1")], "msg-1"),
        (STRIPE, [JSON_TYPE], "evt-7"),
        (config("none", delivery_id_header="X-Id"), [("x-id", " 9 ")], "9"),
        (config("none", delivery_id_path="order.number"), [JSON_TYPE], "12"),
        (config("none", delivery_id_path="order.nothing"), [JSON_TYPE], None),
        (config("none", delivery_id_path="id.deeper"), [JSON_TYPE], None),
        (config("none"), [("x-id", "9")], None),
        (config("none", delivery_id_header="X-Id"), [("x-id", "9" * 256)], None),
        (STANDARD, [("svix-id", "msg-2")], "msg-2"),
        (GITHUB, [], None),
    ],
)
def test_a_delivery_is_known_by_what_its_sender_calls_it(
    trigger: WebhookTriggerConfig, headers: Headers, found: str | None
) -> None:
    assert webhook.delivery_id(trigger, headers, BODY) == found


def payload_of(body: bytes, content_type: str | None, **fields: Json) -> Json:
    headers = [] if content_type is None else [("content-type", content_type)]
    trigger = config("hmac", **fields) if fields else config("none")
    return webhook.trigger_output(trigger, "post", headers, [], body)["payload"]


@pytest.mark.parametrize(
    ("body", "content_type", "payload"),
    [
        (b'{"a": 1}', "application/json; charset=utf-8", {"a": 1}),
        (b"[1]", "application/vnd.github+json", [1]),
        (b'{"a": 1}', None, {"a": 1}),
        (b"hello", None, "hello"),
        (b"hello", "text/plain", "hello"),
        (b"", "application/json", None),
        (b" \r\n", "application/json", None),
        (b"", None, None),
        (b"", "image/png", None),
        (b"\xef\xbb\xbf{}", 'application/json; charset="UTF-8"', {}),
        (b"caf\xe9", "text/plain; charset=ISO-8859-1", "caf\u00e9"),
        (b"\x80", "text/plain; charset=windows-1252", "\u20ac"),
        (b"<a/>", "application/xml", "<a/>"),
        (b"a=%E9", "application/x-www-form-urlencoded; charset=iso-8859-1", {"a": "\u00e9"}),
        (b"a=%C3%A9&b=%FF", "application/x-www-form-urlencoded", {"a": "\u00e9", "b": "\ufffd"}),
        (b"a=1&b=x+y&a=2&c=", "application/x-www-form-urlencoded", {"a": ["1", "2"], "b": "x y", "c": ""}),
    ],
)  # fmt: skip
def test_a_body_is_read_by_its_type(body: bytes, content_type: str | None, payload: Json) -> None:
    assert payload_of(body, content_type) == payload


def test_a_form_of_github_carries_its_payload_as_json() -> None:
    body = b"payload=%7B%22a%22%3A1%7D"

    assert payload_of(body, "application/x-www-form-urlencoded", preset="github") == {"a": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b'{"a": 1, "a": 2}', "application/json", "invalid-json"),
        (b'{"a": 1e400}', "application/json", "invalid-json"),
        (b'{"a": "\\u0000"}', "application/json", "invalid-json"),
        (b"a=%00", "application/x-www-form-urlencoded", "invalid-json"),
        (b"\xff", "text/plain", "invalid-json"),
        (b"\x81", "text/plain; charset=windows-1252", "invalid-json"),
        (b"&".join([b"a=1"] * 1_001), "application/x-www-form-urlencoded", "invalid-form"),
        (b"x", "text/plain; charset=punycode", "unsupported-content-type"),
        (b"x", "text/plain; charset=zip", "unsupported-content-type"),
        (b'{"a": 1}', "application/json; charset=iso-8859-1", "unsupported-content-type"),
        (b'"' + b"\x01" * 60_000 + b'"', "text/plain", "too-large"),
        (b"x", "multipart/form-data; boundary=x", "unsupported-content-type"),
        (b"x", "application/octet-stream", "unsupported-content-type"),
    ],
)
def test_a_body_that_cannot_be_kept_is_refused(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        payload_of(body, content_type)

    assert caught.value.code == code


def test_the_output_has_no_secrets() -> None:
    headers = [
        ("x-token", SECRET),
        ("authorization", SECRET),
        ("cookie", SECRET),
        ("accept", "a"),
        ("accept", "b"),
        JSON_TYPE,
    ]

    output = webhook.trigger_output(HEADER, "post", headers, [("a", "1"), ("a", "2")], BODY)

    assert SECRET not in str(output)
    assert output["headers"]["accept"] == "a, b"
    assert output["headers"]["x-token"] == webhook.REDACTED
    assert (output["method"], output["query"]) == ("POST", {"a": ["1", "2"]})


@pytest.mark.parametrize(("trigger", "headers"), GOOD[:-1])
def test_no_proof_is_shown(trigger: WebhookTriggerConfig, headers: Headers) -> None:
    shown = dict(webhook.shown_headers(trigger, headers))

    assert webhook.REDACTED in shown.values()
    assert not any("=" in value or "," in value for value in shown.values())


def test_slack_names_its_events_in_the_body() -> None:
    body = b'{"type": "event_callback", "event_id": "Ev123"}'

    assert webhook.delivery_id(SLACK, [JSON_TYPE], body) == "Ev123"


@pytest.mark.parametrize(
    ("secret", "source"),
    [
        (None, Kept()),
        ("********", Kept()),
        ("generate", Kept()),
        ("{{ secrets.SHOP_HOOK }}", Named("SHOP_HOOK")),
        ("{{secrets.A}}", Named("A")),
        ("words", Written("words")),
    ],
)
def test_a_secret_is_written_named_or_kept_apart(secret: str | None, source: SecretSource) -> None:
    assert secret_source(secret) == source


@pytest.mark.parametrize(
    ("given", "payload"),
    [({"a": 1}, {"a": 1}), ({"payload": {"a": 1}}, {"a": 1}), ({"payload": 1, "b": 2}, None)],
)
def test_a_run_by_hand_gives_the_payload_or_a_whole_delivery(given: Json, payload: Json) -> None:
    output = webhook.by_hand(given)

    assert output.keys() == {"payload", "headers", "method", "query"}
    assert output["payload"] == (given if payload is None else payload)
