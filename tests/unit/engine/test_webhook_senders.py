"""Deliveries signed by the senders' own libraries; where a library also judges, ours must judge alike."""

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from slack_sdk.signature import Clock, SignatureVerifier
from standardwebhooks.webhooks import Webhook

from contracts.base import Json
from services.chassis.errors import Refused
from services.engine.domain.triggers.webhook import WebhookTriggerConfig
from services.engine.domain.webhook_proof import verify

NOW = datetime.now(UTC).replace(microsecond=0)
SECRET = "ordinary words, only for this test"
OTHER = "other words, which nobody was given"
BODY = json.dumps({"id": "evt-7", "name": "Café ☕", "amount": 12.50}, ensure_ascii=False)
STANDARD_SECRET = "whsec" + "_" + base64.b64encode(SECRET.encode()).decode()


@pytest.fixture(autouse=True)
def this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The senders' libraries look at the real clock, which moves on while other tests run."""
    monkeypatch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC).replace(microsecond=0))


class At(Clock):
    """The clock of Slack's library, stopped."""

    def now(self) -> float:
        return NOW.timestamp()


@dataclass(frozen=True)
class Sent:
    """A delivery as it goes over the wire."""

    headers: dict[str, str]
    body: bytes = BODY.encode()


@dataclass(frozen=True)
class Sender:
    """A service: how it signs, and whether its own library takes a delivery."""

    preset: str
    secret: str
    sign: Callable[[str, datetime], Sent]
    judges: Callable[[Sent], bool]


def github_signs(secret: str, _: datetime) -> Sent:
    digest = hmac.new(secret.encode(), BODY.encode(), hashlib.sha256).hexdigest()
    return Sent({"x-hub-signature-256": f"sha256={digest}", "x-github-delivery": "guid-1"})


def github_judges(sent: Sent) -> bool:
    """As its documentation has it, "Validating webhook deliveries"."""
    expected = "sha256=" + hmac.new(SECRET.encode(), sent.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, sent.headers.get("x-hub-signature-256", ""))


def stripe_signs(secret: str, at: datetime) -> Sent:
    stamp = int(at.timestamp())
    header = stripe.WebhookSignature.generate_signature_header(BODY, secret, stamp)
    return Sent({"stripe-signature": header})


def stripe_judges(sent: Sent) -> bool:
    try:
        return bool(
            stripe.WebhookSignature.verify_header(
                sent.body, sent.headers.get("stripe-signature"), SECRET, tolerance=300
            )
        )
    except stripe.SignatureVerificationError:
        return False


def slack_signs(secret: str, at: datetime) -> Sent:
    stamp = str(int(at.timestamp()))
    signed = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=BODY)
    assert signed is not None
    return Sent({"x-slack-request-timestamp": stamp, "x-slack-signature": signed})


def slack_judges(sent: Sent) -> bool:
    return SignatureVerifier(SECRET, At()).is_valid_request(sent.body, sent.headers)


def standard_signs(secret: str, at: datetime) -> Sent:
    encoded = base64.b64encode(secret.encode()).decode()
    headers = {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(encoded).sign("msg-1", at, BODY),
    }
    return Sent(headers)


def standard_judges(sent: Sent) -> bool:
    try:
        Webhook(STANDARD_SECRET).verify(sent.body, sent.headers, json_parse=False)
    except Exception:  # noqa: BLE001 - its own error, or that of what it trips over
        return False
    return True


SENDERS = [
    Sender("github", SECRET, github_signs, github_judges),
    Sender("stripe", SECRET, stripe_signs, stripe_judges),
    Sender("slack", SECRET, slack_signs, slack_judges),
    Sender("standard_webhooks", STANDARD_SECRET, standard_signs, standard_judges),
]
STAMPED = SENDERS[1:]
each_sender = pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender.preset)
each_stamped = pytest.mark.parametrize("sender", STAMPED, ids=lambda sender: sender.preset)


