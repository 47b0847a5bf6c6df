"""Mail on a real SMTP server: what it is handed, what is made of its answers, and what nobody reads on the way."""

import asyncio
import logging
import secrets
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled
from services.chassis.errors import Transient
from services.engine.adapters import host_turns
from services.engine.adapters.host_turns import HostTurns
from services.engine.adapters.smtp import NoMailer, SmtpMailer
from services.engine.app.mail_ports import Mailer
from services.engine.app.perform_email import perform_email
from services.engine.domain.mail_address import Mailbox
from tests.support.certificates import Authority
from tests.support.chassis import until
from tests.support.engine_service import Engine, engine_service
from tests.support.mail_server import MailServer, mail_server
from tests.support.runs import RUN_ID, edge, node, workflow

FLUSSO = Mailbox("flusso@example.org", "Flusso")


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as found:
        yield found


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def job(**request: Json) -> NodeScheduled:
    given: JsonObject = {
        "to": ["Ada <ada@example.org>"],
        "cc": [],
        "bcc": [],
        "reply_to": None,
        "from": None,
        "subject": "Good news",
        "body": "Dear *Ada*",
    }
    return NodeScheduled(
        node="tell",
        visit=1,
        attempt=1,
        type="send_email",
        request=given | request,
        idempotency_key=f"{RUN_ID}/tell/1/1",
    )


async def sent(mailer: Mailer, **request: Json) -> dict[str, Json]:
    return await perform_email(mailer, RUN_ID, job(**request))


def plain(server: MailServer, seconds: float = 5.0) -> SmtpMailer:
    return SmtpMailer(server.settings(), FLUSSO, seconds=seconds)


# -- what is handed over -----------------------------------------------------------------------------------------------


async def test_a_mail_has_both_forms_and_goes_to_everybody(server: MailServer) -> None:
    found = await sent(
        plain(server),
        cc=["bob@example.org"],
        bcc=["carl@example.org", "ada@example.org"],
        reply_to="Desk <desk@example.org>",
    )

    (mail,) = server.handed
    assert mail.sender == "flusso@example.org"
    assert mail.recipients == ["ada@example.org", "bob@example.org", "carl@example.org"]
    assert (mail.message["from"], mail.message["to"]) == (
        "Flusso <flusso@example.org>",
        "Ada <ada@example.org>",
    )
    assert (mail.message["cc"], mail.message["bcc"]) == ("bob@example.org", None)
    assert mail.message["reply-to"] == "Desk <desk@example.org>"
    assert mail.message["subject"] == "Good news"
    assert mail.message["auto-submitted"] == "auto-generated"
    assert mail.message["flusso-run"] == str(RUN_ID)
    assert mail.form("plain").split() == ["Dear", "Ada"]
    assert "Dear <em>Ada</em>" in mail.form("html")
    assert found["output"] == {
        "message_id": mail.message["message-id"],
        "accepted": mail.recipients,
        "refused": {},
    }


async def test_names_and_domains_of_the_whole_world_arrive(server: MailServer) -> None:
    await sent(
        plain(server),
        to=["Jürgen, der Ältere <j@müller.example>"],
        subject="Größe: 値段",
        body="Ünïcode ✓",
    )

    (mail,) = server.handed
    assert mail.recipients == ["j@xn--mller-kva.example"]
    assert mail.message["to"].addresses[0].display_name == "Jürgen, der Ältere"
    assert mail.message["subject"] == "Größe: 値段"
    assert mail.form("plain").strip() == "Ünïcode ✓"
    assert mail.content.isascii()


async def test_an_address_in_other_letters_asks_the_server_for_them(server: MailServer) -> None:
    found = await sent(plain(server), to=["Пётр <пётр@example.org>"])

    assert found["output"]["accepted"] == ["пётр@example.org"]
    assert server.handed[0].recipients == ["пётр@example.org"]


async def test_all_attempts_of_a_visit_have_one_message_id(server: MailServer) -> None:
    first = await perform_email(plain(server), RUN_ID, job())
    again = await perform_email(plain(server), RUN_ID, job().model_copy(update={"attempt": 2}))
    other = await perform_email(plain(server), RUN_ID, job().model_copy(update={"visit": 2}))

    assert first["output"]["message_id"] == again["output"]["message_id"]
    assert first["output"]["message_id"] != other["output"]["message_id"]


