"""The worker's side of `send_email`: one attempt, its outcome in the words of the node."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from contracts.base import Json, JsonObject
from contracts.run import NodeScheduled, RunError
from services.engine.app.last_look import Gate, open_gate
from services.engine.app.mail_message import Mail, build_mail, sender_of
from services.engine.app.mail_ports import Mailer, MailFailed

FROM_VARIABLE = "FLUSSO_EMAIL_FROM"
SMTP_VARIABLE = "FLUSSO_SMTP_URL"
NOT_CONFIGURED = "email-not-configured"


def not_configured(variable: str, why: str) -> MailFailed:
    """Return what is said when the operator has not set up mail."""
    text = f"{why} An operator sets `{variable}` of the engine."
    return MailFailed(NOT_CONFIGURED, text, retryable=False)


async def perform_email(
    mailer: Mailer, run_id: UUID, job: NodeScheduled, gate: Gate = open_gate
) -> dict[str, Json]:
    """Send the mail and return the fields of RecordResult beside its key: output, error, retryable."""
    try:
        mailer.check()
        # Long Markdown takes its time: the loop goes on meanwhile.
        mail = await asyncio.to_thread(_build, mailer, run_id, job)
        sent = await mailer.send(mail, gate)
    except ValueError as error:
        return _failed(MailFailed("invalid-request", f"{error}", retryable=False))
    except MailFailed as failure:
        return _failed(failure)
    output: JsonObject = {
        "message_id": mail.message_id,
        "accepted": list(sent.accepted),
        "refused": sent.refused,
    }
    return {"output": output}


def _build(mailer: Mailer, run_id: UUID, job: NodeScheduled) -> Mail:
    sender = sender_of(job.request, mailer.default_sender)
    if sender is None:
        raise not_configured(FROM_VARIABLE, "Nobody says who the mail is from.")
    return build_mail(run_id, job, sender, datetime.now(UTC))


def _failed(failure: MailFailed) -> dict[str, Json]:
    details: JsonObject = {"refused": failure.refused} if failure.refused else {}
    error = RunError(code=failure.code, message=failure.message[:2_000], details=details)
    return {"error": error, "retryable": failure.retryable}
