"""The server is the judge of a form: it finds every fault at once, and returns the values as they will be kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import isfinite
from typing import assert_never

from contracts.base import Json, JsonObject
from contracts.run import FormField
from services.chassis.pattern import PATTERN_SUBJECT_MAX, matches
from services.chassis.text import normalised_text

FAULTS_MAX = 100
INTEGER_MAX = 2**63 - 1
"""Whole numbers beyond this cannot be read back by every JSON reader that we use."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one value; `code` is stable, `message` is for the person at the form."""

    name: str
    code: str
    message: str

    def as_json(self) -> JsonObject:
        """Return it as the API shows it."""
        return {"name": self.name, "code": self.code, "message": self.message}


class _Invalid(Exception):  # noqa: N818 - a verdict on one value, private to this module
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def judge_form(
    fields: Sequence[FormField], values: Mapping[str, Json]
) -> tuple[JsonObject, list[FieldFault]]:
    """Return one value for each field (an empty optional one is None), and all faults, at most 100 of them."""
    known = {field.name for field in fields}
    faults = [_unknown(name) for name in values if name not in known]
    accepted: JsonObject = {}
    for field in fields:
        try:
            accepted[field.name] = _judge_field(field, values.get(field.name))
        except _Invalid as invalid:
            faults.append(FieldFault(field.name, invalid.code, invalid.message))
    return accepted, faults[:FAULTS_MAX]


def judge_fields(
    fields: Sequence[FormField], values: Mapping[str, Json]
) -> tuple[JsonObject, list[FieldFault]]:
    """As `judge_form`, but what the fields do not name is let through as it is."""
    asked = {field.name for field in fields}
    named = {name: value for name, value in values.items() if name in asked}
    accepted, faults = judge_form(fields, named)
    return {**values, **accepted}, faults


def _unknown(name: str) -> FieldFault:
    shown = (normalised_text(name) or "")[:200]
    return FieldFault(shown, "unknown-field", "This form has no such field.")


def _judge_field(field: FormField, value: Json) -> Json:
    if value is None or (isinstance(value, str) and not value.strip()):
        if field.required:
            raise _Invalid("required", "This field is required.")
        return None
    match field.type:
        case "text" | "textarea":
            return _judge_text(field, value)
        case "number":
            return _judge_number(field, value)
        case "date":
            return _judge_date(field, value)
        case _:
            assert_never(field.type)


def _judge_text(field: FormField, value: Json) -> str:
    if not isinstance(value, str):
        raise _Invalid("wrong-type", "This must be a text.")
    text = normalised_text(value)
    if text is None:
        raise _Invalid("invalid-text", "This holds characters that cannot be kept.")
    if field.type == "text" and "\n" in text:
        raise _Invalid("single-line", "This must be a single line.")
    if field.min_length is not None and len(text) < field.min_length:
        raise _Invalid("too-short", f"At least {field.min_length} characters are needed.")
    longest = _length_max(field)
    if longest is not None and len(text) > longest:
        raise _Invalid("too-long", f"At most {longest} characters are allowed.")
    if field.pattern is not None:
        _judge_pattern(field, field.pattern, text)
    return text


def _length_max(field: FormField) -> int | None:
    if field.pattern is None:
        return field.max_length
    return min(field.max_length or PATTERN_SUBJECT_MAX, PATTERN_SUBJECT_MAX)


def _judge_pattern(field: FormField, pattern: str, text: str) -> None:
    found = matches(pattern, text)
    if found is None:
        # Letting everything pass would break the author's promise; rejecting the run remains possible.
        raise _Invalid("pattern-broken", "The workflow's pattern for this field cannot be used.")
    if not found:
        raise _Invalid("pattern", field.pattern_message or "This does not have the expected form.")


def _judge_number(field: FormField, value: Json) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Invalid("wrong-type", "This must be a number.")
    if (isinstance(value, float) and not isfinite(value)) or abs(value) > _largest(value):
        raise _Invalid("wrong-type", "This number cannot be represented.")
    lowest, highest = field.min, field.max
    if isinstance(lowest, int | float) and value < lowest:
        raise _Invalid("too-small", f"This must be at least {_plain(lowest)}.")
    if isinstance(highest, int | float) and value > highest:
        raise _Invalid("too-large", f"This must be at most {_plain(highest)}.")
    if field.step is not None and not _on_step(value, field.step, lowest):
        raise _Invalid("off-step", f"This must go in steps of {_plain(field.step)}.")
    return value


def _largest(value: float) -> float:
    return INTEGER_MAX if isinstance(value, int) else float("inf")


def _on_step(value: float, step: float, lowest: float | str | None) -> bool:
    """As in HTML: steps count from the minimum, else from zero; decimals are taken as they are written."""
    if step <= 0:
        return True
    start = _exact(lowest) if isinstance(lowest, int | float) else Fraction(0)
    return (_exact(value) - start) % _exact(step) == 0


def _exact(number: float) -> Fraction:
    return Fraction(repr(number))


def _plain(number: float) -> str:
    return repr(int(number)) if number == int(number) else repr(number)


def _judge_date(field: FormField, value: Json) -> str:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise _Invalid("wrong-type", "This must be a date in the form YYYY-MM-DD.")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _Invalid("wrong-type", "There is no such day.") from None
    lowest, highest = _day(field.min), _day(field.max)
    if lowest is not None and day < lowest:
        raise _Invalid("too-small", f"This must be {lowest} or later.")
    if highest is not None and day > highest:
        raise _Invalid("too-large", f"This must be {highest} or earlier.")
    return value


def _day(limit: float | str | None) -> date | None:
    if not isinstance(limit, str):
        return None
    try:
        return date.fromisoformat(limit)
    except ValueError:
        return None