def trigger(sender: Sender, **fields: Json) -> WebhookTriggerConfig:
    given = {"auth": "hmac", "preset": sender.preset, "secret": "********", **fields}
    return WebhookTriggerConfig.model_validate(given)


def lets_in(sender: Sender, sent: Sent, *secrets: str, now: datetime | None = None) -> bool:
    known = [one.encode() for one in secrets or (sender.secret,)]
    try:
        verify(trigger(sender), known, list(sent.headers.items()), sent.body, now or NOW)
    except Refused as refused:
        return refused.code != "invalid-signature"
    return True


def signatures_of(sent: Sent) -> list[str]:
    return [name for name in sent.headers if "signature" in name]


def changed(sent: Sent, change: Callable[[str], str]) -> Sent:
    signed = {name: change(sent.headers[name]) for name in signatures_of(sent)}
    return replace(sent, headers={**sent.headers, **signed})


@each_sender
def test_what_a_service_signs_is_let_in(sender: Sender) -> None:
    sent = sender.sign(SECRET, NOW)

    assert lets_in(sender, sent)
    assert sender.judges(sent)


@each_sender
def test_what_another_secret_signed_is_not(sender: Sender) -> None:
    sent = sender.sign(OTHER, NOW)

    assert not lets_in(sender, sent)
    assert not sender.judges(sent)


@each_sender
@pytest.mark.parametrize(
    "body",
    [
        BODY.encode() + b"\n",
        json.dumps(json.loads(BODY)).encode(),
        json.dumps(json.loads(BODY), ensure_ascii=False, separators=(",", ":")).encode(),
        b"",
    ],
    ids=["newline", "escaped", "compact", "empty"],
)
def test_the_signature_covers_the_bytes_and_not_what_they_mean(sender: Sender, body: bytes) -> None:
    sent = replace(sender.sign(SECRET, NOW), body=body)

    assert not lets_in(sender, sent)
    assert not sender.judges(sent)


@each_stamped
@pytest.mark.parametrize("seconds", [-200, 0, 200])
def test_a_delivery_within_the_tolerance_is_let_in(sender: Sender, seconds: int) -> None:
    sent = sender.sign(SECRET, NOW + timedelta(seconds=seconds))

    assert lets_in(sender, sent)
    assert sender.judges(sent)


@each_stamped
@pytest.mark.parametrize("seconds", [-300, 300])
def test_the_tolerance_is_five_minutes_to_the_second(sender: Sender, seconds: int) -> None:
    assert lets_in(sender, sender.sign(SECRET, NOW + timedelta(seconds=seconds)))


@each_stamped
@pytest.mark.parametrize("seconds", [-301, -86_400])
def test_a_delivery_that_is_replayed_later_is_refused(sender: Sender, seconds: int) -> None:
    sent = sender.sign(SECRET, NOW + timedelta(seconds=seconds))

    assert not lets_in(sender, sent)
    assert not sender.judges(sent)


@each_stamped
def test_a_delivery_from_the_future_is_refused(sender: Sender) -> None:
    """Stripe's library takes those; nothing that Stripe sends is one."""
    assert not lets_in(sender, sender.sign(SECRET, NOW + timedelta(seconds=301)))


@each_stamped
def test_a_fresh_timestamp_does_not_renew_an_old_signature(sender: Sender) -> None:
    old, fresh = sender.sign(SECRET, NOW - timedelta(hours=1)), sender.sign(OTHER, NOW)
    before, after = (str(int((NOW - timedelta(hours=h)).timestamp())) for h in (1, 0))
    mixed = Sent({name: value.replace(before, after) for name, value in old.headers.items()})

    assert mixed.headers.keys() == fresh.headers.keys()
    assert not lets_in(sender, mixed)
    assert not sender.judges(mixed)