async def test_a_long_body_and_dots_at_the_start_of_lines_arrive_whole(server: MailServer) -> None:
    body = "\n\n".join([".", "..", "From here", "x" * 3_000, "word " * 15_000])

    await sent(plain(server), body=body)

    (mail,) = server.handed
    assert mail.form("plain").split() == body.split()
    assert max(map(len, mail.content.splitlines())) <= 998


# -- what is made of answers -------------------------------------------------------------------------------------------


async def test_who_is_refused_alone_is_said_and_the_others_get_it(server: MailServer) -> None:
    server.refused["bob@example.org"] = "550 5.1.1 no such user"

    found = await sent(plain(server), cc=["bob@example.org"])

    assert found["output"]["accepted"] == ["ada@example.org"]
    assert found["output"]["refused"] == {"bob@example.org": "550 5.1.1 no such user"}


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        ("550 5.1.1 no such user", "email-refused", False),
        ("450 4.2.0 greylisted", "email-deferred", True),
    ],
)
async def test_nobody_gets_it_when_every_address_is_refused(
    server: MailServer, reply: str, code: str, *, retryable: bool
) -> None:
    server.refused["ada@example.org"] = reply

    found = await sent(plain(server))

    assert (found["error"].code, found["retryable"]) == (code, retryable)
    assert found["error"].details == {"refused": {"ada@example.org": reply}}
    assert server.handed == []


@pytest.mark.parametrize(
    ("reply", "code", "retryable"),
    [
        ("554 5.7.1 looks like spam", "email-refused", False),
        ("552 5.3.4 too large", "email-refused", False),
        ("451 4.3.0 try later", "email-deferred", True),
        ("421 4.3.2 shutting down", "email-deferred", True),
        ("drop", "email-failed", True),
        ("wait", "email-timed-out", True),
    ],
)
async def test_what_may_pass_is_told_from_what_will_not(
    server: MailServer, reply: str, code: str, *, retryable: bool
) -> None:
    server.replies = [reply]

    found = await sent(plain(server, seconds=0.5))

    assert (found["error"].code, found["retryable"]) == (code, retryable)


async def test_a_server_that_is_not_there_may_come_back() -> None:
    async with mail_server() as server:
        mailer = plain(server)

    found = await sent(mailer)

    assert (found["error"].code, found["retryable"]) == ("email-failed", True)


async def test_without_a_server_the_variable_is_named() -> None:
    found = await sent(NoMailer(FLUSSO))

    assert (found["error"].code, found["retryable"]) == ("email-not-configured", False)
    assert "FLUSSO_SMTP_URL" in found["error"].message


async def test_without_a_sender_the_variable_is_named(server: MailServer) -> None:
    found = await sent(SmtpMailer(server.settings(), None))

    assert found["error"].code == "email-not-configured"
    assert "FLUSSO_EMAIL_FROM" in found["error"].message
    assert (await sent(SmtpMailer(server.settings(), None), **{"from": "a@b.example"}))["output"]


async def test_many_mails_share_few_connections(server: MailServer) -> None:
    mailer = plain(server)

    found = await asyncio.gather(*(sent(mailer, subject=str(number)) for number in range(30)))

    assert all("output" in each for each in found)
    assert {mail.message["subject"] for mail in server.handed} == set(map(str, range(30)))


async def test_a_mail_server_that_hangs_leaves_hands_for_others(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_turns, "share_seconds_max", 0.01)
    server.replies = ["wait"] * 10
    turns = HostTurns(hands=40)
    mailer = SmtpMailer(server.settings(), FLUSSO, turns=turns)
    hanging = [asyncio.create_task(sent(mailer)) for _ in range(40)]

    done, _ = await asyncio.wait(hanging, return_when=asyncio.FIRST_EXCEPTION, timeout=5)

    assert any(isinstance(each.exception(), Transient) for each in done)
    async with asyncio.timeout(1), turns.turn("somebody.example"):
        pass
    for each in hanging:
        each.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


# -- who reads it on the way -------------------------------------------------------------------------------------------


