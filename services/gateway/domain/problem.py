"""What an API client is told when it does not get what it asked for: RFC 9457 problem details."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from contracts.base import Json

CONTENT_TYPE = "application/problem+json"

STATUS_BY_CODE: Mapping[str, int] = {
    "invalid-json": 400,
    "invalid-form": 400,
    "not-signed-in": 401,
    "invalid-token": 401,
    "invalid-sign-in-token": 401,
    "invalid-signature": 401,
    "forbidden": 403,
    "csrf": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "request-timeout": 408,
    "already-decided": 409,
    "name-taken": 409,
    "run-ended": 409,
    "wrong-kind": 409,
    "runs-live": 409,
    "workflow-not-active": 409,
    "webhook-secret-missing": 409,
    "webhook-secret-not-used": 409,
    "delivery-not-authentic": 409,
    "delivery-not-replayable": 409,
    "secret-in-use": 409,
    "verification-running": 409,
    "receipt-not-ready": 409,
    "receipts-not-configured": 409,
    "digest-mismatch": 412,
    "version-mismatch": 412,
    "draft-changed": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "unsupported-content-type": 415,
    "invalid-request": 422,
    "invalid-values": 422,
    "invalid-definition": 422,
    "idempotency-key-reused": 422,
    "too-many-attempts": 429,
    "too-many-requests": 429,
    "internal-error": 500,
    "unavailable": 503,
    "overloaded": 503,
}
"""The stable codes. What another service refuses with a code that is not here is a 422."""

_RESERVED = frozenset({"type", "title", "status", "detail", "code"})


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` never changes its meaning; `detail` is for people; `members` are what a client can act on."""

    code: str
    detail: str
    members: Mapping[str, Json] = field(default_factory=dict)
    retry_after_seconds: int | None = None
    allow: str | None = None

    @property
    def status(self) -> int:
        return status_of(self.code)


def status_of(code: str) -> int:
    """Return the HTTP status that belongs to a code."""
    if code.endswith("-not-found"):
        return 404
    return STATUS_BY_CODE.get(code, 422)


def encode_problem(problem: Problem) -> bytes:
    """Return the problem as JSON; no member can pose as one of the standard ones."""
    extra = {name: value for name, value in problem.members.items() if name not in _RESERVED}
    return orjson.dumps(
        {
            "type": f"/problems/{problem.code}",
            "title": problem.code.replace("-", " ").capitalize(),
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code,
            **extra,
        }
    )
