"""Who performs what: one performer for each type of node that has a side effect."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from contracts.base import Json
from contracts.run import NodeScheduled
from services.engine.app.last_look import Gate
from services.engine.app.mail_ports import Mailer
from services.engine.app.perform_email import perform_email
from services.engine.app.perform_event import perform_event
from services.engine.app.perform_http import perform_http
from services.engine.app.ports import Asks, HttpClient
from services.engine.domain.nodes.emit_event import EMIT_EVENT
from services.engine.domain.nodes.http_request import HTTP_REQUEST
from services.engine.domain.nodes.send_email import SEND_EMAIL

Performer = Callable[[UUID, NodeScheduled, Gate], Awaitable[dict[str, Json]]]
"""Performs one attempt of a run's node, and passes the gate right before anybody can notice; returns the fields of
RecordResult beside its key. Raises Transient."""


def performers(client: HttpClient, mailer: Mailer, caller: Asks) -> Mapping[str, Performer]:
    """Return them by type of node."""
    return {
        HTTP_REQUEST.name: lambda _, job, gate: perform_http(client, job, gate),
        SEND_EMAIL.name: lambda run_id, job, gate: perform_email(mailer, run_id, job, gate),
        EMIT_EVENT.name: lambda run_id, job, _: perform_event(caller, run_id, job),
    }
