"""How the operator names the mail server: one URL, and who mail is from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from services.chassis.settings import SettingsError
from services.engine.app.perform_email import FROM_VARIABLE, SMTP_VARIABLE
from services.engine.domain.mail_address import Mailbox, parse_mailbox

StartTls = Literal["required", "optional", "none"]
SUBMISSION_PORT = 587
TLS_PORT = 465
_EXAMPLE = "smtp://user:password@host:587?starttls=required or smtps://user:password@host:465"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A mail server; `tls`: encrypted from the first byte, else `start_tls` says when."""

    host: str
    port: int
    tls: bool = False
    start_tls: StartTls = "required"
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def read_smtp(environ: Mapping[str, str]) -> SmtpSettings | None:
    """Return the server; None if there is none. Raises SettingsError, without the URL: it holds a password."""
    url = environ.get(SMTP_VARIABLE, "").strip()
    if not url:
        return None
    try:
        return _parsed(url)
    except ValueError as error:
        msg = f"{SMTP_VARIABLE} cannot be used: {error}; write it as {_EXAMPLE}."
        raise SettingsError(msg) from None


def read_sender(environ: Mapping[str, str]) -> Mailbox | None:
    """Return who mail is from that does not say it. Raises SettingsError."""
    text = environ.get(FROM_VARIABLE, "").strip()
    try:
        return parse_mailbox(text) if text else None
    except ValueError as error:
        msg = f"{FROM_VARIABLE} cannot be used: {error}"
        raise SettingsError(msg) from error


def _parsed(url: str) -> SmtpSettings:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it cannot be read") from None  # the reason would show parts of it
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("it begins with neither smtp:// nor smtps://")
    if not host or parts.path not in {"", "/"} or parts.fragment:
        raise ValueError("it must be a host and a port, and nothing behind them")
    tls = parts.scheme == "smtps"
    settings = SmtpSettings(
        host=host,
        port=port or (TLS_PORT if tls else SUBMISSION_PORT),
        tls=tls,
        start_tls=_start_tls(parts.query, tls=tls),
        username=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
    _check_login(settings)
    return settings


def _start_tls(query: str, *, tls: bool) -> StartTls:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"starttls"})
    if unknown:
        raise ValueError("it has an option other than `starttls`")
    if tls and options:
        raise ValueError("smtps:// is encrypted from the start and has no `starttls`")
    found = options.get("starttls", "required")
    if found not in get_args(StartTls):
        raise ValueError("`starttls` is required, optional or none")
    return cast("StartTls", found)


def _check_login(settings: SmtpSettings) -> None:
    if (settings.username is None) != (settings.password is None):
        raise ValueError("it has a user without a password, or a password without a user")
    is_encrypted = settings.tls or settings.start_tls == "required"
    if settings.password and not is_encrypted and settings.host not in _LOOPBACK:
        raise ValueError("the password could travel unencrypted; use starttls=required or smtps://")