async def test_mail_travels_encrypted_after_starttls(authority: Authority) -> None:
    async with mail_server(authority.server()) as server:
        mailer = SmtpMailer(server.settings("required"), FLUSSO, authority.trusting())
        assert "output" in await sent(mailer)
        assert server.handed[0].encrypted


async def test_mail_travels_encrypted_from_the_first_byte(authority: Authority) -> None:
    async with mail_server(authority.server(), tls=True) as server:
        mailer = SmtpMailer(server.settings(tls=True), FLUSSO, authority.trusting())
        assert "output" in await sent(mailer)


async def test_a_server_without_starttls_gets_nothing(server: MailServer) -> None:
    found = await sent(SmtpMailer(server.settings("required"), FLUSSO))

    assert (found["error"].code, found["retryable"]) == ("email-refused", False)
    assert "output" in await sent(SmtpMailer(server.settings("optional"), FLUSSO))


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("flaw", ["unknown authority", "other name", "expired"])
async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    authority: Authority, flaw: str, *, tls: bool
) -> None:
    context: ssl.SSLContext | None = authority.trusting()
    served = authority.server()
    match flaw:
        case "unknown authority":
            context = None
        case "other name":
            served = authority.server("other.example.org")
        case _:
            served = authority.server(lifetime=-timedelta(days=1))
    async with mail_server(served, tls=tls) as server:
        settings = server.settings(tls=True) if tls else server.settings("required")
        found = await sent(SmtpMailer(settings, FLUSSO, context))

        assert (found["error"].code, found["retryable"]) == ("email-tls-failed", False)
        assert server.handed == []


async def test_the_password_opens_the_server_and_is_never_shown(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = secrets.token_urlsafe()
    async with mail_server(authority.server(), password=password) as server:
        settings = server.settings("required", username="flusso", password=password)
        assert "output" in await sent(SmtpMailer(settings, FLUSSO, authority.trusting()))

        wrong = server.settings("required", username="flusso", password=f"{password}-old")
        found = await sent(SmtpMailer(wrong, FLUSSO, authority.trusting()))

    assert server.logins[0] == "flusso"
    assert (found["error"].code, found["retryable"]) == ("email-login-refused", False)
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    shown = " ".join([found["error"].model_dump_json(), repr(settings), *ours])
    assert password not in shown


# -- in a run ----------------------------------------------------------------------------------------------------------


async def test_a_run_tries_again_and_shows_it(
    database_url: str, nats_url: str, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUSSO_SMTP_URL", f"smtp://localhost:{server.port}?starttls=none")
    monkeypatch.setenv("FLUSSO_EMAIL_FROM", "Flusso <flusso@example.org>")
    server.replies = ["451 4.3.0 try later"]
    tell = node("tell", "send_email", to="{{ trigger.output.who }}", subject="Hi", body="Hello")
    tell["retry"] = {"attempts": 2, "delay": "1s", "jitter": 0}
    async with engine_service(database_url, nats_url) as engine:
        run = await engine.start(
            await engine.workflow(workflow([tell])), {"who": "ada@example.org"}
        )
        await until(lambda: shows_retry(engine, run.id))
        found = await engine.ended(run.id, "Completed")

    assert found.output["accepted"] == ["ada@example.org"]
    (step,) = [step for step in found.trace if step.node == "tell"]
    assert (step.attempt, step.input["to"]) == (2, ["ada@example.org"])
    assert len(server.handed) == 1


async def shows_retry(engine: Engine, run_id: UUID) -> bool:
    (step,) = [step for step in (await engine.run(run_id)).trace if step.node == "tell"]
    if step.status == "Retrying":
        assert step.error is not None
        assert step.error.code == "email-deferred"
        return True
    return False


async def test_a_run_goes_on_by_another_way_where_there_is_no_mail(
    database_url: str, nats_url: str
) -> None:
    definition = workflow(
        [
            node("tell", "send_email", to="ada@example.org", subject="Hi", body="Hello"),
            node("note", "transform", why="{{ tell.error.code }}"),
        ],
        [edge("trigger", "tell"), edge("tell", "note", "error")],
    )
    async with engine_service(database_url, nats_url) as engine:
        run = await engine.start(await engine.workflow(definition))
        found = await engine.ended(run.id, "Completed")

    assert found.output == {"why": "email-not-configured"}
