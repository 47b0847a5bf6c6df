"""The three families of failure, and nothing else: every adapter translates into one of them."""

from contracts.base import Json


class Refused(Exception):  # noqa: N818 - a verdict, not a fault
    """A deterministic no with a stable code; it is answered, never retried."""

    def __init__(self, code: str, message: str, **details: Json) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class Transient(Exception):  # noqa: N818 - a verdict, not a fault
    """Something that we depend on is away; the same call may succeed later."""


class Overloaded(Transient):
    """There is more to do than can be done in time; nothing was begun, and who comes back in a moment may succeed."""


class Broken(Exception):  # noqa: N818 - a verdict, not a fault
    """Undecodable or impossible; it is kept in the dead letters and never retried by itself."""
