"""Mail, as a test sees it: nothing leaves the process, and what was sent can be read."""

from dataclasses import dataclass, field
from email import message_from_bytes, policy

from services.engine.app.last_look import Gate, open_gate
from services.engine.app.mail_message import Mail
from services.engine.app.mail_ports import MailFailed, Sent
from services.engine.domain.mail_address import Mailbox

SENDER = Mailbox("flusso@example.org", "Flusso")


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail as it was sent; `recipients` are all who get it, `bcc` too."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    message_id: str


@dataclass(slots=True)
class StubMail:
    """Implements `Mailer`: everybody gets everything, unless the test lets it fail."""

    sent: list[SentMail] = field(default_factory=list)
    default_sender: Mailbox | None = SENDER
    _failures: list[MailFailed] = field(default_factory=list)

    def fail(self, code: str = "email-deferred", *, times: int = 1, retryable: bool = True) -> None:
        """Let the next mails fail."""
        failure = MailFailed(code, f"The mail failed: {code}.", retryable=retryable)
        self._failures += [failure] * times

    def check(self) -> None:
        """There is a server."""

    async def send(self, mail: Mail, gate: Gate = open_gate) -> Sent:
        """Keep the mail."""
        await gate()
        if self._failures:
            raise self._failures.pop(0)
        message = message_from_bytes(mail.content, policy=policy.default)
        forms = {part.get_content_type(): part for part in message.walk()}
        self.sent.append(
            SentMail(
                mail.sender,
                mail.recipients,
                str(message["subject"]),
                forms["text/plain"].get_content(),
                forms["text/html"].get_content(),
                mail.message_id,
            )
        )
        return Sent(mail.recipients)
