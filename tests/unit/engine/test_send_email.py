"""What becomes a mail: who gets it, and that data stays data in its headers and in its body."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json
from contracts.run import NodeFailed, NodeScheduled, RetrySet
from services.engine.app.mail_message import Mail, build_mail
from services.engine.app.mail_text import mail_html, mail_plain, read_markdown
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.mail_address import Mailbox, parse_mailbox
from tests.support.runs import NOW, RUN_ID, broken, node, started, workflow

FLUSSO = Mailbox("flusso@example.org", "Flusso")
HEADERS = {
    "from",
    "to",
    "cc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "flusso-run",
    "mime-version",
    "content-type",
}


def tell(**config: Json) -> dict[str, Json]:
    usual = {"to": "ada@example.org", "subject": "Hi", "body": "Hello"}
    return workflow([node("tell", "send_email", **(usual | config))])


def scheduled(given: Json = None, **config: Json) -> NodeScheduled:
    return started(tell(**config), given).one(NodeScheduled)


def failed(given: Json = None, **config: Json) -> NodeFailed:
    return started(tell(**config), given).one(NodeFailed)


def mail_of(given: Json = None, **config: Json) -> Mail:
    return build_mail(RUN_ID, scheduled(given, **config), FLUSSO, NOW)


def message_of(mail: Mail) -> EmailMessage:
    return message_from_bytes(mail.content, policy=policy.default)


def form(mail: Mail, subtype: str) -> str:
    part = message_of(mail).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


def faults(**config: Json) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(tell(**config))
    return {fault.path: fault.message for fault in caught.value.faults}


# -- who gets it -------------------------------------------------------------------------------------------------------


def test_one_variable_may_bring_in_a_whole_list() -> None:
    people = ["ada@example.org", "Bob <bob@example.org>", " "]

    job = scheduled({"people": people}, to="{{ trigger.output.people }}")

    assert job.request["to"] == ["ada@example.org", "Bob <bob@example.org>"]


def test_blank_copies_are_nobody_and_nobody_at_all_is_an_error() -> None:
    assert scheduled({"cc": ""}, cc="{{ trigger.output.cc }}").request["cc"] == []
    assert failed({"to": []}, to="{{ trigger.output.to }}").error.code == "no-recipients"


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org, bob@example.org",
        "ada@example.org; bob@example.org",
        "ada@example.org bob@example.org",
        "ada@example.org\nBcc: bob@example.org",
        "Ada <ada@example.org> <bob@example.org>",
        "Ada <ada@example.org>, bob@example.org",
        "<bob@example.org> Ada",
        "ada@exam ple.org",
        "ada@-example.org",
        "ada@[127.0.0.1]",
        "ada@example..org",
        "ada@example.org.",
        "a..b@example.org",
        '"a b"@example.org',
        "a@b@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a" * 64 + ".org",
        "ada@example.org\u2028",
        "Ada\x00 <ada@example.org>",
        "ada@\ud800.org",
    ],
)
def test_what_is_no_single_address_reaches_nobody(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_mailbox(text + "x" if text.endswith("\u2028") else text)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        (" ada@Example.org ", "", "ada@example.org"),
        ("Ada Lovelace <ada@example.org>", "Ada Lovelace", "ada@example.org"),
        ('"Rossi, Anna" <anna@example.org>', "Rossi, Anna", "anna@example.org"),
        ("Rossi, Anna <anna@example.org>", "Rossi, Anna", "anna@example.org"),
        ("bob@evil.example <ada@example.org>", "bob@evil.example", "ada@example.org"),
        ("o'neill+news@münchen.example", "", "o'neill+news@xn--mnchen-3ya.example"),
        ("ada@faß.example", "", "ada@xn--fa-hia.example"),
        ("\u202eadA <root@localhost>", "adA", "root@localhost"),
    ],
)
def test_addresses_are_read_as_people_write_them(text: str, name: str, address: str) -> None:
    assert parse_mailbox(text) == Mailbox(address, name)


def test_data_that_is_no_address_lands_on_the_node_with_its_value() -> None:
    error = failed({"mail": "nobody"}, to="{{ trigger.output.mail }}").error

    assert (error.code, error.node) == ("invalid-address", "tell")
    assert error.details["value"] == "nobody"
    assert error.details["expression"] == "{{ trigger.output.mail }}"


def test_a_name_from_data_cannot_add_anybody() -> None:
    names = ["Eve <eve@evil.example>, Ada", "<eve@evil.example>", "a\r\nBcc: eve@evil.example"]
    for name in names:
        given = {"name": name}
        assert failed(given, to="{{ trigger.output.name }} <ada@example.org>").error.code == (
            "invalid-address"
        )


def test_more_than_a_hundred_are_refused() -> None:
    many = [f"a{number}@example.org" for number in range(60)]

    error = failed({"many": many}, to="{{ trigger.output.many }}", bcc="{{ trigger.output.many }}")

    assert error.error.code == "too-many-recipients"


def test_a_long_body_is_refused_before_anything_is_done() -> None:
    found = failed({"text": "x" * 100_001}, body="{{ trigger.output.text }}")

    assert found.error.code == "email-too-large"


# -- what is found at save ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "path", "words"),
    [
        ({"to": "nobody"}, "/nodes/0/config/to", "is no mail address"),
        ({"to": ["a@b.example", "x"]}, "/nodes/0/config/to/1", "is no mail address"),
        ({"to": "a@b.example, c@d.example"}, "/nodes/0/config/to", "Write several as a list"),
        ({"to": {"a": 1}}, "/nodes/0/config/to", "a mail address, or a list"),
        ({"to": []}, "/nodes/0/config/to", "Somebody must get this"),
        ({"cc": [5]}, "/nodes/0/config/cc", "a mail address, or a list"),
        ({"bcc": ["a@b.example"] * 101}, "/nodes/0/config/bcc", "more than 100"),
        ({"from": "me"}, "/nodes/0/config/from", "is no mail address"),
        ({"reply_to": "me"}, "/nodes/0/config/reply_to", "is no mail address"),
        ({"subject": "{{ oops"}, "/nodes/0/config/subject", ""),
        ({"body": "{{ secrets.KEY }}"}, "/nodes/0/config/body", "Secrets may be used"),
        ({"attachments": []}, "/nodes/0/config/attachments", "There is no `attachments`"),
    ],
)
def test_faults_name_their_place(config: dict[str, Json], path: str, words: str) -> None:
    assert words in faults(**config)[path]


# -- headers -----------------------------------------------------------------------------------------------------------


@given(subject=st.text(), name=st.text(max_size=250))
def test_nothing_that_data_holds_becomes_a_header(subject: str, name: str) -> None:
    """Whatever it is: the message has the headers that it always has, and reaches who it was to reach."""
    box = Mailbox("ada@example.org")
    try:
        box = parse_mailbox(f"{name} <ada@example.org>")
    except ValueError:
        name = ""
    request = {
        "to": [f"{name} <ada@example.org>"],
        "cc": [],
        "bcc": [],
        "subject": subject,
        "body": subject,
    }
    job = scheduled().model_copy(update={"request": request})

    mail = build_mail(RUN_ID, job, FLUSSO, NOW)

    found = message_of(mail)
    assert {header.lower() for header in found} <= HEADERS
    assert mail.recipients == ("ada@example.org",)
    assert [each.addr_spec for each in found["to"].addresses] == ["ada@example.org"]
    assert box.address == "ada@example.org"
    assert mail.content.isascii()


@pytest.mark.parametrize(
    "subject",
    ["Hi\r\nBcc: eve@evil.example", "Hi\nX: y", "Hi\u2028X: y", "Hi\x85X", "Hi\x0b\x0cX", "Hi\rX"],
)
def test_a_hostile_subject_stays_one_line(subject: str) -> None:
    mail = mail_of({"subject": subject}, subject="{{ trigger.output.subject }}")

    assert mail.recipients == ("ada@example.org",)
    assert message_of(mail)["subject"].startswith("Hi ")
    assert message_of(mail)["bcc"] is None


def test_a_long_subject_is_shortened() -> None:
    subject = scheduled({"s": "word " * 500}, subject="{{ trigger.output.s }}").request["subject"]

    assert len(subject) == 500
    assert subject.endswith("…")


# -- the body ----------------------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The names of the elements of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.targets: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.targets += [str(value) for name, value in attrs if name in {"href", "src"}]


HOSTILE = [
    "<script>alert(1)</script>",
    "[click](https://evil.example)",
    "https://evil.example",
    "www.evil.example",
    "<https://evil.example>",
    "![x](https://evil.example/pixel.png)",
    "# big",
    "- item",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\n\n***\n\nb",
    "&lt;b&gt;",
    "**bold** _it_ ~~no~~ `code`",
    "[x]: https://evil.example\n\n[x]",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_a_variable_brings_in_stays_text(value: str) -> None:
    mail = mail_of({"v": value}, body="Dear {{ trigger.output.v }}")

    page = Elements(form(mail, "html"))
    assert set(page.names) <= {"html", "head", "meta", "body", "p", "br"}
    assert page.targets == []
    assert form(mail, "plain").split() == ["Dear", *value.replace("\u00a0", " ").split()]


@given(value=st.text(alphabet="ab *_`[]()<>!#|~&\\\n\t-+=:/.1", max_size=60))
def test_no_text_of_a_variable_is_markup(value: str) -> None:
    job = scheduled({"v": value}, body="Dear {{ trigger.output.v }}!")

    page = Elements(mail_html(read_markdown(job.request["body"])))

    assert set(page.names) <= {"html", "head", "meta", "body", "p", "br"}


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "/relative",
        "//evil.example",
    ],
)
def test_links_lead_to_the_web_or_to_a_mailbox(target: str) -> None:
    html = mail_html(read_markdown(f"[a]({target}) ![b]({target}) [c](https://fine.example)"))

    assert Elements(html).targets == ["https://fine.example"]


def test_html_of_the_author_stays_text_too() -> None:
    assert "&lt;b&gt;" in mail_html(read_markdown("<b>x</b>\n\n<div onclick='x'>y</div>"))


def test_the_plain_form_reads_like_a_letter() -> None:
    source = (
        "# News\n\nDear *Ada*, see [our page](https://example.org/a) or <desk@example.org>.\n\n"
        "1. one\n2. two\n   - inner\n\n> said\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n    code\n\n---\nBye"
    )

    assert mail_plain(read_markdown(source)) == (
        "News\n\nDear Ada, see our page (https://example.org/a) or desk@example.org.\n\n"
        "1. one\n2. two\n   - inner\n\n> said\n\na | b\n1 | 2\n\ncode\n\n"
        "--------------------\n\nBye\n"
    )


# -- tried again -------------------------------------------------------------------------------------------------------


def test_what_may_pass_is_tried_again_after_growing_pauses_without_being_asked() -> None:
    run = started(tell())

    run.does(broken("tell", 1, retryable=True))

    (retry,) = run.all(RetrySet)
    assert 20 <= (retry.due_at - NOW).total_seconds() <= 40


def test_what_will_not_pass_is_not_tried_again() -> None:
    run = started(tell())

    run.does(broken("tell", 1, retryable=False))

    assert run.one(NodeFailed).attempt == 1
