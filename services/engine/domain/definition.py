"""Validates a definition whole: every fault, by the JSON pointer of its place, with a suggestion where one is near."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from contracts.base import Json, JsonObject
from contracts.workflow import Fault
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_value
from services.engine.domain import configs
from services.engine.domain.definition_graph import check_graph
from services.engine.domain.definition_model import (
    Definition,
    Edge,
    InvalidDefinition,
    Node,
    Trigger,
)
from services.engine.domain.findings import Findings, Place, nearest
from services.engine.domain.limits import (
    DEFINITION_BYTES_MAX,
    DEFINITION_DEPTH_MAX,
    DEFINITION_KEYS_MAX,
    EDGES_MAX,
    KEY_MAX,
    NODES_MAX,
)
from services.engine.domain.nodes import LATER_NODE_TYPES, NODE_TYPES
from services.engine.domain.reading import read_model
from services.engine.domain.run_state import TRIGGER
from services.engine.domain.secret_names import ROOT as SECRETS
from services.engine.domain.settings import read_retry, read_settings, read_time_limit
from services.engine.domain.steps import Shape
from services.engine.domain.triggers import LATER_TRIGGER_TYPES, TRIGGER_TYPES
from services.engine.domain.variable_check import check_secrets, check_variables

__all__ = ["Definition", "InvalidDefinition", "parse_definition"]

_KEYS = ("trigger", "nodes", "edges", "settings")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = frozenset(
    {
        TRIGGER,
        SECRETS,
        "true",
        "false",
        "null",
        "in",
        "nil",
        "empty",
        "blank",
        "and",
        "or",
        "contains",
    }
)
"""Words of ours, of Liquid and of CEL, which a variable could not name."""


@dataclass(slots=True)
class _Draft:
    """What has been read so far; `shapes` also has the nodes whose configuration is wrong."""

    findings: Findings
    nodes: list[Node]
    shapes: dict[str, Shape]
    pointers: dict[str, str]


def parse_definition(raw: Json, secrets: Collection[str] | None = None) -> Definition:
    """Return the definition; raises InvalidDefinition with every fault.

    `secrets` are the names that exist, if that is known here.
    """
    findings = Findings()
    place = Place(findings)
    _check_storable(raw)
    if not isinstance(raw, dict):
        place.fault(
            "invalid-definition", "A definition is an object with trigger, nodes and edges."
        )
        raise InvalidDefinition(tuple(findings.faults))
    for key in raw.keys() - set(_KEYS):
        place.at(key).fault(
            "unknown-key", f"There is no `{key}` here.", nearest(key, _KEYS), name=key
        )
    draft = _Draft(findings, [], {}, {})
    trigger = _read_trigger(raw.get("trigger"), place.at("trigger"), draft)
    _read_nodes(_list(raw, "nodes", NODES_MAX, place), place.at("nodes"), draft)
    settings = read_settings(raw.get("settings"), place.at("settings"))
    edges = _read_edges(_list(raw, "edges", EDGES_MAX, place), place.at("edges"))
    upstream = check_graph(edges, draft.shapes, draft.pointers, findings)
    check_variables(findings, draft.shapes, upstream)
    if secrets is not None:
        check_secrets(findings, secrets)
    if findings.faults:
        raise InvalidDefinition(tuple(findings.faults))
    assert trigger is not None, "without faults there is one"
    used = frozenset(found.name for found in findings.secrets)
    return Definition(
        trigger,
        tuple(draft.nodes),
        tuple(edge for _, edge in edges),
        raw,
        callees=tuple(findings.callees),
        settings=settings,
        secrets=used,
    )


def _check_storable(raw: Json) -> None:
    """Stop at once at what could not be stored, or is too deep to be walked."""
    try:
        normalise_value(
            raw,
            bytes_max=DEFINITION_BYTES_MAX,
            depth_max=DEFINITION_DEPTH_MAX,
            keys_max=DEFINITION_KEYS_MAX,
        )
    except Refused as refused:
        fault = Fault(
            path=str(refused.details.get("path", "")), code="unreadable", message=refused.message
        )
        raise InvalidDefinition((fault,)) from refused


def _list(raw: JsonObject, name: str, longest: int, place: Place) -> list[Json]:
    value = raw.get(name)
    if value is None:
        place.at(name).fault("missing-key", f"`{name}` is missing.", name=name)
        return []
    if not isinstance(value, list):
        place.at(name).fault("invalid-value", "This must be a list.", reason="list_type")
        return []
    if len(value) > longest:
        place.at(name).fault(
            "too-many",
            f"{len(value)} {name}; the limit is {longest}.",
            name=name,
            count=len(value),
            limit=longest,
        )
    return list(islice(value, longest))


def _read_trigger(value: Json, place: Place, draft: _Draft) -> Trigger | None:
    draft.shapes[TRIGGER] = Shape()
    if value is None:
        place.fault("missing-key", "`trigger` is missing.", name="trigger")
        return None
    model = read_model(configs.TriggerModel, value, place)
    if model is None or not _is_known(
        model.type, TRIGGER_TYPES, LATER_TRIGGER_TYPES, place.at("type")
    ):
        return None
    trigger = TRIGGER_TYPES[model.type]
    draft.shapes[TRIGGER] = trigger.shape
    config = trigger.read(model.config, place.at("config"))
    return None if config is None else Trigger(model.type, config)


def _is_known(name: str, known: Collection[str], later: Collection[str], place: Place) -> bool:
    if name in known:
        return True
    if name in later:
        place.fault("node-type-not-available", f"`{name}` is not available yet.", name=name)
    else:
        place.fault("unknown-type", f"There is no type `{name}`.", nearest(name, known), name=name)
    return False


def _read_nodes(values: list[Json], place: Place, draft: _Draft) -> None:
    for index, value in enumerate(values):
        at = place.at(index)
        model = read_model(configs.NodeModel, value, at)
        if model is None:
            _remember_key(value, at, draft)
        else:
            _read_node(model, at, draft)


def _remember_key(value: Json, place: Place, draft: _Draft) -> None:
    """Know a broken node by its key, so that its edges are not called broken too."""
    key = value.get("key") if isinstance(value, dict) else None
    if isinstance(key, str) and key not in draft.shapes:
        draft.shapes[key] = Shape(ports=None)
        draft.pointers[key] = place.pointer


def _read_node(model: configs.NodeModel, place: Place, draft: _Draft) -> None:
    key = model.key
    if _is_good_key(key, place.at("key"), draft):
        draft.pointers[key] = place.pointer
        draft.shapes[key] = Shape(ports=None)
    if not _is_known(model.type, NODE_TYPES, LATER_NODE_TYPES, place.at("type")):
        return
    node = NODE_TYPES[model.type]
    references = draft.findings.references
    known = len(references)
    step, shape = node.compile(model.config, place.at("config").of(key))
    draft.shapes[key] = shape
    time_limit = read_time_limit(model.time_limit, node, place.at("time_limit"))
    if step is not None:
        retry = read_retry(model.retry, model.config, node, place.at("retry"))
        reads = {found.path: None for found in references[known:]}
        draft.nodes.append(
            Node(key, model.type, model.name or key, step, tuple(reads), retry, time_limit)
        )


def _is_good_key(key: str, place: Place, draft: _Draft) -> bool:
    if key in _RESERVED:
        place.fault(
            "invalid-key", f"`{key}` is reserved.", f"{key}_step", reason="reserved", name=key
        )
    elif not _KEY.fullmatch(key) or len(key) > KEY_MAX:
        place.fault(
            "invalid-key",
            f"A key has a-z, 0-9 and `_`, begins with a letter, at most {KEY_MAX}.",
            _as_key(key),
            reason="form",
            limit=KEY_MAX,
        )
    elif key in draft.shapes:
        place.fault(
            "duplicate-key", f"There is a node `{key}` already.", _free_key(key, draft), name=key
        )
    else:
        return True
    return False


def _as_key(text: str) -> str | None:
    key = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:KEY_MAX]
    return key if _KEY.fullmatch(key) and key not in _RESERVED else None


def _free_key(key: str, draft: _Draft) -> str:
    number = 2
    while f"{key}_{number}" in draft.shapes:
        number += 1
    return f"{key}_{number}"


def _read_edges(values: list[Json], place: Place) -> list[tuple[Place, Edge]]:
    edges = []
    for index, value in enumerate(values):
        model = read_model(configs.EdgeModel, value, place.at(index))
        if model is not None:
            edges.append((place.at(index), Edge(model.source, model.port, model.target)))
    return edges
