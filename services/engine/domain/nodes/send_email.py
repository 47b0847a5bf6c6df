"""`send_email`: a message that a worker hands to the mail server of the operator."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field, WithJsonSchema

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled
from services.engine.domain.configs import Config, OptionalText, Text
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.limits import MAIL_BODY_MAX, RECIPIENTS_MAX, TITLE_MAX
from services.engine.domain.mail_address import one_line, parse_mailbox
from services.engine.domain.markdown import escape_markdown
from services.engine.domain.retry import RetryPolicy
from services.engine.domain.scope import Scope
from services.engine.domain.steps import (
    ERROR,
    OUT,
    Compiled,
    Shape,
    Turn,
    error_words,
    node_type,
)
from services.engine.domain.template import Template, as_text

RETRIES = RetryPolicy(retries=4, delay_seconds=30, delay_seconds_max=1_800, backoff=4)
"""Mail servers say "later" to strangers as a matter of course, and mean minutes."""
_ADDRESSES_SCHEMA: JsonObject = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "maxItems": RECIPIENTS_MAX},
    ]
}
Addresses = Annotated[Json, WithJsonSchema(_ADDRESSES_SCHEMA)]
"""One address, or a list of them; a variable may bring in either."""


class SendEmailConfig(Config):
    """`body` is Markdown, in which variables stay text. `from` is the operator's default if it is not given."""

    to: Addresses
    cc: Addresses = None
    bcc: Addresses = None
    reply_to: OptionalText = None
    sender: OptionalText = Field(default=None, alias="from")
    subject: Annotated[Text, Field(min_length=1)]
    body: Text


@dataclass(frozen=True, slots=True)
class EmailStep:
    to: tuple[Template, ...]
    cc: tuple[Template, ...]
    bcc: tuple[Template, ...]
    reply_to: Template | None
    sender: Template | None
    subject: Template
    body: Template

    def take(self, turn: Turn) -> NodeScheduled:
        """Freeze the message; raises EvaluationFailed, also for an address that is none."""
        scope = turn.scope
        request: JsonObject = {
            "to": list(_addresses(self.to, scope)),
            "cc": list(_addresses(self.cc, scope)),
            "bcc": list(_addresses(self.bcc, scope)),
            "reply_to": _address(self.reply_to, scope),
            "from": _address(self.sender, scope),
            "subject": _subject(self.subject, scope),
            "body": self.body.text(scope, escape_markdown),
        }
        _check(request)
        return turn.scheduled(request)


def _addresses(templates: tuple[Template, ...], scope: Scope) -> Iterator[str]:
    """Yield addresses that are ones; a blank text is nobody."""
    for template in templates:
        value = template.evaluate(scope)
        for each in value if isinstance(value, list) else [value]:
            text = as_text(each).strip()
            if text:
                yield _checked(text, template)


def _address(template: Template | None, scope: Scope) -> str | None:
    if template is None:
        return None
    text = template.text(scope).strip()
    return _checked(text, template) if text else None


def _checked(text: str, template: Template) -> str:
    try:
        parse_mailbox(text)
    except ValueError as error:
        raise EvaluationFailed(
            "invalid-address", f"{error}", expression=template.source[:500], value=text[:200]
        ) from error
    return text


def _subject(template: Template, scope: Scope) -> str:
    """Return one line: data can neither add a header nor make the subject longer than people read."""
    subject = one_line(template.text(scope))
    return subject if len(subject) <= TITLE_MAX else subject[: TITLE_MAX - 1] + "…"


def _check(request: JsonObject) -> None:
    count = sum(len(request[name]) for name in ("to", "cc", "bcc"))
    if not count:
        raise EvaluationFailed("no-recipients", "There is nobody to send this to.")
    if count > RECIPIENTS_MAX:
        text = f"This would go to {count:,} addresses; the limit is {RECIPIENTS_MAX}."
        raise EvaluationFailed("too-many-recipients", text, limit=RECIPIENTS_MAX)
    length = len(request["body"])
    if length > MAIL_BODY_MAX:
        text = f"The body would have {length:,} characters; the limit is {MAIL_BODY_MAX:,}."
        raise EvaluationFailed("email-too-large", text, limit=MAIL_BODY_MAX)


def _compile(config: SendEmailConfig, place: Place) -> Compiled:
    shape = Shape(ports=(OUT, ERROR), members=frozenset({"message_id", "accepted", "refused"}))
    step = EmailStep(
        to=_compile_addresses(config.to, place.at("to")),
        cc=_compile_addresses(config.cc, place.at("cc")),
        bcc=_compile_addresses(config.bcc, place.at("bcc")),
        reply_to=_compile_address(config.reply_to, place.at("reply_to")),
        sender=_compile_address(config.sender, place.at("from")),
        subject=place.at("subject").template(config.subject),
        body=place.at("body").template(config.body),
    )
    if config.to in (None, "", []):
        place.at("to").fault("invalid-value", "Somebody must get this.", reason="no_recipients")
    return step, shape


def _compile_addresses(value: Json, place: Place) -> tuple[Template, ...]:
    match value:
        case None | "":
            return ()
        case str():
            return (_compiled(value, place),)
        case list() if len(value) > RECIPIENTS_MAX:
            place.fault(
                "invalid-value",
                f"These are more than {RECIPIENTS_MAX} addresses.",
                reason="too_many_recipients",
                limit=RECIPIENTS_MAX,
            )
            return ()
        case list() if all(isinstance(each, str) for each in value):
            return tuple(_compiled(each, place.at(index)) for index, each in enumerate(value))
        case _:
            place.fault(
                "invalid-value",
                "This must be a mail address, or a list of them.",
                reason="mail_address",
            )
            return ()


def _compile_address(source: str | None, place: Place) -> Template | None:
    return None if source is None else _compiled(source, place)


def _compiled(source: str, place: Place) -> Template:
    """Return the text; one without variables must be an address by itself."""
    template = place.template(source)
    if template.constant and source.strip():
        try:
            parse_mailbox(source)
        except ValueError as error:
            hint = " Write several as a list." if "," in source else ""
            place.fault("invalid-value", f"{error}{hint}")
    return template


SEND_EMAIL = replace(
    node_type(
        "send_email",
        SendEmailConfig,
        _compile,
        errors=error_words(
            "email-refused",
            "email-deferred",
            "email-login-refused",
            "email-tls-failed",
            "email-not-configured",
            timeout="email-timed-out",
            connection_failed="email-failed",
        ),
        limited=True,
    ),
    retry=RETRIES,
)
