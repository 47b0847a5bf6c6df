"""What becomes of a request that wants in."""

from enum import Enum


class Verdict(Enum):
    """The answer of whoever counts."""

    IN = "in"
    WAIT = "wait"
    FULL = "full"
    """There is too much of everybody's."""
    TOO_MANY = "too many"
    """There is too much of this sender's: others get their turn."""
