"""A workflow's definition: what it is once every fault is out. `definition` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.base import JsonObject
from contracts.workflow import Fault
from services.engine.domain.configs import Config
from services.engine.domain.steps import Step


@dataclass(frozen=True, slots=True)
class Trigger:
    type: str
    config: Config


@dataclass(frozen=True, slots=True)
class Node:
    key: str
    type: str
    name: str
    step: Step
    reads: tuple[tuple[str, ...], ...] = ()
    """The paths of the variables in its configuration."""


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    port: str
    target: str


@dataclass(frozen=True, slots=True)
class Definition:
    """Valid: acyclic, every node reachable from the trigger, every variable from upstream."""

    trigger: Trigger
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    raw: JsonObject
    """As it was written."""
    by_key: Mapping[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {node.key: node for node in self.nodes})


class InvalidDefinition(Exception):  # noqa: N818 - a verdict
    """The definition has faults; all of them are here."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"the definition has {len(faults)} faults")
        self.faults = faults
