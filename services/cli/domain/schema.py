"""The JSON Schema of a workflow file, made from the models that the engine reads it with.

It takes all that `flusso validate` takes, and finds what an editor can find: unknown keys and types, missing ones,
wrong kinds of values. What needs the whole (edges, variables, expressions) only `flusso validate` finds. It is in draft
7, which the editors' YAML support knows best.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from contracts.base import Json, JsonObject
from services.cli.domain.workflow_file import DESCRIPTION_MAX, NAME_MAX, STATUSES
from services.engine.domain import configs
from services.engine.domain.limits import EDGES_MAX, KEY_MAX, NODES_MAX
from services.engine.domain.nodes import NODE_TYPES
from services.engine.domain.settings import RetryConfig, SettingsConfig
from services.engine.domain.triggers import TRIGGER_TYPES

DIALECT = "http://json-schema.org/draft-07/schema#"
ID = "urn:flusso:workflow-file"
_REFERENCE = "#/$defs/{model}"
_FORM_PAGE = "manual_input"
_ANY_OBJECT: JsonObject = {"type": "object"}
_HEAD: JsonObject = {
    "$schema": {"type": "string", "description": "Where this schema is, for editors."},
    "id": {
        "type": "string",
        "format": "uuid",
        "description": "The workflow that this file is about; without it, the one of this name.",
    },
    "name": {
        "type": "string",
        "minLength": 1,
        "maxLength": NAME_MAX,
        "description": "What people see; `flusso apply` finds the workflow by it.",
    },
    "description": {
        "type": "string",
        "maxLength": DESCRIPTION_MAX,
        "description": "What the workflow is for.",
    },
    "status": {
        "enum": list(STATUSES),
        "description": "Only an Active one answers to its trigger. Left out, it stays as it is.",
    },
}
_PARTS: JsonObject = {
    "trigger": {"$ref": _REFERENCE.format(model="Trigger")},
    "nodes": {
        "type": "array",
        "maxItems": NODES_MAX,
        "items": {"$ref": _REFERENCE.format(model="Node")},
        "description": "The steps.",
    },
    "edges": {
        "type": "array",
        "maxItems": EDGES_MAX,
        "items": {"$ref": _REFERENCE.format(model="Edge")},
        "description": "Which step follows which.",
    },
    "settings": {
        "$ref": _REFERENCE.format(model="SettingsConfig"),
        "description": "How many runs at once, and how long one may take.",
    },
}
_KEY: JsonObject = {"pattern": "^[a-z][a-z0-9_]*$", "maxLength": KEY_MAX}
_OWN_WORDS: Mapping[str, str] = {
    "key": "What variables call this step: {{ key.output }}.",
    "name": "What people see.",
    "type": "What this does.",
    "config": "How it does it; depends on the type.",
    "from": "`trigger`, or the key of a step.",
    "to": "The key of a step.",
    "port": "Which of its ports; `out` if left out.",
    "concurrency": "How many runs of the workflow run at once; others wait in its queue.",
    "time_limit": "How long a run may take, such as 2h; time that people take does not count.",
    "attempts": "How often it is tried, the first time included.",
    "delay": "Before the second attempt, such as 5s.",
    "backoff": "By how much each delay is longer than the one before.",
    "max_delay": "The longest delay, such as 5m.",
    "jitter": "By which part of it a delay may differ, so that many retries do not meet.",
    "on": "The errors that are worth another attempt; `any` for all.",
}
_OF_TIME: JsonObject = {
    "retry": {
        "$ref": _REFERENCE.format(model="RetryConfig"),
        "description": "How often it is tried again after a failure.",
    },
    "time_limit": {
        "type": ["string", "null"],
        "description": "How long it may take, such as 10m, with all attempts.",
    },
}


@dataclass(frozen=True, slots=True)
class TypePage:
    """What the documentation says of a type: in a sentence, and of each key of its configuration."""

    summary: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)


Pages = Mapping[str, TypePage]
_NO_PAGE = TypePage()


def workflow_schema(pages: Pages) -> JsonObject:
    """Return the schema; `pages` give the descriptions, by type."""
    defs = _model_definitions(pages)
    nodes = {name: node.config for name, node in NODE_TYPES.items()}
    triggers = {name: trigger.config for name, trigger in TRIGGER_TYPES.items()}
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "Flusso workflow",
        "description": "A workflow as a file, for `flusso validate` and `flusso apply`.",
        "type": "object",
        "properties": {**_HEAD, "definition": _definition(), **_PARTS},
        "additionalProperties": False,
        "if": {"required": ["definition"]},
        "then": {"properties": dict.fromkeys(_PARTS, False)},
        "else": {"required": ["trigger", "nodes", "edges"]},
        "$defs": {
            **defs,
            "Trigger": _typed(defs["TriggerModel"], triggers, pages, defs),
            "Node": _typed(defs["NodeModel"], nodes, pages, defs),
            "Edge": defs["EdgeModel"],
        },
    }


def _definition() -> JsonObject:
    return {
        "type": "object",
        "properties": dict(_PARTS),
        "required": ["trigger", "nodes", "edges"],
        "additionalProperties": False,
        "description": "The trigger, the steps and the edges; they may also stand at the top.",
    }


def _model_definitions(pages: Pages) -> JsonObject:
    """Return the schema of every model by its name, with what the documentation says of its keys."""
    owners: dict[str, type[BaseModel]] = {}
    for types in (NODE_TYPES, TRIGGER_TYPES):
        owners |= {name: kind.config for name, kind in types.items() if kind.config is not None}
    shared = (configs.NodeModel, configs.TriggerModel, configs.EdgeModel, configs.FieldConfig)
    models: list[type[BaseModel]] = [*owners.values(), *shared, SettingsConfig, RetryConfig]
    wanted: list[tuple[type[BaseModel], Literal["validation"]]] = [
        (model, "validation") for model in models
    ]
    _, made = models_json_schema(wanted, ref_template=_REFERENCE)
    defs: JsonObject = {name: _tidy(schema) for name, schema in made["$defs"].items()}
    for name, model in owners.items():
        _describe(defs[model.__name__], pages.get(name, _NO_PAGE).keys)
    _describe(defs["FieldConfig"], pages.get(_FORM_PAGE, _NO_PAGE).keys)
    for model in (*shared[:3], SettingsConfig, RetryConfig):
        _describe(defs[model.__name__], _OWN_WORDS)
    defs["NodeModel"]["properties"] |= _OF_TIME
    return defs


def _typed(
    model: JsonObject,
    kinds: Mapping[str, type[BaseModel] | None],
    pages: Pages,
    defs: JsonObject,
) -> JsonObject:
    """Return the schema of a node or trigger: its type decides what its configuration may hold."""
    properties = dict(model["properties"])
    properties["type"] = {
        **properties["type"],
        "enum": list(kinds),
        "enumDescriptions": [pages.get(name, _NO_PAGE).summary for name in kinds],
    }
    if "key" in properties:
        properties["key"] = {**properties["key"], **_KEY}
    branches = [_branch(name, config, defs) for name, config in kinds.items()]
    return {**model, "properties": properties, "allOf": branches}


def _branch(name: str, config: type[BaseModel] | None, defs: JsonObject) -> JsonObject:
    if config is None:
        then: JsonObject = {
            "properties": {"config": {**_ANY_OBJECT, "minProperties": 1}},
            "required": ["config"],
        }
    else:
        then = {"properties": {"config": {"$ref": _REFERENCE.format(model=config.__name__)}}}
        if defs[config.__name__].get("required"):
            then["required"] = ["config"]
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": then}


def _describe(schema: JsonObject, words: Mapping[str, str]) -> None:
    """Give the properties their descriptions, where their model has none of its own."""
    for name, part in schema.get("properties", {}).items():
        if name in words:
            part.setdefault("description", words[name])


def _tidy(schema: Json) -> Json:
    """Return the schema without the titles that pydantic makes up, and with plain choices of types as one list."""
    match schema:
        case dict():
            kept = {
                key: _tidy_properties(part) if key == "properties" else _tidy(part)
                for key, part in schema.items()
                if not (key == "title" and isinstance(part, str))
            }
            return _join_types(kept)
        case list():
            return [_tidy(item) for item in schema]
        case _:
            return schema


def _tidy_properties(properties: JsonObject) -> JsonObject:
    return {name: _tidy(part) for name, part in properties.items()}


def _join_types(schema: JsonObject) -> JsonObject:
    choices = schema.get("anyOf")
    if not choices or any(choice.keys() != {"type"} for choice in choices):
        return schema
    types: list[str] = []
    for choice in choices:
        named = choice["type"]
        types += named if isinstance(named, list) else [named]
    others = {key: part for key, part in schema.items() if key != "anyOf"}
    return {"type": list(dict.fromkeys(types)), **others}
