"""What names a webhook delivery, so that the same one sent twice starts one run."""

from collections.abc import Mapping, Sequence

WELL_KNOWN = (
    "webhook-id",
    "x-github-delivery",
    "idempotency-key",
    "x-delivery-id",
    "x-gitlab-event-uuid",
    "x-shopify-webhook-id",
    "x-atlassian-webhook-identifier",
    "linear-delivery",
)
"""Headers in which senders repeat one id for one delivery, in order of trust."""

_length_max = 255


def delivery_id_of(headers: Sequence[tuple[str, str]]) -> str | None:
    """Return the sender's own id, None if it sends none.

    `headers` have names in lower case. A header that comes twice names nothing.
    """
    found: Mapping[str, list[str]] = {name: [] for name in WELL_KNOWN}
    for name, value in headers:
        if name in found:
            found[name].append(value)
    for name in WELL_KNOWN:
        values = found[name]
        if len(values) == 1 and 0 < len(values[0]) <= _length_max:
            return values[0]
    return None
