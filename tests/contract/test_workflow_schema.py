"""The published schema of workflow files takes what the engine takes, and refuses what people get wrong."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import BaseModel

from contracts.base import Json, JsonObject
from services.cli.adapters.type_pages import read_pages
from services.cli.domain.schema import workflow_schema
from services.cli.publish import PUBLISHED, schema_text
from services.engine.domain import configs
from services.engine.domain.definition import parse_definition
from services.engine.domain.nodes import NODE_TYPES
from services.engine.domain.triggers import TRIGGER_TYPES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
EXAMPLES = sorted((ROOT / "examples").glob("*/workflow.yaml"))
SCHEMA = workflow_schema(read_pages())
VALIDATOR = Draft7Validator(SCHEMA)


def faults_of(value: Json) -> list[str]:
    found = sorted(VALIDATOR.iter_errors(value), key=lambda error: list(map(str, error.path)))
    return ["/" + "/".join(map(str, error.path)) for error in found]


def blocks_of(page: Path) -> list[Json]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [
        yaml.safe_load(block) for block in blocks if re.search(r"^trigger:", block, re.MULTILINE)
    ]


def workflow(**changes: Json) -> JsonObject:
    nodes = [
        {"key": "ask", "type": "approval", "name": "Ask", "config": {"prompt": "Go on?"}},
        {
            "key": "form",
            "type": "manual_input",
            "config": {"fields": [{"name": "amount", "type": "number", "min": 1}]},
        },
        {"key": "call", "type": "http_request", "config": {"url": "https://example.org"}},
    ]
    edges = [
        {"from": "trigger", "to": "ask"},
        {"from": "ask", "to": "form"},
        {"from": "form", "to": "call"},
    ]
    parts: JsonObject = {"trigger": {"type": "manual_trigger"}, "nodes": nodes, "edges": edges}
    return {"name": "Test", "status": "Active", **parts, **changes}


def with_node(index: int, **changes: Json) -> JsonObject:
    made = workflow()
    made["nodes"][index].update(changes)
    return made


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert not faults_of(workflow())


def test_the_published_file_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), "`make schemas` writes it anew"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_it_takes_every_example(path: Path) -> None:
    assert faults_of(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.stem
)
def test_it_takes_every_example_of_the_documentation(page: Path) -> None:
    for block in blocks_of(page):
        assert faults_of(block) == []
        assert "name" in block or faults_of({"name": "Nested", "definition": block}) == []


def test_it_knows_every_type() -> None:
    defs = SCHEMA["$defs"]
    assert defs["Node"]["properties"]["type"]["enum"] == list(NODE_TYPES)
    assert defs["Trigger"]["properties"]["type"]["enum"] == list(TRIGGER_TYPES)


def test_every_key_of_every_type_has_a_description() -> None:
    models: list[type[BaseModel] | None] = [kind.config for kind in NODE_TYPES.values()]
    models += [kind.config for kind in TRIGGER_TYPES.values()]
    models += [configs.NodeModel, configs.TriggerModel, configs.EdgeModel, configs.FieldConfig]
    silent = [
        f"{model.__name__}.{name}"
        for model in models
        if model is not None
        for name, part in SCHEMA["$defs"][model.__name__]["properties"].items()
        if not part.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (workflow(nmae="x"), "/"),
        (workflow(name=""), "/name"),
        (workflow(status="active"), "/status"),
        (workflow(trigger={"type": "webhook"}), "/trigger/type"),
        (
            workflow(trigger={"type": "webhook_trigger", "config": {"auth": "basic"}}),
            "/trigger/config/auth",
        ),
        (workflow(nodes={}), "/nodes"),
        (workflow(edges=[{"from": "trigger"}]), "/edges/0"),
        (workflow(edges=[{"from": "trigger", "target": "ask", "to": "ask"}]), "/edges/0"),
        ({"name": "Test", "trigger": {"type": "manual_trigger"}}, "/"),
        ({"definition": {"trigger": {"type": "manual_trigger"}, "nodes": []}}, "/definition"),
        (
            workflow(definition={"trigger": {"type": "manual_trigger"}, "nodes": [], "edges": []}),
            "/",
        ),
        (with_node(0, type="aproval"), "/nodes/0/type"),
        (with_node(0, key="Ask me"), "/nodes/0/key"),
        (with_node(0, config={}), "/nodes/0/config"),
        (with_node(0, config={"promt": "Go on?", "prompt": "x"}), "/nodes/0/config"),
        (with_node(0, config={"prompt": ["Go on?"]}), "/nodes/0/config/prompt"),
        (with_node(0, prompt="outside of config"), "/nodes/0"),
        (with_node(1, config={"fields": []}), "/nodes/1/config/fields"),
        (
            with_node(1, config={"fields": [{"name": "a", "type": "int"}]}),
            "/nodes/1/config/fields/0/type",
        ),
        (
            with_node(1, config={"fields": [{"name": "a b", "type": "text"}]}),
            "/nodes/1/config/fields/0/name",
        ),
        (with_node(2, config={"url": "x", "method": "get"}), "/nodes/2/config/method"),
        (with_node(2, config={"url": "x", "timeout": "10s"}), "/nodes/2/config/timeout"),
        (with_node(2, config={"url": "x", "retries": 100}), "/nodes/2/config/retries"),
    ],
)
def test_it_finds_common_mistakes_where_they_are(wrong: JsonObject, path: str) -> None:
    assert path in faults_of(wrong)


def test_it_takes_what_yaml_reads_as_a_number_where_a_text_is_meant() -> None:
    nodes = [{"key": "yes", "type": "condition", "config": {"expression": "true"}}]
    nodes += [{"key": "end", "type": "stop", "config": {"message": 5}}]
    edges = [{"from": "trigger", "to": "yes"}, {"from": "yes", "port": True, "to": "end"}]
    parts = {"trigger": {"type": "manual_trigger"}, "nodes": nodes, "edges": edges}
    assert parse_definition(parts).edges[1].port == "true"
    assert faults_of(parts) == []


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(SCHEMA)))
    assert names <= SCHEMA["$defs"].keys()
