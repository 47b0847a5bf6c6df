"""From the request of `send_email` to a message as mail servers take it (RFC 5322), and to whom it goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled
from services.chassis.ids import derived_id
from services.engine.app.mail_text import mail_html, mail_plain, read_markdown
from services.engine.domain.mail_address import Mailbox, one_line, parse_mailbox

RUN_HEADER = "Flusso-Run"
ENCODED_MAX = 10_000
"""Characters of a body in quoted-printable, which people can read but is slow to make; longer ones are in base64."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message, and its envelope: who gets it, those in `bcc` too."""

    sender: str
    recipients: tuple[str, ...]
    message_id: str
    content: bytes
    international: bool
    """An address has other than ASCII letters before its `@`: the server must know SMTPUTF8 (RFC 6531)."""


def build_mail(run_id: UUID, job: NodeScheduled, sender: Mailbox, now: datetime) -> Mail:
    """Return the mail of a job.

    All attempts of one visit have the same Message-ID: who gets it twice can tell, and most mailboxes show it once.
    Raises ValueError for a request that is none.
    """
    request = job.request
    to, cc, bcc = (_mailboxes(request[name]) for name in ("to", "cc", "bcc"))
    reply_to = _mailboxes([request["reply_to"]] if request.get("reply_to") else [])
    recipients = tuple({box.address: None for box in (*to, *cc, *bcc)})
    boxes = (sender, *to, *cc, *bcc, *reply_to)
    international = any(not box.address.isascii() for box in boxes)
    rules = policy.SMTPUTF8 if international else policy.SMTP
    message = EmailMessage(policy=rules)
    message["From"] = _header([sender])
    for name, group in (("To", to), ("Cc", cc), ("Reply-To", reply_to)):
        if group:
            message[name] = _header(group)
    message["Subject"] = one_line(str(request["subject"]))
    message["Date"] = format_datetime(now)
    unique = derived_id("mail", str(run_id), job.node, str(job.visit))
    message["Message-ID"] = f"<{unique}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message[RUN_HEADER] = str(run_id)
    _fill(message, str(request["body"]))
    content = message.as_bytes(policy=rules)
    return Mail(sender.address, recipients, message["Message-ID"], content, international)


def _mailboxes(texts: Json) -> list[Mailbox]:
    """Return each address once."""
    found: dict[str, Mailbox] = {}
    for text in texts:
        box = parse_mailbox(str(text))
        found.setdefault(box.address, box)
    return list(found.values())


def _header(boxes: Iterable[Mailbox]) -> list[Address]:
    return [Address(box.name, box.local, box.domain) for box in boxes]


def _fill(message: EmailMessage, body: str) -> None:
    """Set both forms; what reads mail takes the last one that it can show."""
    tokens = read_markdown(body)
    plain, html = mail_plain(tokens), mail_html(tokens)
    message.set_content(plain, cte=_encoding(plain))
    message.add_alternative(html, subtype="html", cte=_encoding(html))


def _encoding(text: str) -> str:
    return "quoted-printable" if len(text) <= ENCODED_MAX else "base64"


def sender_of(request: JsonObject, default: Mailbox | None) -> Mailbox | None:
    """Return who the mail is from; None if neither the node nor the operator says."""
    given = request.get("from")
    return default if given is None else parse_mailbox(str(given))
