"""Who did it, and how they proved who they are."""

from typing import Literal

from contracts.base import Fact

ActorKind = Literal["user", "token", "webhook", "system"]
SignInMeans = Literal["session", "token", "signature", "none"]


class Actor(Fact):
    """A person, an API token, a webhook sender or the system itself."""

    kind: ActorKind
    id: str
    name: str
    means: SignInMeans = "none"
    is_admin: bool = False


SYSTEM = Actor(kind="system", id="system", name="Flusso")
TIMEOUT = Actor(kind="system", id="timeout", name="Timeout")
"""The clock, where it decides a task that nobody has decided in time."""
