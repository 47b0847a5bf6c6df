"""The web app's types are what the API's description says, and nothing that it does not say."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter

from contracts.base import Fact, Json, JsonObject
from services.gateway import publish
from services.gateway.domain.typescript import types_of


class Inner(Fact):
    """What is inside."""

    name: str


class Outer(Fact):
    """What is outside.

    And what no reader of the types needs.
    """

    status: Literal["open", "shut"]
    inner: Inner | None
    many: list[Inner | int]
    pairs: list[tuple[str, str]]
    counts: dict[str, int]
    anything: Json
    free: JsonObject
    sure: int = 0
    unsure: Annotated[int | None, Field(exclude_if=lambda value: value is None)] = None
    """Left out if there is none."""


def schemas() -> dict[str, JsonObject]:
    found = TypeAdapter(Outer).json_schema(mode="serialization", ref_template="#/x/{model}")
    return {**found.pop("$defs"), "Outer": found}


def test_each_schema_is_an_interface() -> None:
    text = types_of(schemas())

    assert text.endswith(
        """\
/** What is inside. */
export interface Inner {
  name: string;
}

/** What is outside. */
export interface Outer {
  status: "open" | "shut";
  inner: Inner | null;
  many: (Inner | number)[];
  pairs: [string, string][];
  counts: Record<string, number>;
  anything: Json;
  free: JsonObject;
  sure: number;
  unsure?: number | null;
}
"""
    )


def test_a_long_choice_is_put_on_several_lines() -> None:
    words = [f"a-rather-long-word-{each}" for each in range(5)]
    schema = {"type": "object", "properties": {"kind": {"enum": words}}, "required": ["kind"]}

    text = types_of({"Choice": schema})

    assert f'  kind:\n    | "{words[0]}"\n' in text
    assert f'    | "{words[4]}";\n' in text


@pytest.mark.parametrize("odd", [{"type": "array"}, {"type": "file"}, {"type": "object"}])
def test_what_is_not_understood_is_an_error(odd: JsonObject) -> None:
    with pytest.raises(ValueError, match="no type is known"):
        types_of({"Odd": {"type": "object", "properties": {"it": odd}}})


def test_the_types_of_the_web_app_are_current() -> None:
    assert publish.main(["--check"]) == 0