@each_sender
def test_while_secrets_change_either_one_lets_in(sender: Sender) -> None:
    encode = (lambda text: text) if sender.preset != "standard_webhooks" else _standard_secret
    sent = sender.sign(OTHER, NOW)

    assert lets_in(sender, sent, encode(SECRET), encode(OTHER))
    assert lets_in(sender, sent, encode(OTHER), encode(SECRET))
    assert not lets_in(sender, sent, encode(SECRET))


def _standard_secret(text: str) -> str:
    return "whsec" + "_" + base64.b64encode(text.encode()).decode()


@each_sender
def test_without_a_secret_nobody_is_let_in(sender: Sender) -> None:
    with pytest.raises(Refused, match="no secret yet"):
        verify(
            trigger(sender), [], list(sender.sign(OTHER, NOW).headers.items()), BODY.encode(), NOW
        )


@each_sender
def test_a_proof_that_comes_twice_is_refused(sender: Sender) -> None:
    sent = sender.sign(SECRET, NOW)
    for name in signatures_of(sent):
        twice = [*sent.headers.items(), (name, sent.headers[name])]
        with pytest.raises(Refused, match="twice"):
            verify(trigger(sender), [sender.secret.encode()], twice, sent.body, NOW)


@each_sender
def test_every_header_of_the_proof_is_needed(sender: Sender) -> None:
    sent = sender.sign(SECRET, NOW)
    for name in sent.headers.keys() - {"x-github-delivery"}:
        left = {key: value for key, value in sent.headers.items() if key != name}
        assert not lets_in(sender, replace(sent, headers=left))


def test_several_signatures_of_stripe_are_all_looked_at() -> None:
    sender = SENDERS[1]
    good = sender.sign(SECRET, NOW).headers["stripe-signature"]
    stamp, v1 = good.split(",")
    several = Sent({"stripe-signature": f"{stamp},v1={'0' * 64},{v1},v0={'1' * 64}"})
    only_old = Sent({"stripe-signature": f"{stamp},{v1.replace('v1', 'v0')}"})

    assert lets_in(sender, several)
    assert sender.judges(several)
    assert not lets_in(sender, only_old)
    assert not sender.judges(only_old)


def test_several_signatures_of_standard_webhooks_are_all_looked_at() -> None:
    sender = SENDERS[3]
    several = changed(sender.sign(SECRET, NOW), lambda good: f"v1,bm90aGluZw== v1a,AAAA {good}")
    another_version = changed(sender.sign(SECRET, NOW), lambda good: good.replace("v1,", "v2,"))

    assert lets_in(sender, several)
    assert sender.judges(several)
    assert not lets_in(sender, another_version)
    assert not sender.judges(another_version)


def test_a_secret_of_standard_webhooks_may_lack_its_prefix_and_padding() -> None:
    sender = SENDERS[3]
    bare = STANDARD_SECRET.partition("_")[2]
    sent = sender.sign(SECRET, NOW)

    assert lets_in(sender, sent, bare)
    assert lets_in(sender, sent, bare.rstrip("="))
    assert lets_in(sender, sent, STANDARD_SECRET.rstrip("="))


def test_the_older_names_of_the_headers_of_standard_webhooks_are_taken() -> None:
    sender = SENDERS[3]
    sent = sender.sign(SECRET, NOW)
    older = {name.replace("webhook", "svix"): value for name, value in sent.headers.items()}

    assert lets_in(sender, Sent(older))
    assert not lets_in(sender, Sent({**older, "webhook-id": "msg-1"}))


def test_a_signature_of_github_needs_its_prefix() -> None:
    sender = SENDERS[0]
    bare = changed(sender.sign(SECRET, NOW), lambda good: good.removeprefix("sha256="))

    assert not lets_in(sender, bare)
    assert not sender.judges(bare)


def test_more_signatures_than_a_sender_needs_are_not_looked_at() -> None:
    sender = SENDERS[3]
    flood = changed(sender.sign(SECRET, NOW), lambda good: "v1,AAAA " * 20 + good)

    assert not lets_in(sender, flood)
