"""Hands mail to the operator's server over SMTP, one connection a mail; certificates are verified."""

import asyncio
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import aiosmtplib
import certifi

from services.engine.adapters.host_turns import HostTurns
from services.engine.adapters.smtp_settings import SmtpSettings
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.mail_message import Mail
from services.engine.app.mail_ports import Mailer, MailFailed, Sent
from services.engine.app.perform_email import SMTP_VARIABLE, not_configured
from services.engine.domain.mail_address import Mailbox
from services.engine.domain.masking import Mask

send_seconds_max = 60.0
"""For the whole exchange; with the wait for a turn it stays below the reconciler's limit for a job."""
leave_seconds_max = 2.0
reply_chars_max = 500
_HOST_NAME = re.compile(r"[A-Za-z0-9.-]+")


class NoMailer:
    """Stands in where no server is configured."""

    def __init__(self, default_sender: Mailbox | None = None) -> None:
        self.default_sender = default_sender

    def check(self) -> None:
        """Say which setting is missing."""
        raise not_configured(SMTP_VARIABLE, "There is no mail server.")

    async def send(self, mail: Mail, gate: Gate = open_gate) -> Sent:  # noqa: ARG002 - nowhere to send it
        self.check()
        raise AssertionError("check always raises")


class SmtpMailer:
    """One per process."""

    def __init__(
        self,
        settings: SmtpSettings,
        default_sender: Mailbox | None,
        context: ssl.SSLContext | None = None,
        turns: HostTurns | None = None,
        seconds: float = send_seconds_max,
    ) -> None:
        self.default_sender = default_sender
        self._settings = settings
        self._context = context or _verifying()
        self._seconds = seconds
        self._turns = turns or HostTurns()
        self._mask = Mask([settings.password] if settings.password else [])

    def check(self) -> None:
        """There is a server."""

    async def send(self, mail: Mail, gate: Gate = open_gate) -> Sent:
        """Hand the mail over. Raises MailFailed; Transient when the server is busy with other mail of this worker."""
        async with self._turns.turn(self._settings.host):
            return await self._handed_over(mail, gate)

    async def _handed_over(self, mail: Mail, gate: Gate) -> Sent:
        client = self._client()
        try:
            with self._told_apart():
                async with asyncio.timeout(self._seconds):
                    refused = await _exchange(client, mail, gate)
            await _leave(client)
        finally:
            client.close()
        accepted = tuple(each for each in mail.recipients if each not in refused)
        return Sent(accepted, {each: self._reply(*said) for each, said in refused.items()})

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        start_tls = {"required": True, "optional": None, "none": False}[settings.start_tls]
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            local_hostname=_own_name(),
            timeout=self._seconds,
            use_tls=settings.tls,
            start_tls=False if settings.tls else start_tls,
            tls_context=self._context,
        )

    def _reply(self, code: int, text: str) -> str:
        """Return what the server said, on one line, without our password should it repeat it."""
        said = self._mask.text(" ".join(f"{code} {text}".split()))
        return said[:reply_chars_max]

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        """Turn what can go wrong into MailFailed."""
        try:
            yield
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise self._all_refused(error) from None
        except aiosmtplib.SMTPResponseException as error:
            raise self._refused(error) from None
        except (TimeoutError, aiosmtplib.SMTPTimeoutError):
            text = f"The mail server was not done within {self._seconds:g} s."
            raise MailFailed("email-timed-out", text, retryable=True) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise self._broken(error) from None

    def _all_refused(self, error: aiosmtplib.SMTPRecipientsRefused) -> MailFailed:
        replies = {
            each.recipient: self._reply(each.code, each.message) for each in error.recipients
        }
        may_pass = any(_may_pass(each.code) for each in error.recipients)
        text = f"The mail server refused every address, such as {_first(replies)}."
        code = "email-deferred" if may_pass else "email-refused"
        return MailFailed(code, text, retryable=may_pass, refused=replies)

    def _refused(self, error: aiosmtplib.SMTPResponseException) -> MailFailed:
        said = self._reply(error.code, error.message)
        if _may_pass(error.code):
            text = f"The mail server asks to try again later: {said}."
            return MailFailed("email-deferred", text, retryable=True)
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            text = f"The mail server refused the login: {said}."
            return MailFailed("email-login-refused", text, retryable=False)
        return MailFailed("email-refused", f"The mail server refused: {said}.", retryable=False)

    def _broken(self, error: Exception) -> MailFailed:
        if type(error) in {aiosmtplib.SMTPNotSupported, aiosmtplib.SMTPException}:
            # The plain class stands for what the server does not offer: STARTTLS, a way to log in.
            text = f"The mail server cannot do what this needs: {error}"
            return MailFailed("email-refused", text, retryable=False)
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                text = f"The certificate of the mail server is not trusted: {cause.verify_message}."
                return MailFailed("email-tls-failed", text, retryable=False)
            cause = cause.__cause__ or cause.__context__
        text = self._mask.text(f"The connection to the mail server failed: {error}.")
        return MailFailed("email-failed", text, retryable=True)


async def _exchange(client: aiosmtplib.SMTP, mail: Mail, gate: Gate) -> dict[str, tuple[int, str]]:
    """Hand the mail over; return what was said to those addresses that were refused."""
    await client.connect()
    await gate()
    options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.international else []
    refused, _ = await client.sendmail(
        mail.sender, mail.recipients, mail.content, mail_options=options
    )
    return {address: (reply.code, reply.message) for address, reply in refused.items()}


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye; the mail has been handed over, whatever becomes of this."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=leave_seconds_max)


def make_mailer(
    settings: SmtpSettings | None, default_sender: Mailbox | None, turns: HostTurns
) -> Mailer:
    """Return the mailer of the settings."""
    if settings is None:
        return NoMailer(default_sender)
    return SmtpMailer(settings, default_sender, turns=turns)


def _may_pass(code: int) -> bool:
    return not 500 <= code <= 599  # noqa: PLR2004 - the class of replies that are final (RFC 5321)


def _first(replies: dict[str, str]) -> str:
    address, said = next(iter(replies.items()))
    return f"{address} ({said})"


def _verifying() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


def _own_name() -> str:
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"
