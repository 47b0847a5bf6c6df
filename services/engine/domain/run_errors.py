"""Errors of runs, for where many are listed."""

from contracts.run import RunError
from services.engine.domain.run_evolve import size_of

message_chars_max = 2_000
detail_bytes_max = 2_000
"""The events of the run have all of it."""


def in_short(error: RunError) -> RunError:
    """Return the error without what would make a list of many too large."""
    details = {
        name: value for name, value in error.details.items() if size_of(value) <= detail_bytes_max
    }
    return error.model_copy(
        update={"message": error.message[:message_chars_max], "details": details}
    )
