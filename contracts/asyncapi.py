"""The AsyncAPI 3.0 document: every subject that another program may read or ask.

Facts are what our services send; requests are what they receive, each with a channel for its reply.
Payload schemas are written once, below `components`.
"""

from collections.abc import Iterable

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.base import JsonObject
from contracts.catalogue import (
    ANNOUNCEMENTS,
    FACT_VERSION,
    FACTS,
    REQUESTS,
    Announcement,
    Request,
)
from contracts.envelope import BATCH_CONTENT_TYPE, CloudEvent
from contracts.rpc import Refusal

VERSION = "1.0.0"


def document() -> JsonObject:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Flusso",
            "version": VERSION,
            "description": (
                "What Flusso's services tell and take over NATS. Facts are CloudEvents, told at"
                " least once; know them by source, subject and sequence. Requests are answered"
                " when they are committed."
            ),
        },
        "defaultContentType": "application/json",
        "servers": {
            "nats": {
                "host": "{address}",
                "protocol": "nats",
                "description": "NATS 2.15 with JetStream, as in NATS_URL.",
                "variables": {"address": {"default": "127.0.0.1:4222"}},
            }
        },
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


# -- names -----------------------------------------------------------------------------------------


def _key(subject: str) -> str:
    """Return the subject as a name: `flusso.task.events` is `task_events`."""
    return subject.removeprefix("flusso.").replace(".", "_")


def _envelope(fact_type: str) -> str:
    return f"{FACTS[fact_type].__name__}Event"


def _reply(request: Request) -> str:
    return f"{request.answer.__name__}Reply"


def _to(*path: str) -> JsonObject:
    return {"$ref": "#/" + "/".join(path)}


# -- channels and operations -----------------------------------------------------------------------


def _channels() -> JsonObject:
    channels: JsonObject = {}
    for told in ANNOUNCEMENTS:
        channels[_key(told.subject)] = {
            "address": told.subject,
            "description": f"Stream {told.stream}, in the order of the log of {told.service}.",
            "messages": {_key(told.subject): _to("components", "messages", _key(told.subject))},
        }
    for asked in REQUESTS:
        command, reply = asked.command.__name__, _reply(asked)
        channels[_key(asked.subject)] = {
            "address": asked.subject,
            "messages": {command: _to("components", "messages", command)},
        }
        channels[f"{_key(asked.subject)}_reply"] = {
            "address": None,
            "description": "The reply subject that NATS gives to a request.",
            "messages": {reply: _to("components", "messages", reply)},
        }
    return channels


def _operations() -> JsonObject:
    return {_key(told.subject): _sending(told) for told in ANNOUNCEMENTS} | {
        _key(asked.subject): _receiving(asked) for asked in REQUESTS
    }


def _sending(told: Announcement) -> JsonObject:
    key = _key(told.subject)
    return {
        "action": "send",
        "title": f"The {told.service} tells what is in its log",
        "channel": _to("channels", key),
        "messages": [_to("channels", key, "messages", key)],
    }


def _receiving(asked: Request) -> JsonObject:
    key = _key(asked.subject)
    return {
        "action": "receive",
        "title": f"The {asked.service} is asked: {asked.command.__name__}",
        "description": asked.command.__doc__,
        "channel": _to("channels", key),
        "messages": [_to("channels", key, "messages", asked.command.__name__)],
        "reply": {
            "channel": _to("channels", f"{key}_reply"),
            "messages": [_to("channels", f"{key}_reply", "messages", _reply(asked))],
        },
    }


# -- messages --------------------------------------------------------------------------------------


def _messages() -> JsonObject:
    messages: JsonObject = {_key(told.subject): _fact_message(told) for told in ANNOUNCEMENTS}
    for asked in REQUESTS:
        messages[asked.command.__name__] = {
            "name": asked.command.__name__,
            "headers": {"type": "object", "properties": {"traceparent": {"type": "string"}}},
            "payload": _to("components", "schemas", asked.command.__name__),
        }
        messages[_reply(asked)] = {
            "name": _reply(asked),
            "payload": _to("components", "schemas", _reply(asked)),
        }
    return messages


def _fact_message(told: Announcement) -> JsonObject:
    one_of = [_to("components", "schemas", _envelope(name)) for name in told.facts]
    payload: JsonObject = {
        "type": "array",
        "minItems": 1,
        "items": {"oneOf": one_of} if len(one_of) > 1 else one_of[0],
    }
    if told.alone:
        payload["maxItems"] = 1
    return {
        "name": _key(told.subject),
        "title": "A batch of one CloudEvent" if told.alone else "A batch of CloudEvents",
        "contentType": BATCH_CONTENT_TYPE,
        "headers": {
            "type": "object",
            "properties": {"content-type": {"const": BATCH_CONTENT_TYPE}},
        },
        "payload": payload,
    }


# -- schemas ---------------------------------------------------------------------------------------


def _schemas() -> JsonObject:
    schemas = _models(
        [
            CloudEvent,
            Refusal,
            *FACTS.values(),
            *(model for asked in REQUESTS for model in _both(asked)),
        ]
    )
    schemas |= {_envelope(name): _envelope_schema(name) for name in FACTS}
    schemas |= {_reply(asked): _reply_schema(asked) for asked in REQUESTS}
    return dict(sorted(schemas.items()))


def _both(asked: Request) -> tuple[type[BaseModel], type[BaseModel]]:
    return asked.command, asked.answer


def _models(models: Iterable[type[BaseModel]]) -> JsonObject:
    _, written = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        ref_template="#/components/schemas/{model}",
    )
    definitions: JsonObject = written["$defs"]
    return definitions


def _envelope_schema(fact_type: str) -> JsonObject:
    fact = FACTS[fact_type]
    return {
        "allOf": [
            _to("components", "schemas", "CloudEvent"),
            {
                "type": "object",
                "properties": {
                    "type": {"const": fact_type},
                    "dataschema": {"const": f"{fact_type}/{FACT_VERSION}"},
                    "data": _to("components", "schemas", fact.__name__),
                },
            },
        ],
    }


def _reply_schema(asked: Request) -> JsonObject:
    return {
        "oneOf": [
            _having("ok", _to("components", "schemas", asked.answer.__name__)),
            _having("refused", _to("components", "schemas", "Refusal")),
            _having("unavailable", {"type": "string"}),
        ],
    }


def _having(name: str, schema: JsonObject) -> JsonObject:
    return {"type": "object", "properties": {name: schema}, "required": [name]}
