"""A workflow's definition: what it is once every fault is out. `definition` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from contracts.base import JsonObject
from contracts.workflow import Fault
from services.engine.domain.configs import Config
from services.engine.domain.findings import Callee
from services.engine.domain.retry import NO_RETRIES, RetryPolicy
from services.engine.domain.settings import NO_SETTINGS, Settings
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
    retry: RetryPolicy = NO_RETRIES
    time_limit: timedelta | None = None


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
    callees: tuple[Callee, ...] = ()
    """The workflows that it calls."""
    settings: Settings = NO_SETTINGS
    secrets: frozenset[str] = frozenset()
    """The names of the secrets that it uses."""
    by_key: Mapping[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {node.key: node for node in self.nodes})


FAULTS_TOLD_MAX = 10
"""In one line; `faults` has all of them."""


class InvalidDefinition(Exception):  # noqa: N818 - a verdict
    """The definition has faults; all of them are here."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        told = "; ".join(
            f"{fault.path or '/'}: {fault.message}" for fault in faults[:FAULTS_TOLD_MAX]
        )
        more = len(faults) - FAULTS_TOLD_MAX
        super().__init__(told if more <= 0 else f"{told}; and {more} more")
        self.faults = faults
