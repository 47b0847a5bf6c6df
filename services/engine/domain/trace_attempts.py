"""The attempts of a step in a trace: when each began and ended, why it failed, and when the next one is due."""

from datetime import datetime

from contracts.base import JsonObject
from contracts.run import RunError

MESSAGE_CHARACTERS_MAX = 500
"""Of the error of one attempt among a hundred; the log has all of it."""


def attempt_started(step: JsonObject, attempt: int, at: datetime) -> None:
    """Note that an attempt began."""
    step.setdefault("attempts", []).append({"attempt": attempt, "started_at": at})


def attempt_failed(
    step: JsonObject, attempt: int, at: datetime, error: RunError, next_at: datetime | None = None
) -> None:
    """Note why an attempt failed; one that nobody scheduled began with the step."""
    attempts = step.setdefault("attempts", [])
    if not attempts or attempts[-1]["attempt"] != attempt:
        attempts.append({"attempt": attempt, "started_at": step["started_at"]})
    shown = {"code": error.code, "message": error.message[:MESSAGE_CHARACTERS_MAX]}
    attempts[-1].update(finished_at=at, error=shown, next_at=next_at)


def attempt_ended(step: JsonObject, at: datetime) -> None:
    """Note that the last attempt, if any, is over."""
    for attempt in step.get("attempts", ())[-1:]:
        attempt.setdefault("finished_at", at)


def told(step: JsonObject) -> JsonObject:
    """Return the step; a single attempt says nothing that the step itself does not, unless another one follows."""
    attempts = step.get("attempts", ())
    if len(attempts) > 1 or any(attempt.get("next_at") for attempt in attempts):
        return step
    return {name: value for name, value in step.items() if name != "attempts"}
