"""TypeScript types for the schemas of an OpenAPI document: what the web app knows of the API's answers and requests.

Only what our documents say is understood; another kind of schema is an error, never a guess.
"""

import json
from collections.abc import Iterator, Mapping

from contracts.base import JsonObject

COLUMNS_MAX = 100
_HEAD = """\
/** What the REST API sends and takes. Written from its OpenAPI document by `make schemas`; not to be edited. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
"""
_PRIMITIVES = {
    "null": "null",
    "boolean": "boolean",
    "integer": "number",
    "number": "number",
    "string": "string",
}


def types_of(schemas: Mapping[str, JsonObject]) -> str:
    """Return one exported interface for each schema, in the order of their names. Raises ValueError."""
    parts = (_interface(name, schema) for name, schema in sorted(schemas.items()))
    return "\n".join([_HEAD, *parts])


def _interface(name: str, schema: JsonObject) -> str:
    if schema.get("type") != "object":
        raise ValueError(f"{name} is not an object")
    return "\n".join(
        [*_comment(schema, ""), f"export interface {name} {{", *_members(schema), "}", ""]
    )


def _members(schema: JsonObject) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, value in schema.get("properties", {}).items():
        yield from _comment(value, "  ")
        mark = "" if name in required else "?"
        yield from _wrapped(f"  {name}{mark}: ", _alternatives(value))
    if schema.get("additionalProperties") is True:
        yield "  [member: string]: unknown;"


def _wrapped(start: str, alternatives: list[str]) -> Iterator[str]:
    """Put what is too long for a line on several, as the web app's formatter does."""
    line = f"{start}{' | '.join(alternatives)};"
    if len(line) <= COLUMNS_MAX or len(alternatives) == 1:
        yield line
        return
    yield start.rstrip()
    for each in alternatives[:-1]:
        yield f"    | {each}"
    yield f"    | {alternatives[-1]};"


def _comment(schema: JsonObject, indent: str) -> Iterator[str]:
    """The first paragraph says what it is; the rest is for the document."""
    paragraph = str(schema.get("description", "")).partition("\n\n")[0].replace("*/", "* /")
    if paragraph:
        lines = paragraph.split("\n")
        joined = " ".join(line.strip() for line in lines)
        yield f"{indent}/** {joined} */"


def _alternatives(schema: JsonObject) -> list[str]:
    """Return the types of which the value has one."""
    if "$ref" in schema:
        return [str(schema["$ref"]).rpartition("/")[2]]
    if "anyOf" in schema:
        found = [each for option in schema["anyOf"] for each in _alternatives(option)]
        return list(dict.fromkeys(found))
    if "const" in schema:
        return [json.dumps(schema["const"])]
    if "enum" in schema:
        return [json.dumps(value) for value in schema["enum"]]
    kind = schema.get("type")
    if kind is None:
        return ["Json"]
    if kind in _PRIMITIVES:
        return [_PRIMITIVES[kind]]
    return [_composite(schema)]


def _composite(schema: JsonObject) -> str:
    match schema:
        case {"type": "array", "prefixItems": [*members]}:
            return f"[{', '.join(_type(member) for member in members)}]"
        case {"type": "array", "items": dict() as items}:
            found = _alternatives(items)
            return f"{found[0]}[]" if len(found) == 1 else f"({' | '.join(found)})[]"
        case {"type": "object", "additionalProperties": dict() as values}:
            return f"Record<string, {_type(values)}>"
        case {"type": "object", "additionalProperties": True}:
            return "JsonObject"
        case _:
            raise ValueError(f"no type is known for {json.dumps(schema)}")


def _type(schema: JsonObject) -> str:
    return " | ".join(_alternatives(schema))
