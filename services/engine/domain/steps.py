"""What each type of node does, compiled from its configuration: templates parsed, expressions ready."""

from dataclasses import dataclass, field
from typing import Literal

from contracts.base import Json
from contracts.run import TaskKind
from services.engine.domain.cel import CelExpression
from services.engine.domain.template import Template
from services.engine.domain.value_tree import Tree

OUT = "out"
ERROR = "error"


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A form field: its fixed part, and the texts that may hold variables, by the name of their property."""

    fixed: dict[str, Json]
    texts: tuple[tuple[str, Template], ...]
    default: Tree | None


@dataclass(frozen=True, slots=True)
class AskStep:
    """`approval` and `manual_input`: ask people, and wait."""

    kind: TaskKind
    prompt: Template
    title: Template | None
    assignees: tuple[Template, ...] = ()
    fields: tuple[FieldStep, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionStep:
    expression: CelExpression


@dataclass(frozen=True, slots=True)
class SwitchStep:
    """`cases` are (value, port), tried in order."""

    expression: CelExpression
    cases: tuple[tuple[Json, str], ...]


@dataclass(frozen=True, slots=True)
class TransformStep:
    tree: Tree


@dataclass(frozen=True, slots=True)
class HttpStep:
    """A request that a worker performs; `retries` come on top of the first attempt."""

    method: str
    url: Template
    headers: tuple[tuple[str, Template], ...]
    query: tuple[tuple[str, Template], ...]
    body: Tree | None
    timeout_seconds: float
    error_statuses: tuple[tuple[int, int], ...]
    retries: int
    retry_delay_seconds: float
    retry_delay_seconds_max: float


@dataclass(frozen=True, slots=True)
class StopStep:
    status: Literal["Completed", "Failed"]
    message: Template | None
    output: Tree | None


Step = AskStep | ConditionStep | SwitchStep | TransformStep | HttpStep | StopStep


@dataclass(frozen=True, slots=True)
class Shape:
    """What others may say of a node: its ports and the members of its output; None where they are not known."""

    ports: tuple[str, ...] | None = (OUT,)
    members: frozenset[str] | None = field(default=None)
