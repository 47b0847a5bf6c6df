"""The compiled graph of a definition, and which of its nodes may move."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from contracts.run import FormField
from services.engine.domain.definition_model import Definition
from services.engine.domain.retry import NO_RETRIES, RetryPolicy
from services.engine.domain.run_state import TRIGGER, NodeState, Settled
from services.engine.domain.settings import NO_SETTINGS, Settings
from services.engine.domain.steps import Step
from services.engine.domain.triggers.manual import fields_of


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node with its place: `index` is its rank in a topological order, `incoming` are (key, port)."""

    key: str
    name: str
    type: str
    step: Step
    index: int
    incoming: tuple[tuple[str, str], ...]
    outgoing: tuple[str, ...]
    wired: frozenset[str]
    """The ports that have an edge."""
    retry: RetryPolicy = NO_RETRIES
    time_limit: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Immutable, and shared by every run of its version. `ordered` is topological."""

    trigger_type: str
    nodes: Mapping[str, GraphNode]
    ordered: tuple[GraphNode, ...]
    first: tuple[str, ...]
    """The nodes behind the trigger."""
    callees: frozenset[str] = frozenset()
    """The ids and names of the workflows that its nodes call."""
    settings: Settings = NO_SETTINGS
    asked: tuple[FormField, ...] = ()
    """What a run by hand must be given."""


class Motion(Enum):
    """What the edges into a node say."""

    WAITS = "waits"
    RUNS = "runs"
    SKIPS = "skips"


def compile_graph(definition: Definition) -> Graph:
    """Return the graph of a definition, which has been validated: it is acyclic and every edge has both ends."""
    incoming: dict[str, list[tuple[str, str]]] = {node.key: [] for node in definition.nodes}
    outgoing: dict[str, dict[str, None]] = {key: {} for key in (TRIGGER, *incoming)}
    wired: dict[str, set[str]] = {key: set() for key in outgoing}
    for edge in definition.edges:
        incoming[edge.target].append((edge.source, edge.port))
        outgoing[edge.source][edge.target] = None
        wired[edge.source].add(edge.port)
    order = {key: index for index, key in enumerate(topological(incoming, outgoing))}
    nodes = {
        node.key: GraphNode(
            key=node.key,
            name=node.name,
            type=node.type,
            step=node.step,
            index=order[node.key],
            incoming=tuple(incoming[node.key]),
            outgoing=tuple(outgoing[node.key]),
            wired=frozenset(wired[node.key]),
            retry=node.retry,
            time_limit=node.time_limit,
        )
        for node in sorted(definition.nodes, key=lambda node: order[node.key])
    }
    return Graph(
        trigger_type=definition.trigger.type,
        nodes=nodes,
        ordered=tuple(nodes.values()),
        first=tuple(outgoing[TRIGGER]),
        callees=frozenset(callee.workflow for callee in definition.callees),
        settings=definition.settings,
        asked=fields_of(definition.trigger.config),
    )


def topological(
    incoming: Mapping[str, Iterable[tuple[str, str]]], outgoing: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """Yield keys so that each comes after all that lead to it (Kahn); what lies on a cycle never comes."""
    missing = {key: len({source for source, _ in edges}) for key, edges in incoming.items()}
    ready = [TRIGGER, *(key for key, count in missing.items() if not count)]
    for key in ready:
        if key != TRIGGER:
            yield key
        for target in outgoing.get(key, ()):
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)


def motion(node: GraphNode, states: Mapping[str, NodeState]) -> Motion:
    """Tell what an untouched node does next: it runs when all edges are settled and one is taken."""
    taken = False
    for source, port in node.incoming:
        state = states.get(source)
        if not isinstance(state, Settled):
            return Motion.WAITS
        taken = taken or state.port == port
    return Motion.RUNS if taken else Motion.SKIPS
