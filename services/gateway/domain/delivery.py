"""What names a webhook delivery, so that the same one sent twice starts one run.

This is the gateway's proposal, from what it can see without knowing the workflow: the id of the run that it tells the
sender derives from it. The engine keeps to that id, also for deliveries that its trigger knows by another name.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json

WELL_KNOWN = (
    "webhook-id",
    "svix-id",
    "x-github-delivery",
    "idempotency-key",
    "x-delivery-id",
    "x-gitlab-event-uuid",
    "x-shopify-webhook-id",
    "x-atlassian-webhook-identifier",
    "linear-delivery",
)
"""Headers in which senders repeat one id for one delivery, in order of trust."""
IN_BODY = {"stripe-signature": "id", "x-slack-signature": "event_id"}
"""Who signs with this header names a delivery by this member of its JSON body."""
_length_max = 255
Headers = Sequence[tuple[str, str]]


def delivery_id_of(headers: Headers, body: bytes = b"") -> str | None:
    """Return the sender's own id, None if it sends none.

    `headers` have names in lower case. A header that comes twice names nothing.
    """
    found: Mapping[str, list[str]] = {name: [] for name in (*IN_BODY, *WELL_KNOWN)}
    for name, value in headers:
        if name in found:
            found[name].append(value)
    for name, member in IN_BODY.items():
        if found[name]:
            return _member(body, member)
    for name in WELL_KNOWN:
        values = found[name]
        if len(values) == 1 and _fits(values[0]):
            return values[0]
    return None


def _member(body: bytes, name: str) -> str | None:
    try:
        value = normalise_json(body)
    except Refused:
        return None
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and _fits(found) else None


def _fits(name: str) -> bool:
    return 0 < len(name) <= _length_max


def delivery_digest(headers: Headers, body: bytes) -> str:
    """Return what tells two deliveries of one name apart: one of them may come from somebody else."""
    digest = sha256(body)
    for name, value in headers:
        digest.update(f"\n{name}: {value}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
