"""Every way in which a request can fail, as problem details; what is our own fault is logged with an id."""

import logging
import random
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from contracts.base import Json
from services.chassis.errors import Overloaded, Refused, Transient
from services.gateway.domain.problem import CONTENT_TYPE, Problem, encode_problem

away_retry_seconds = 2
overloaded_retry_seconds = (1, 4)
_AWAY = (
    "A part of Flusso that this needs is away. Try again: with the same Idempotency-Key it is safe."
)
_OVERLOADED = (
    "More is asked than can be done now, and nothing was begun."
    " Try again: with the same Idempotency-Key it is safe."
)
_CODES_BY_STATUS = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
}
logger = logging.getLogger(__name__)
reason_pause_seconds = 1.0


class Reasons:
    """Tells the log why requests cannot be served: once a second, since while a part is away all of them say so."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told_at = -reason_pause_seconds
        self._untold = 0

    def tell(self, reason: str) -> None:
        """Tell it now, or count it among those of which the next one tells."""
        now = self._monotonic()
        if now - self._told_at < reason_pause_seconds:
            self._untold += 1
            return
        logger.warning(
            "requests cannot be served", extra={"reason": reason, "others_since": self._untold}
        )
        self._told_at, self._untold = now, 0


_reasons = Reasons()


def problem_of(error: Exception) -> Problem:
    """Return what the caller is told; unexpected errors are logged here, once."""
    match error:
        case Refused():
            return _refusal(error)
        case Overloaded():
            return Problem("overloaded", _OVERLOADED, retry_after_seconds=soon())
        case Transient():
            _reasons.tell(str(error))
            return Problem("unavailable", _AWAY, retry_after_seconds=away_retry_seconds)
        case RequestValidationError() | ValidationError():
            return _invalid(error)
        case HTTPException() if error.status_code in _CODES_BY_STATUS:
            allow = (error.headers or {}).get("Allow")
            code = _CODES_BY_STATUS[HTTPStatus(error.status_code)]
            return Problem(code, "There is nothing here that answers to this.", allow=allow)
        case _:
            return _internal(error)


def soon() -> int:
    """Return when to come back, different for each, so that not all come at once."""
    return random.randint(*overloaded_retry_seconds)  # noqa: S311 - spreads what comes back


def _refusal(refusal: Refused) -> Problem:
    seconds = refusal.details.get("retry_after_seconds")
    wait = seconds if isinstance(seconds, int) else None
    if refusal.code == "internal-error":
        return _internal(None)
    return Problem(refusal.code, refusal.message, refusal.details, retry_after_seconds=wait)


def _invalid(error: RequestValidationError | ValidationError) -> Problem:
    faults = error.errors()
    if any(fault["loc"][:1] == ("path",) for fault in faults):
        return Problem("not-found", "There is nothing under this id.")
    listed: list[Json] = [
        {"path": _pointer(fault["loc"]), "code": fault["type"], "message": fault["msg"]}
        for fault in faults
    ]
    return Problem("invalid-request", "The request is not understood.", {"faults": listed})


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "/" + "/".join(parts)


def _internal(error: Exception | None) -> Problem:
    """Log under a new id; None if the service that broke has logged the error itself."""
    error_id = secrets.token_hex(8)
    logger.error("request broke", extra={"error_id": error_id}, exc_info=error)
    detail = "Something failed on our side. It was logged under this id."
    return Problem("internal-error", detail, {"error_id": error_id})


def problem_response(problem: Problem) -> Response:
    """Return the problem as an HTTP answer."""
    headers = {"cache-control": "no-store"}
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    if problem.allow is not None:
        headers["allow"] = problem.allow
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="flusso"'
    if problem.code in {"too-large", "request-timeout"}:
        headers["connection"] = "close"
    return Response(
        encode_problem(problem), problem.status, headers=headers, media_type=CONTENT_TYPE
    )
