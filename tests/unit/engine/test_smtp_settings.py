import secrets

import pytest

from services.chassis.settings import SettingsError
from services.engine.adapters.smtp_settings import SmtpSettings, read_sender, read_smtp
from services.engine.domain.mail_address import Mailbox


def read(url: str) -> SmtpSettings | None:
    return read_smtp({"FLUSSO_SMTP_URL": url})


def test_without_a_server_there_is_no_mail() -> None:
    assert read_smtp({}) is None
    assert read("  ") is None
    assert read_sender({}) is None


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("smtp://mail.example", SmtpSettings("mail.example", 587)),
        (
            "smtp://mail.example:25?starttls=optional",
            SmtpSettings("mail.example", 25, start_tls="optional"),
        ),
        ("smtps://mail.example", SmtpSettings("mail.example", 465, tls=True)),
        ("smtp://[::1]:1025?starttls=none", SmtpSettings("::1", 1025, start_tls="none")),
        (
            "smtps://me%40example.org:p%40ss%2Fword@mail.example",
            SmtpSettings(
                "mail.example", 465, tls=True, username="me@example.org", password="p@ss/word"
            ),
        ),
    ],
)
def test_a_url_names_the_server(url: str, settings: SmtpSettings) -> None:
    assert read(url) == settings


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example:25", "neither smtp:// nor smtps://"),
        ("http://u:{secret}@mail.example", "neither smtp:// nor smtps://"),
        ("smtp://", "a host and a port"),
        ("smtp://u:{secret}@mail.example/path", "nothing behind them"),
        ("smtp://u:{secret}@mail.example:port", "cannot be read"),
        ("smtp://u:{secret}@mail.example:99999", "cannot be read"),
        ("smtp://u:{secret}@mail.example?tls=yes", "other than `starttls`"),
        ("smtp://u:{secret}@mail.example?starttls=maybe", "required, optional or none"),
        ("smtps://u:{secret}@mail.example?starttls=none", "encrypted from the start"),
        ("smtp://u:{secret}@mail.example?starttls=none", "unencrypted"),
        ("smtp://u:{secret}@mail.example?starttls=optional", "unencrypted"),
        ("smtp://{secret}@mail.example", "a user without a password"),
        ("smtp://u:{secret}/more@mail.example", "cannot be read"),
    ],
)
def test_a_wrong_one_is_one_sentence_without_the_password(url: str, words: str) -> None:
    secret = secrets.token_hex(8)

    with pytest.raises(SettingsError) as caught:
        read(url.format(secret=secret))

    assert words in str(caught.value)
    assert str(caught.value).startswith("FLUSSO_SMTP_URL")
    assert secret not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_password_is_not_shown_by_accident() -> None:
    secret = secrets.token_hex(8)

    assert secret not in repr(read(f"smtps://u:{secret}@mail.example"))


def test_who_mail_is_from_must_be_an_address() -> None:
    found = read_sender({"FLUSSO_EMAIL_FROM": "Flusso <flusso@example.org>"})
    assert found == Mailbox("flusso@example.org", "Flusso")
    with pytest.raises(SettingsError, match=r"FLUSSO_EMAIL_FROM cannot be used: `me` is no mail"):
        read_sender({"FLUSSO_EMAIL_FROM": "me"})
