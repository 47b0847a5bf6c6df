"""The documents say what the code does: examples are valid, and what is listed is all there is."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from services.engine.domain.configs import FieldConfig
from services.engine.domain.definition import parse_definition
from services.engine.domain.filters import FILTERS
from services.engine.domain.nodes import NODE_TYPES
from services.engine.domain.triggers import TRIGGER_TYPES

DOCS = Path(__file__).parents[2] / "docs"
NODE_PAGES = sorted((DOCS / "nodes").glob("*.md"))
CONFIGS: dict[str, type[BaseModel] | None] = {
    **{name: node.config for name, node in NODE_TYPES.items()},
    **{name: trigger.config for name, trigger in TRIGGER_TYPES.items()},
}
"""By type; `transform` has none, since its configuration is the object that it makes."""


def examples(page: Path) -> list[str]:
    blocks: list[str] = re.findall(
        r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
    return [block for block in blocks if block.startswith("trigger:")]


def keys_of_tables(page: Path) -> set[str]:
    """Return the names in the first column of the page's tables."""
    rows = re.findall(r"^\| (`[^|]+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


def test_every_node_type_has_a_page() -> None:
    assert {page.stem for page in NODE_PAGES} == CONFIGS.keys()


@pytest.mark.parametrize(
    "page",
    [*NODE_PAGES, DOCS / "concepts.md", DOCS / "secrets.md", DOCS / "time.md"],
    ids=lambda page: page.stem,
)
def test_its_examples_are_valid_definitions(page: Path) -> None:
    assert examples(page)
    for example in examples(page):
        parse_definition(yaml.safe_load(example))


@pytest.mark.parametrize("page", NODE_PAGES, ids=lambda page: page.stem)
def test_its_example_uses_it(page: Path) -> None:
    assert any(f"type: {page.stem}" in example for example in examples(page))


@pytest.mark.parametrize("page", NODE_PAGES, ids=lambda page: page.stem)
def test_its_table_names_every_key_of_its_config(page: Path) -> None:
    config = CONFIGS[page.stem]

    assert config is None or keys_of(config) <= keys_of_tables(page)


def keys_of(config: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in config.model_fields.items()}


def test_the_form_s_table_names_every_member_of_a_field() -> None:
    page = DOCS / "nodes" / "manual_input.md"

    assert FieldConfig.model_fields.keys() <= keys_of_tables(page)


def test_the_list_of_filters_is_complete() -> None:
    text = (DOCS / "expressions.md").read_text(encoding="utf-8")
    listed = text.partition("<!-- filters -->")[2].partition("```")[0]

    assert set(re.findall(r"`([a-z0-9_]+)`", listed)) == FILTERS.keys()


def test_the_index_leads_to_every_page() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"index.md"}

    assert {page for page in pages if f"]({page})" not in index} == set()
