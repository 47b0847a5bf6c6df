"""`stop`: ends the run, whatever else is under way."""

from dataclasses import dataclass
from typing import Literal

from contracts.base import Json
from contracts.run import NodeCompleted
from services.engine.domain.configs import Config, OptionalText
from services.engine.domain.findings import Place
from services.engine.domain.scope import Scope
from services.engine.domain.steps import Compiled, Shape, Turn, node_type
from services.engine.domain.template import Template
from services.engine.domain.value_compiler import compile_value
from services.engine.domain.value_tree import Tree


class StopConfig(Config):
    status: Literal["Completed", "Failed"] = "Completed"
    message: OptionalText = None
    output: Json = None


@dataclass(frozen=True, slots=True)
class StopStep:
    status: Literal["Completed", "Failed"]
    message: Template | None
    output: Tree | None

    def take(self, turn: Turn) -> NodeCompleted:
        return turn.completed(self._value(turn.scope))

    def _value(self, scope: Scope) -> Json:
        if self.output is not None:
            return self.output.evaluate(scope)
        return None if self.message is None else {"message": self.message.text(scope)}


def _compile(config: StopConfig, place: Place) -> Compiled:
    output = None if config.output is None else compile_value(config.output, place.at("output"))
    message = place.at("message").optional_template(config.message)
    return StopStep(config.status, message, output), Shape(ports=())


STOP = node_type("stop", StopConfig, _compile)
