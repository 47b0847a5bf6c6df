"""Whether the edges of a definition make a graph that a run can walk: known ends and ports, no cycle, all in reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.engine.domain.definition_model import Edge
from services.engine.domain.findings import Findings, Place, nearest
from services.engine.domain.run_state import TRIGGER
from services.engine.domain.steps import Shape


@dataclass(frozen=True, slots=True)
class Upstream:
    """What comes before each key on some path, as the bits of a number: sets of keys would be quadratic in memory."""

    places: Mapping[str, int]
    before: Mapping[str, int]

    def leads(self, first: str, then: str) -> bool:
        """Tell whether `first` comes before `then`; before what is not there, only the trigger does."""
        if then not in self.before:
            return first == TRIGGER
        return first in self.places and bool(self.before[then] >> self.places[first] & 1)

    def all_before(self, key: str) -> list[str]:
        """Return all that comes before the key."""
        return [other for other in self.places if self.leads(other, key)]


def check_graph(
    edges: Sequence[tuple[Place, Edge]],
    shapes: Mapping[str, Shape],
    pointers: Mapping[str, str],
    findings: Findings,
) -> Upstream:
    """Note what is wrong with the edges, and return what is upstream of each node."""
    sound: dict[Edge, None] = {}
    for place, edge in edges:
        if _check_edge(place, edge, shapes):
            if edge in sound:
                place.fault("duplicate-edge", "This edge is there already.")
            sound[edge] = None
    outgoing: dict[str, list[str]] = {key: [] for key in shapes}
    for edge in sound:
        outgoing[edge.source].append(edge.target)
    cycle = _find_cycle(outgoing)
    if cycle:
        Place(findings).at("edges").fault(
            "cycle",
            f"These nodes form a cycle: {' -> '.join(cycle)}.",
            nodes=" -> ".join(cycle),
        )
    _check_reach(outgoing, pointers, findings)
    return _upstream(outgoing)


def _check_edge(place: Place, edge: Edge, shapes: Mapping[str, Shape]) -> bool:
    """Note what is wrong; tell whether it leads from a node to a node (whatever its port)."""
    known_source = _check_end(place.at("from"), edge.source, shapes)
    if edge.target == TRIGGER:
        place.at("to").fault("edge-into-trigger", "Nothing leads into the trigger.")
        return False
    if not _check_end(place.at("to"), edge.target, shapes) or not known_source:
        return False
    ports = shapes[edge.source].ports
    if ports is not None and edge.port not in ports:
        _note_port(place, edge, ports)
    return True


def _check_end(place: Place, key: str, shapes: Mapping[str, Shape]) -> bool:
    if key in shapes or place.is_full:
        return key in shapes
    place.fault("unknown-node", f"There is no node `{key}`.", nearest(key, shapes), name=key)
    return False


def _note_port(place: Place, edge: Edge, ports: tuple[str, ...]) -> None:
    if not ports:
        place.at("from").fault("no-ports", f"Nothing follows `{edge.source}`.", name=edge.source)
        return
    place.at("port").fault(
        "unknown-port",
        f"`{edge.source}` has no port `{edge.port}`; it has {', '.join(ports[:20])}.",
        nearest(edge.port, ports),
        name=edge.source,
        port=edge.port,
        options=", ".join(ports[:20]),
    )


def _find_cycle(outgoing: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys along one cycle, its first repeated at the end; empty if there is none."""
    done: set[str] = set()
    for start in outgoing:
        path: dict[str, None] = {}
        stack = [(start, iter(outgoing[start]))] if start not in done else []
        while stack:
            key, targets = stack[-1]
            path[key] = None
            target = next((target for target in targets if target not in done), None)
            if target is None:
                done.add(key)
                path.pop(key)
                stack.pop()
            elif target in path:
                keys = list(path)
                return [*keys[keys.index(target) :], target]
            else:
                stack.append((target, iter(outgoing[target])))
    return []


def _check_reach(
    outgoing: Mapping[str, Sequence[str]], pointers: Mapping[str, str], findings: Findings
) -> None:
    reached = {TRIGGER}
    frontier = [TRIGGER]
    while frontier:
        for target in outgoing[frontier.pop()]:
            if target not in reached:
                reached.add(target)
                frontier.append(target)
    for key, pointer in pointers.items():
        if key not in reached:
            Place(findings, pointer).fault(
                "unreachable-node", f"No path leads from the trigger to `{key}`.", name=key
            )


def _upstream(outgoing: Mapping[str, Sequence[str]]) -> Upstream:
    """Spread what comes before until nothing changes (one pass in topological order, if there is no cycle)."""
    missing = dict.fromkeys(outgoing, 0)
    for targets in outgoing.values():
        for target in targets:
            missing[target] += 1
    places = {key: place for place, key in enumerate(outgoing)}
    before = dict.fromkeys(outgoing, 0)
    ready = [key for key, count in missing.items() if not count]
    for key in ready:
        for target in outgoing[key]:
            before[target] |= before[key] | 1 << places[key]
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    # What lies on or behind a cycle is not judged: the cycle is the fault.
    everything = (1 << len(outgoing)) - 1
    judged = {key: everything if missing[key] else bits for key, bits in before.items()}
    return Upstream(places, judged)
