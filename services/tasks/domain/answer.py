"""Judges what came with a decision, before the task is spent on it: the form's values and the comment."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from contracts.base import JsonObject
from contracts.run import FormField
from contracts.task import DecideTask
from services.chassis.errors import Refused
from services.chassis.form import FieldFault, judge_form
from services.chassis.text import normalised_text

VALUES_BYTES_MAX = 262_144
"""The most that one value of a run may have, as JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decision brings, as it will be kept."""

    values: JsonObject | None
    comment: str | None


def judge_answer(fields: Sequence[FormField], order: DecideTask) -> Answer:
    """Return the answer, normalised. Raises Refused (`invalid-values`) with every fault at once."""
    values, faults = _judge_values(fields, order)
    comment = None if order.comment is None else normalised_text(order.comment)
    if comment is None and order.comment is not None:
        message = "The comment holds characters that cannot be kept."
        faults = [*faults, FieldFault("comment", "invalid-text", message)]
    if not faults and values:
        faults = _too_large(values)
    if faults:
        details: JsonObject = {"fields": [fault.as_json() for fault in faults]}
        raise Refused("invalid-values", "Some values cannot be accepted.", **details)
    return Answer(values, comment)


def _judge_values(
    fields: Sequence[FormField], order: DecideTask
) -> tuple[JsonObject | None, list[FieldFault]]:
    if order.action == "submit":
        return judge_form(fields, order.values or {})
    # Approving and rejecting bring no values: whoever sends some meant another call.
    _, faults = judge_form([], order.values or {})
    return None, faults


def _too_large(values: JsonObject) -> list[FieldFault]:
    size = len(orjson.dumps(values))
    if size <= VALUES_BYTES_MAX:
        return []
    largest = max(values, key=lambda name: len(orjson.dumps(values[name])))
    message = f"All values together have {size} bytes; at most {VALUES_BYTES_MAX} are allowed."
    return [FieldFault(largest, "too-large", message)]
