"""Chance for fuzzers: texts and JSON that break parsers, and requests made from an OpenAPI document.

`FLUSSO_FUZZ_EXAMPLES` says how many examples each fuzzer tries: dozens in the test suite, thousands by `make fuzz`.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from contracts.base import Json, JsonObject

METHODS = ("get", "post", "put", "patch", "delete")
ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e\u200b",
    "{{ x }}",
    "{{ 'a' | append: 'b' | date: '%Y' }}",
    "{% for i in (1..9) %}",
    "${7*7}",
    "%s%n",
    "../../etc/passwd",
    "<script>",
    "' OR 1=1 --",
    "0",
    "-1",
    "9" * 40,
    "1e999",
    "NaN",
    "null",
    "true",
    "[]",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+23:59",
    "a" * 5_000,
    "*/0 * * * *",
    "0 0 30 2 *",
    "[1].map(x, x)",
    "'a'.matches('(a+)+$')",
)
_ODD_NUMBERS = (0, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, -0.0, 5e-324)


def fuzzing(examples: int) -> settings:
    """Return the settings of a fuzzer: as many examples as are wanted, in whatever time they take."""
    wanted = int(os.environ.get("FLUSSO_FUZZ_EXAMPLES", "0")) or examples
    return settings(max_examples=wanted, deadline=None, suppress_health_check=list(HealthCheck))


def odd_texts(alphabet: str | None = None) -> st.SearchStrategy[str]:
    """Return texts from all of Unicode, from the alphabet of a language, or known for trouble."""
    any_text = st.text(max_size=60)
    likely = any_text if alphabet is None else st.text(alphabet, max_size=60)
    return st.one_of(st.sampled_from(ODD_TEXTS), any_text, likely)


def storable_texts() -> st.SearchStrategy[str]:
    """Return texts that UTF-8 can carry."""
    return odd_texts().filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))


def odd_json() -> st.SearchStrategy[Json]:
    """Return any JSON, small but odd."""
    scalars = st.one_of(
        st.none(), st.booleans(), st.sampled_from(_ODD_NUMBERS), st.integers(), storable_texts()
    )
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(storable_texts(), inner, max_size=4)
        ),
        max_leaves=12,
    )


# -- requests from a document ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the document says can be asked."""

    method: str
    path: str
    described: JsonObject


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Json


class RequestMaker:
    """Draws requests; `known` are values for parameters of paths by name, that lead to something."""

    def __init__(self, document: JsonObject, known: Mapping[str, Sequence[str]]) -> None:
        self._schemas: JsonObject = document["components"]["schemas"]
        self._known = known
        self.operations = [
            Operation(method, path, described)
            for path, item in document["paths"].items()
            for method, described in item.items()
            if method in METHODS
        ]

    def request(self, operation: Operation) -> st.SearchStrategy[Asked]:
        """Return requests for an operation: mostly as described, in parts as they should not be."""
        parameters: list[JsonObject] = operation.described.get("parameters", [])
        in_path = [each for each in parameters if each["in"] == "path"]
        in_query = [each for each in parameters if each["in"] == "query"]
        in_header = [each for each in parameters if each["in"] == "header"]
        return st.builds(
            lambda path, query, headers, body: _asked(operation, path, query, headers, body),
            st.fixed_dictionaries({each["name"]: self._path_value(each) for each in in_path}),
            _some({each["name"]: self._or_odd(each["schema"]) for each in in_query}),
            _some({each["name"]: _header_values() for each in in_header}),
            self._body(operation),
        )

    def _path_value(self, parameter: JsonObject) -> st.SearchStrategy[str]:
        known = self._known.get(parameter["name"], ())
        odd = st.one_of(st.uuids().map(str), storable_texts())
        return st.one_of(st.sampled_from(known), st.sampled_from(known), odd) if known else odd

    def _body(self, operation: Operation) -> st.SearchStrategy[Json]:
        content = operation.described.get("requestBody", {}).get("content", {})
        if not content:
            return st.just(...)
        (kind,) = content.values()
        return st.one_of(self.value(kind.get("schema", {})), self._or_odd(kind.get("schema", {})))

    def _or_odd(self, schema: JsonObject) -> st.SearchStrategy[Json]:
        return st.one_of(self.value(schema), odd_json())

    def value(self, schema: JsonObject, depth: int = 0) -> st.SearchStrategy[Json]:  # noqa: C901, PLR0911, PLR0912 - one case a keyword
        """Return values that a JSON Schema describes, more or less: the server is the judge."""
        if depth > 5:
            return odd_json()
        match schema:
            case {"$ref": str(reference)}:
                return self.value(self._schemas[reference.rpartition("/")[2]], depth + 1)
            case {"anyOf": [*choices]} | {"oneOf": [*choices]}:
                return st.one_of([self.value(choice, depth) for choice in choices])
            case {"allOf": [only]}:
                return self.value(only, depth)
            case {"const": value}:
                return st.just(value)
            case {"enum": [*values]}:
                return st.sampled_from(values)
            case {"type": "object"}:
                return self._object(schema, depth)
            case {"type": "array"}:
                return st.lists(self.value(schema.get("items", {}), depth + 1), max_size=3)
            case {"type": "string", "format": "uuid"}:
                return st.one_of(st.uuids().map(str), st.just(str(UUID(int=0))))
            case {"type": "string", "format": "date-time"}:
                return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
            case {"type": "string"}:
                return storable_texts()
            case {"type": "integer"}:
                return st.integers(schema.get("minimum", -(2**70)), schema.get("maximum", 2**70))
            case {"type": "number"}:
                return st.floats(allow_nan=False, allow_infinity=False)
            case {"type": "boolean"}:
                return st.booleans()
            case {"type": "null"}:
                return st.none()
            case _:
                return odd_json()

    def _object(self, schema: JsonObject, depth: int) -> st.SearchStrategy[Json]:
        properties: JsonObject = schema.get("properties", {})
        if not properties:
            return st.dictionaries(storable_texts(), odd_json(), max_size=3)
        values = {name: self.value(each, depth + 1) for name, each in properties.items()}
        required = set(schema.get("required", ()))
        return st.fixed_dictionaries(
            {name: values[name] for name in values if name in required},
            optional={name: values[name] for name in values if name not in required},
        )


def _some(values: Mapping[str, st.SearchStrategy[Json]]) -> st.SearchStrategy[dict[str, Json]]:
    return st.fixed_dictionaries({}, optional=dict(values))


def _header_values() -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=300).map(
        str.strip
    )


def _asked(
    operation: Operation,
    path: Mapping[str, str],
    query: Mapping[str, Json],
    headers: Mapping[str, str],
    body: Json,
) -> Asked:
    url = operation.path
    for name, value in path.items():
        url = url.replace("{" + name + "}", quote(value, safe=""))
    pairs = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return Asked(operation.method.upper(), f"{url}?{pairs}" if pairs else url, headers, body)
