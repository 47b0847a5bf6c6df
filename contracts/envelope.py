"""The CloudEvents 1.0 envelope of every fact, and the JSON batch that carries many of them."""

from collections.abc import Iterable
from datetime import datetime

import orjson
from pydantic import Field, TypeAdapter

from contracts.base import Fact, Instant, JsonObject, rfc3339

BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"


class CloudEvent(Fact):
    """One fact as published.

    `sequence` is the version of the stream named by `subject` (1 for its first event, without gaps); `logposition` is
    the place in the publishing service's log. A consumer knows an event by `(source, subject, sequence)`, nothing else.
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: Instant
    datacontenttype: str = "application/json"
    dataschema: str
    sequence: int = Field(ge=1)
    logposition: int = Field(ge=0)
    traceparent: str | None = None
    data: JsonObject


BATCH = TypeAdapter(list[CloudEvent])


def encode_event(  # noqa: PLR0913 - the attributes of the envelope, each once
    *,
    source: str,
    name: str,
    schema_version: int,
    subject: str,
    sequence: int,
    position: int,
    time: datetime,
    traceparent: str | None,
    data: str,
) -> bytes:
    """Return one CloudEvent as JSON around `data`, which is JSON already and is not parsed again.

    The other texts are ours (ids, names, a checked traceparent) and hold nothing that JSON would escape.
    """
    trace = "" if traceparent is None else f'"traceparent":"{traceparent}",'
    return (
        f'{{"specversion":"1.0","id":"{subject}-{sequence}","source":"{source}","type":"{name}",'
        f'"subject":"{subject}","time":"{rfc3339(time)}","datacontenttype":"application/json",'
        f'"dataschema":"{name}/{schema_version}","sequence":{sequence},"logposition":{position},'
        f'{trace}"data":{data}}}'
    ).encode()


def encode_batch(events: Iterable[bytes]) -> bytes:
    """Return the JSON batch of already encoded events."""
    return b"[" + b",".join(events) + b"]"


def split_batch(payload: bytes) -> list[JsonObject]:
    """Return the members of a batch as plain objects, unchecked, so that one bad member does not hide the others.

    Raises ValueError if the payload is not a JSON array of objects.
    """
    members = orjson.loads(payload)
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        msg = "a batch is a JSON array of CloudEvents"
        raise ValueError(msg)
    return members
