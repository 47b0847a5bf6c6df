"""What `send_email` needs from outside; `adapters` gives it."""

from dataclasses import dataclass, field
from typing import Protocol

from services.engine.app.last_look import Gate, open_gate
from services.engine.app.mail_message import Mail
from services.engine.domain.mail_address import Mailbox


@dataclass(frozen=True, slots=True)
class Sent:
    """What the mail server said: who will get it, and why others will not, by address."""

    accepted: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)


class MailFailed(Exception):  # noqa: N818 - an outcome of the node
    """Nobody gets the mail: `code` is stable, `retryable` says whether another try may help."""

    def __init__(
        self, code: str, message: str, *, retryable: bool, refused: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable
        self.refused = refused or {}


class Mailer(Protocol):
    """Hands mail to the operator's server."""

    @property
    def default_sender(self) -> Mailbox | None:
        """Who mail is from that does not say it."""
        ...

    def check(self) -> None:
        """Raise MailFailed if there is no server that mail could be handed to."""
        ...

    async def send(self, mail: Mail, gate: Gate = open_gate) -> Sent:
        """Hand it over, after passing the gate. Raises MailFailed, and what the gate raises."""
        ...
