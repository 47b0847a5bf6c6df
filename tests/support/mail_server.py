"""A mail server for tests: it keeps what it is handed, or behaves as it was told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.engine.adapters.smtp_settings import SmtpSettings, StartTls


@dataclass(frozen=True, slots=True)
class Handed:
    """One mail as it came."""

    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    def form(self, subtype: str) -> str:
        """The body as `plain` or `html`."""
        part = self.message.get_body((subtype,))
        assert part is not None
        return str(part.get_content())


@dataclass(slots=True)
class MailServer:
    """Replies beginning with `drop` break the connection, `wait` lasts until the server ends."""

    port: int = 0
    handed: list[Handed] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """What is said to some addresses instead of yes."""
    replies: list[str] = field(default_factory=list)
    """What is said to the next messages; then yes."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    logins: list[str] = field(default_factory=list)
    password: str = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        reply = self.replies.pop(0) if self.replies else "250 OK"
        self.arrived.set()
        if reply == "wait":
            await self.gone.wait()
        if reply.startswith(("drop", "250")):
            self.handed.append(
                Handed(
                    str(envelope.mail_from),
                    list(envelope.rcpt_tos),
                    envelope.content,
                    session.ssl is not None,
                )
            )
        if reply == "drop":
            _abort(server)
        return reply

    def authenticate(
        self, _server: SMTP, _s: Session, _e: Envelope, _m: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        if data.password.decode() == self.password:
            return AuthResult(success=True)
        text = f"535 5.7.8 {data.password.decode()} is not the password"
        return AuthResult(success=False, handled=False, message=text)

    def settings(
        self,
        start_tls: StartTls = "none",
        *,
        tls: bool = False,
        username: str | None = None,
        password: str | None = None,
    ) -> SmtpSettings:
        return SmtpSettings("localhost", self.port, tls, start_tls, username, password)


@asynccontextmanager
async def mail_server(
    context: ssl.SSLContext | None = None, *, tls: bool = False, password: str = ""
) -> AsyncIterator[MailServer]:
    """With a context it offers STARTTLS, or with `tls` speaks nothing else; a password means that one must log in."""
    server = MailServer(password=password)
    sessions: list[SMTP] = []
    listening = await asyncio.get_running_loop().create_server(
        _sessions(server, None if tls else context, sessions),
        "localhost",
        0,
        ssl=context if tls else None,
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.gone.set()
        listening.close()
        for session in sessions:
            _abort(session)
        await listening.wait_closed()


def _abort(session: SMTP) -> None:
    if session.transport is not None:
        cast("asyncio.Transport", session.transport).abort()


def _sessions(
    server: MailServer, context: ssl.SSLContext | None, sessions: list[SMTP]
) -> Callable[[], SMTP]:
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        made = SMTP(
            server,
            hostname="mail.example.org",
            enable_SMTPUTF8=True,
            tls_context=context,
            auth_required=bool(server.password),
            authenticator=server.authenticate if server.password else None,
            loop=loop,
        )
        sessions.append(made)
        return made

    return session
