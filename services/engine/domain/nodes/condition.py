"""`condition`: an expression that is true or false, and a port for each."""

from dataclasses import dataclass

from pydantic import Field

from contracts.run import NodeCompleted
from services.engine.domain.cel import CelExpression
from services.engine.domain.configs import Config
from services.engine.domain.evidence import shown
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.findings import Place
from services.engine.domain.limits import EXPRESSION_MAX
from services.engine.domain.steps import Compiled, Shape, Turn, node_type


class ConditionConfig(Config):
    expression: str = Field(min_length=1, max_length=EXPRESSION_MAX)


@dataclass(frozen=True, slots=True)
class ConditionStep:
    expression: CelExpression

    def take(self, turn: Turn) -> NodeCompleted:
        result = self.expression.evaluate(turn.scope)
        if not isinstance(result, bool):
            raise EvaluationFailed(
                "expression-failed",
                "A condition is true or false; this expression is neither.",
                expression=self.expression.source,
                result=shown(result),
            )
        return turn.completed({"result": result}, "true" if result else "false")


def _compile(config: ConditionConfig, place: Place) -> Compiled:
    shape = Shape(ports=("true", "false"), members=frozenset({"result"}))
    expression = place.at("expression").expression(config.expression)
    return (ConditionStep(expression) if expression else None), shape


CONDITION = node_type("condition", ConditionConfig, _compile)
