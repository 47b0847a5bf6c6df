"""The users of a NATS server: one for each service, with the subjects that it needs.

A fact can be told by its owner alone, and the gateway can ask what people may ask and hear what was told. Replies go to
inboxes of each service's own, so that nobody else hears them; who answers may answer whom it was asked by.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts import subjects
from contracts.catalogue import REQUESTS
from deploy.grants import SERVICES, Service

BETWEEN_SERVICES = frozenset(
    {
        subjects.RECORD_RESULT,
        subjects.EMIT_EVENT,
        subjects.DIGEST_OPEN_TASKS,
        subjects.LIST_OPEN_TASKS,
        subjects.EXPLAIN_TASKS,
        subjects.CLOSE_TASKS,
    }
)
"""What the engine, or a worker of it, asks; the gateway must not."""
DURABLES = (
    subjects.TASKS_ON_RUN_EVENTS,
    subjects.WORKER_ON_NODE_SCHEDULED,
    subjects.ENGINE_ON_TASK_EVENTS,
    subjects.ENGINE_ON_SCHEDULE_DUE,
)
_ALL_STREAMS = (subjects.RUN_EVENTS, subjects.TASK_EVENTS, subjects.SCHEDULES)
_FACT_STREAMS = (subjects.RUN_EVENTS, subjects.TASK_EVENTS)


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects, with NATS's wildcards. Whoever `answers` may also publish one reply to each request."""

    publish: Sequence[str]
    subscribe: Sequence[str]
    answers: bool
    never_publish: Sequence[str] = ()
    """Exceptions from `publish`."""


def permissions_of(service: Service) -> Permissions:
    """Return what a service may do."""
    inbox = f"_INBOX.{service}.>"
    match service:
        case "engine":
            tasks = sorted(asked for asked in BETWEEN_SERVICES if asked.startswith("flusso.tasks."))
            own = ["flusso.run.>", "flusso.schedule.>", "flusso.engine.>"]
            return Permissions(
                [*own, *tasks, *_stream_keeping(_ALL_STREAMS)],
                ["flusso.engine.>", inbox],
                answers=True,
            )
        case "tasks":
            own = ["flusso.task.>", subjects.TASKS_RELAY_WAKE]
            return Permissions(
                [*own, *_stream_keeping(_FACT_STREAMS)], ["flusso.tasks.>", inbox], answers=True
            )
        case "gateway":
            asked = sorted({request.subject for request in REQUESTS} - BETWEEN_SERVICES)
            return Permissions(
                [*asked, *_hearing(_FACT_STREAMS)],
                [inbox],
                answers=False,
                never_publish=_taking_over(_FACT_STREAMS),
            )


def _stream_keeping(streams: Sequence[str]) -> list[str]:
    """Making streams and durable consumers, and working them off; not deleting nor purging."""
    of_streams = [
        f"$JS.API.STREAM.{verb}.{stream}"
        for stream in streams
        for verb in ("INFO", "CREATE", "UPDATE", "MSG.GET")
    ]
    of_consumers = [
        f"$JS.API.CONSUMER.{verb}.{stream}.>"
        for stream in streams
        for verb in ("INFO", "CREATE", "DURABLE.CREATE", "MSG.NEXT")
    ]
    acknowledging = [f"$JS.ACK.{stream}.>" for stream in streams]
    # Consumers without a name, by which operators look for lost facts.
    unnamed = [f"$JS.API.CONSUMER.CREATE.{stream}" for stream in streams]
    return [*of_streams, *of_consumers, *unnamed, *_hearing(streams), *acknowledging]


def _hearing(streams: Sequence[str]) -> list[str]:
    """Hearing everything from some message on, by an ephemeral consumer that nobody shares.

    Its name is in the subject. Without one there the server would look into the message for it, and whoever may make
    any consumer could change those of others.
    """
    return [
        *(f"$JS.API.STREAM.INFO.{stream}" for stream in streams),
        *(f"$JS.API.CONSUMER.CREATE.{stream}.*" for stream in streams),
        *(f"$JS.FC.{stream}.>" for stream in streams),
    ]


def _taking_over(streams: Sequence[str]) -> list[str]:
    """Changing the durable consumers, which are shared."""
    return [f"$JS.API.CONSUMER.CREATE.{each}.{name}" for each in streams for name in DURABLES]


def render_users(passwords: Mapping[Service, str], admin: tuple[str, str] | None = None) -> str:
    """Return the `authorization` block of a nats-server configuration. JSON strings are valid there."""
    users = [_user(service, passwords[service], permissions_of(service)) for service in SERVICES]
    if admin is not None:
        name, password = admin
        users.insert(0, f"  {{ user: {json.dumps(name)}, password: {json.dumps(password)} }}\n")
    return f"authorization {{\n users: [\n{''.join(users)} ]\n}}\n"


def _user(name: str, password: str, permissions: Permissions) -> str:
    answers = "      allow_responses: true\n" if permissions.answers else ""
    return (
        f"  {{ user: {json.dumps(name)}, password: {json.dumps(password)}, permissions: {{\n"
        f"      publish: {_rule(permissions)}\n"
        f"      subscribe: {_subjects(permissions.subscribe)}\n"
        f"{answers}"
        "  } }\n"
    )


def _rule(permissions: Permissions) -> str:
    allowed = _subjects(permissions.publish)
    if not permissions.never_publish:
        return allowed
    return f"{{ allow: {allowed}\n        deny: {_subjects(permissions.never_publish)} }}"


def _subjects(names: Sequence[str]) -> str:
    lines = "".join(f"        {json.dumps(name)}\n" for name in dict.fromkeys(names))
    return f"[\n{lines}      ]"
