"""A form field, compiled."""

from dataclasses import dataclass

from contracts.base import Json
from services.engine.domain.template import Template
from services.engine.domain.value_tree import Tree


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A form field: its fixed part, and the texts that may hold variables, by the name of their property."""

    fixed: dict[str, Json]
    texts: tuple[tuple[str, Template], ...]
    default: Tree | None
