"""`emit_event`: tells all workflows that wait for an event of this name, each of which starts a run."""

from dataclasses import dataclass

from pydantic import Field

from contracts.base import Json
from contracts.run import NodeScheduled
from services.engine.domain.calls import check_depth, depth_of
from services.engine.domain.configs import Config, Text
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.limits import NAME_MAX
from services.engine.domain.steps import (
    ERROR,
    OUT,
    Compiled,
    Shape,
    Turn,
    error_words,
    node_type,
)
from services.engine.domain.template import Template
from services.engine.domain.value_compiler import compile_object
from services.engine.domain.value_tree import Tree

EMIT_EVENT_NAME = "emit_event"
NOT_DELIVERED = "not-delivered"


class EmitEventConfig(Config):
    """`event` is a name that `event_trigger` has too, `data` the object that such runs begin with."""

    event: Text = Field(min_length=1)
    data: Json = Field(default={})


@dataclass(frozen=True, slots=True)
class EmitStep:
    event: Template
    data: Tree

    def take(self, turn: Turn) -> NodeScheduled:
        """Have a worker tell it."""
        check_depth(turn.live.facts)
        data = self.data.evaluate(turn.scope)
        if not isinstance(data, dict):
            raise EvaluationFailed("invalid-input", "The data of an event is an object.")
        event = self.event.text(turn.scope).strip()
        if not 0 < len(event) <= NAME_MAX:
            message = f"The name of an event has 1 to {NAME_MAX} characters."
            raise EvaluationFailed("invalid-input", message, event=event[:NAME_MAX])
        request = {"event": event, "data": data, "depth": depth_of(turn.live.facts) + 1}
        return turn.scheduled(request)


def _compile(config: EmitEventConfig, place: Place) -> Compiled:
    step = EmitStep(
        place.at("event").template(config.event), compile_object(config.data, place.at("data"))
    )
    return step, Shape(ports=(OUT, ERROR), members=frozenset({"delivered"}))


EMIT_EVENT = node_type(
    EMIT_EVENT_NAME, EmitEventConfig, _compile, errors=error_words(NOT_DELIVERED), limited=True
)
