"""What people type as values: `key=value` pairs, or one JSON object."""

import re
from collections.abc import Mapping, Sequence

from contracts.base import Json, JsonObject
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json
from services.cli.domain.errors import CliError, ExitCode

_JSON_VALUE = re.compile(r'\s*([\[{"]|-?[0-9]|true\s*$|false\s*$|null\s*$)')


def parse_object(text: str, what: str) -> JsonObject:
    """Return a JSON object; raises CliError that names `what` it is."""
    try:
        value = normalise_json(text)
    except Refused as refused:
        message = f"{what} is no JSON that can be taken: {refused.message}"
        raise CliError(message, ExitCode.USAGE) from None
    if not isinstance(value, dict):
        raise CliError(f'{what} must be a JSON object, such as {{"amount": 5}}.', ExitCode.USAGE)
    return value


def parse_pairs(pairs: Sequence[str], kinds: Mapping[str, str]) -> JsonObject:
    """Return the object that `key=value` pairs describe; `kinds` are the types of known form fields."""
    values: JsonObject = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name:
            raise CliError(f"`{pair}` is no key=value.", ExitCode.USAGE)
        if name in values:
            raise CliError(f"`{name}` is given twice.", ExitCode.USAGE)
        values[name] = _typed(text, kinds.get(name))
    return values


def _typed(text: str, kind: str | None) -> Json:
    """Return a text as its field wants it; of an unknown one, what is JSON is taken as that."""
    match kind:
        case "text" | "textarea" | "date":
            return text
        case "number":
            return _as_json(text) if text.strip() else None
        case _:
            return _as_json(text)


def _as_json(text: str) -> Json:
    if not _JSON_VALUE.match(text):
        return text
    try:
        return normalise_json(text)
    except Refused:
        return text
