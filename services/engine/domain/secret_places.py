"""Puts texts in the places of secrets: their values just before a request is sent, marks where it is shown."""

from collections.abc import Mapping, Sequence

from contracts.base import Json, JsonObject
from contracts.run import SecretUse
from services.chassis.errors import Refused

MARK = "••••"


def fill(request: JsonObject, uses: Sequence[SecretUse], values: Mapping[str, str]) -> JsonObject:
    """Return the request with the value of each secret in its place; raises Refused("invalid-request")."""
    filled: Json = request
    # Backwards: what is put in moves nothing that is still to come.
    for use in reversed(uses):
        parts = [_unescaped(part) for part in use.pointer.split("/")[1:]]
        filled = _with(filled, parts, use, values[use.name])
    assert isinstance(filled, dict), "a pointer leads into the request"
    return filled


def shown(request: JsonObject, uses: Sequence[SecretUse]) -> JsonObject:
    """Return the request with a mark in the place of each secret."""
    return fill(request, uses, {use.name: MARK for use in uses}) if uses else request


def _with(value: Json, parts: Sequence[str], use: SecretUse, text: str) -> Json:
    """Return a copy along the path, with the text put in at its end."""
    match value, parts:
        case str(), [] if use.offset <= len(value):
            return value[: use.offset] + text + value[use.offset :]
        case dict(), [name, *rest] if name in value:
            return {**value, name: _with(value[name], rest, use, text)}
        case list(), [index, *rest] if index.isdecimal() and int(index) < len(value):
            place = int(index)
            return [*value[:place], _with(value[place], rest, use, text), *value[place + 1 :]]
        case _:
            message = f"The request has no place `{use.pointer}` for the secret `{use.name}`."
            raise Refused("invalid-request", message)


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
