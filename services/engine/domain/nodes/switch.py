"""`switch`: an expression, a port for each of its values, and one for all others."""

from dataclasses import dataclass

from pydantic import Field

from contracts.base import Json
from contracts.run import NodeCompleted
from services.engine.domain.cel import CelExpression
from services.engine.domain.configs import Config
from services.engine.domain.findings import Place
from services.engine.domain.limits import CASES_MAX, EXPRESSION_MAX
from services.engine.domain.steps import Compiled, Shape, Turn, node_type
from services.engine.domain.template import as_text

DEFAULT_PORT = "default"
_PORT_CHARACTERS_MAX = 200


class SwitchConfig(Config):
    """A case is a text, a number or a boolean; its port is the same, as text."""

    expression: str = Field(min_length=1, max_length=EXPRESSION_MAX)
    cases: list[Json] = Field(min_length=1, max_length=CASES_MAX)


@dataclass(frozen=True, slots=True)
class SwitchStep:
    """`cases` are (value, port), tried in order."""

    expression: CelExpression
    cases: tuple[tuple[Json, str], ...]

    def take(self, turn: Turn) -> NodeCompleted:
        value = self.expression.evaluate(turn.scope)
        for case, port in self.cases:
            if value == case and isinstance(value, bool) == isinstance(case, bool):
                return turn.completed({"matched_case": case, "value": value}, port)
        return turn.completed({"matched_case": None, "value": value}, DEFAULT_PORT)


def _compile(config: SwitchConfig, place: Place) -> Compiled:
    cases: dict[str, Json] = {}
    for index, case in enumerate(config.cases):
        _add_case(cases, case, place.at("cases", index))
    shape = Shape(ports=(*cases, DEFAULT_PORT), members=frozenset({"matched_case", "value"}))
    expression = place.at("expression").expression(config.expression)
    if expression is None:
        return None, shape
    return SwitchStep(expression, tuple((value, port) for port, value in cases.items())), shape


def _add_case(cases: dict[str, Json], case: Json, place: Place) -> None:
    if not isinstance(case, str | int | float | bool):
        place.fault("invalid-value", "A case is a text, a number or a boolean.", reason="case")
        return
    port = as_text(case)
    if not port.strip() or len(port) > _PORT_CHARACTERS_MAX:
        place.fault(
            "invalid-value",
            f"A case has 1 to {_PORT_CHARACTERS_MAX} characters.",
            reason="case_length",
            limit=_PORT_CHARACTERS_MAX,
        )
    elif port == DEFAULT_PORT:
        place.fault(
            "invalid-value",
            "`default` is the port for what matches no case.",
            reason="default_case",
        )
    elif port in cases:
        place.fault("duplicate-case", f"`{port}` is there already.", name=port)
    else:
        cases[port] = case


SWITCH = node_type("switch", SwitchConfig, _compile)
