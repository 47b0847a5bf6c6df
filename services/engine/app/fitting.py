"""Keeps answers below what a NATS message carries: pages end early, wholes leave their largest parts out."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel

from contracts.base import Json
from contracts.run_view import RunView, TraceStep
from contracts.workflow import Validation
from services.engine.domain.run_evolve import size_of

PAGE_BYTES_MAX = 700_000
"""A message is at most 1 MiB (NATS's default), with its headers."""
WHOLE_BYTES_MAX = 900_000
KEPT_BYTES_MAX = 200
"""A value of this size is left out last: saying so takes nearly as much."""
SMALL_BYTES_MAX = 40
ATTEMPTS_KEPT = 3
SEE_EVENTS = "[see the events]"
"""What thousands of steps say instead of their small values."""
M = TypeVar("M", bound=BaseModel)


def fitting(items: Sequence[M]) -> list[M]:
    """Return the first items that fit into one answer, but one at least."""
    kept: list[M] = []
    size = 0
    for item in items:
        size += len(item.model_dump_json())
        if kept and size > PAGE_BYTES_MAX:
            break
        kept.append(item)
    return kept


def fitting_validation(found: Validation) -> Validation:
    """Return it without the notations, and without the definition, that do not fit: who asked has one of them."""
    for part in ("json_text", "yaml", "definition"):
        if len(found.model_dump_json()) <= WHOLE_BYTES_MAX:
            break
        found = found.model_copy(update={part: None})
    return found


def fitting_run(view: RunView) -> RunView:
    """Return the run with the largest values of its trace left out as far as needed; its events have all of them."""
    excess = len(view.model_dump_json()) - WHOLE_BYTES_MAX
    if excess <= 0:
        return view
    steps = [_with_few_attempts(step) for step in view.trace]
    if steps != view.trace:
        view = view.model_copy(update={"trace": steps})
        excess = len(view.model_dump_json()) - WHOLE_BYTES_MAX
    excess = _leave_out(steps, excess, KEPT_BYTES_MAX, _note)
    if excess > 0:
        excess = _leave_out(steps, excess, SMALL_BYTES_MAX, lambda _: SEE_EVENTS)
    output = view.output if excess <= 0 else _note(size_of(view.output))
    return view.model_copy(update={"trace": steps, "output": output})


def _with_few_attempts(step: TraceStep) -> TraceStep:
    """Return the step with its last attempts alone: their numbers tell how many there were."""
    return step.model_copy(update={"attempts": step.attempts[-ATTEMPTS_KEPT:]})


def _leave_out(
    steps: list[TraceStep], excess: int, kept_bytes_max: int, note: Callable[[int], str]
) -> int:
    """Leave the largest values out until the excess is gone; return what is left of it."""
    for size, place, part in sorted(_large_parts(steps, kept_bytes_max), reverse=True):
        if excess <= 0:
            break
        steps[place] = _without(steps[place], part, note(size))
        excess -= size - size_of(note(size))
    return excess


def _large_parts(steps: Sequence[TraceStep], kept_bytes_max: int) -> Iterator[tuple[int, int, str]]:
    for place, step in enumerate(steps):
        parts: dict[str, Json] = {"input": step.input, "output": step.output}
        if step.error is not None:
            parts["error"] = step.error.details
        if step.decision is not None:
            parts["decision"] = step.decision.values
        for part, value in parts.items():
            size = size_of(value)
            if size > kept_bytes_max:
                yield size, place, part


def _without(step: TraceStep, part: str, note: str) -> TraceStep:
    left: Json = note
    if part == "error" and step.error is not None:
        left = step.error.model_copy(update={"details": {"left_out": left}})
    elif part == "decision" and step.decision is not None:
        left = step.decision.model_copy(update={"values": {"left_out": left}})
    return step.model_copy(update={part: left})


def _note(size: int) -> str:
    return f"[{size:,} bytes as JSON: see the events of this run]"
