"""How a service answers: what was asked, why it was refused, or that it could not be tried now."""

import orjson
from pydantic import BaseModel, Field

from contracts.base import Fact, Json, JsonObject


class Refusal(Fact):
    """A deterministic no: asking again gives the same answer. `code` is stable and becomes the problem's type."""

    code: str
    message: str
    details: JsonObject = Field(default_factory=dict)


class Reply(Fact):
    """Exactly one of the three is set."""

    ok: Json = None
    refused: Refusal | None = None
    unavailable: str | None = None
    overloaded: bool = False
    """Beside `unavailable`: nothing is away, there is too much to do."""


def encode_ok(answer: BaseModel | Json) -> bytes:
    """Return the reply that carries an answer."""
    if isinstance(answer, BaseModel):
        return b'{"ok":' + answer.model_dump_json(by_alias=True).encode() + b"}"
    return b'{"ok":' + orjson.dumps(answer) + b"}"


def encode_ok_json(answer: bytes) -> bytes:
    """Return the reply that carries an answer which is JSON already."""
    return b'{"ok":' + answer + b"}"


def encode_refused(code: str, message: str, details: JsonObject | None = None) -> bytes:
    """Return the reply that refuses."""
    return orjson.dumps({"refused": {"code": code, "message": message, "details": details or {}}})


def encode_unavailable(message: str, *, overloaded: bool = False) -> bytes:
    """Return the reply that asks the caller to come back later."""
    return orjson.dumps({"unavailable": message} | ({"overloaded": True} if overloaded else {}))
