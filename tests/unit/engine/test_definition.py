import copy
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from contracts.workflow import Fault
from services.engine.domain.definition import InvalidDefinition, parse_definition
from tests.support.runs import edge, node, workflow


def faults_of(raw: Json) -> list[Fault]:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(raw)
    return list(caught.value.faults)


def fault_of(raw: Json) -> tuple[str, str, str | None]:
    (fault,) = faults_of(raw)
    return fault.path, fault.code, fault.suggestion


def good() -> JsonObject:
    return workflow(
        [
            node("fetch", "http_request", url="https://example.com/{{ trigger.output.id }}"),
            node("large", "condition", expression="fetch.output.body.amount > 1000"),
            node("ask", "approval", prompt="{{ fetch.output.body.name }}?", assignees=["Ada"]),
            node("form", "manual_input", prompt="?", fields=[{"name": "a", "type": "date"}]),
            node("kind", "switch", expression="form.output.a", cases=["x", 2, True]),
            node("end", "transform", a={"cel": "1 + 1"}, b=["{{ ask.output.comment }}", None, 1.5]),
            node("halt", "stop", status="Failed", message="{{ fetch.error.message }}"),
        ],
        [
            edge("trigger", "fetch"),
            edge("fetch", "large"),
            edge("fetch", "halt", "error"),
            edge("large", "ask", "true"),
            edge("large", "form", "false"),
            edge("form", "kind"),
            edge("kind", "end", "2"),
            edge("kind", "end", "default"),
            edge("ask", "end"),
        ],
    )


def test_a_sound_definition_has_no_faults() -> None:
    definition = parse_definition(good())

    assert [one.key for one in definition.nodes] == [one["key"] for one in good()["nodes"]]


def changed(path: str, value: Json) -> JsonObject:
    """The good definition with one thing put elsewhere."""
    raw = copy.deepcopy(good())
    *parents, last = path.strip("/").split("/")
    target: Json = raw
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if isinstance(target, list) and last == "-":
        target.append(value)
    elif isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("/nodes/2/type", "aproval", ("/nodes/2/type", "unknown-type", "approval")),
        ("/trigger/type", "webhook", ("/trigger/type", "unknown-type", "webhook_trigger")),
        ("/trigger/config", [], ("/trigger/config", "invalid-value", None)),
        ("/edge", [], ("/edge", "unknown-key", "edges")),
        ("/nodes/2/confg", {}, ("/nodes/2/confg", "unknown-key", "config")),
        ("/nodes/2/config/promt", "x", ("/nodes/2/config/promt", "unknown-key", "prompt")),
        ("/nodes/3/config/fields/0/lable", "x",
         ("/nodes/3/config/fields/0/lable", "unknown-key", "label")),
        ("/nodes/3/config/fields/0/type", "dat",
         ("/nodes/3/config/fields/0/type", "invalid-value", "date")),
        ("/nodes/2/config/timeout", "3 dys", ("/nodes/2/config/timeout", "invalid-value", None)),
        ("/nodes/2/config/timeout", "4000d", ("/nodes/2/config/timeout", "invalid-value", None)),
        ("/nodes/2/config/due", "2026-05-01T09:00", ("/nodes/2/config/due", "invalid-value", None)),
        ("/nodes/2/config/prompt", "{{ fetch.outptu.body }}",
         ("/nodes/2/config/prompt", "unknown-variable", "fetch.output.body")),
        ("/nodes/2/config/prompt", "{{ fetch.body }}",
         ("/nodes/2/config/prompt", "unknown-variable", "fetch.output.body")),
        ("/nodes/2/config/prompt", "{{ fetch.output.bdy }}",
         ("/nodes/2/config/prompt", "unknown-variable", "fetch.output.body")),
        ("/nodes/2/config/prompt", "{{ ftch.output.body }}",
         ("/nodes/2/config/prompt", "unknown-variable", "fetch.output.body")),
        ("/nodes/2/config/prompt", "{{ form.output.a }}",
         ("/nodes/2/config/prompt", "variable-not-upstream", None)),
        ("/nodes/2/config/prompt", "{{ ask.output.comment }}",
         ("/nodes/2/config/prompt", "variable-not-upstream", None)),
        ("/nodes/2/config/prompt", "{{ fetch.output | upcas }}",
         ("/nodes/2/config/prompt", "unknown-filter", "upcase")),
        ("/nodes/2/config/prompt", "{{ fetch",
         ("/nodes/2/config/prompt", "invalid-template", None)),
        ("/nodes/2/config/prompt", ["x"],
         ("/nodes/2/config/prompt", "invalid-value", None)),
        ("/nodes/1/config/expression", "fetch.output.body.amount >",
         ("/nodes/1/config/expression", "invalid-expression", None)),
        ("/nodes/1/config/expression", "fetched.output.body == 1",
         ("/nodes/1/config/expression", "unknown-variable", "fetch.output.body")),
        ("/nodes/5/config/a/cel", 5, ("/nodes/5/config/a/cel", "invalid-value", None)),
        ("/nodes/4/config/cases/2", "x", ("/nodes/4/config/cases/2", "duplicate-case", None)),
        ("/nodes/4/config/cases/0", "default", ("/nodes/4/config/cases/0", "invalid-value", None)),
        ("/nodes/0/config/method", "GTE", ("/nodes/0/config/method", "invalid-value", "GET")),
        ("/nodes/0/config/retries", 1_000, ("/nodes/0/config/retries", "invalid-value", None)),
        ("/nodes/0/config/error_statuses", ["6xx"],
         ("/nodes/0/config/error_statuses/0", "invalid-value", None)),
        ("/nodes/-", node("ask", "approval", prompt="?"),
         ("/nodes/7/key", "duplicate-key", "ask_2")),
        ("/nodes/-", node("alone", "approval", prompt="?"), ("/nodes/7", "unreachable-node", None)),
        ("/edges/-", edge("kind", "ask", "3"), ("/edges/9/port", "unknown-port", None)),
        ("/edges/-", edge("large", "end", "treu"), ("/edges/9/port", "unknown-port", "true")),
        ("/edges/-", edge("halt", "end"), ("/edges/9/from", "no-ports", None)),
        ("/edges/-", edge("nobody", "end"), ("/edges/9/from", "unknown-node", None)),
        ("/edges/-", edge("ask", "en"), ("/edges/9/to", "unknown-node", "end")),
        ("/edges/-", edge("ask", "trigger"), ("/edges/9/to", "edge-into-trigger", None)),
        ("/edges/-", edge("ask", "end"), ("/edges/9", "duplicate-edge", None)),
        ("/edges/-", {"from": "ask", "two": "end"}, None),
    ],
)  # fmt: skip
def test_each_fault_is_named_by_its_place(
    path: str, value: Json, found: tuple[str, str, str | None] | None
) -> None:
    if found is None:
        codes = {fault.code for fault in faults_of(changed(path, value))}
        assert codes == {"missing-key", "unknown-key"}
    else:
        assert fault_of(changed(path, value)) == found


@pytest.mark.parametrize("key", ["Ask", "1st", "a-b", "", "a" * 65, "trigger", "in", "é"])
def test_a_key_that_a_variable_could_not_name_is_a_fault(key: str) -> None:
    raw = workflow([node("x", "transform", a=1)])
    raw["nodes"][0]["key"] = key

    assert "invalid-key" in {fault.code for fault in faults_of(raw)}


def test_a_cycle_is_named_by_its_nodes() -> None:
    raw = workflow(
        [node(key, "transform", x=1) for key in "abc"],
        [edge("trigger", "a"), edge("a", "b"), edge("b", "c"), edge("c", "a")],
    )

    (fault,) = faults_of(raw)
    assert (fault.path, fault.code) == ("/edges", "cycle")
    assert fault.message == "These nodes form a cycle: a -> b -> c -> a."


def test_all_faults_are_found_at_once() -> None:
    raw = workflow(
        [node("Bad Key", "aproval"), node("ok", "approval", promt="?"), node("x", "condition")],
        [edge("trigger", "ok"), edge("ok", "x", "no"), edge("x", "gone", "true")],
    )
    raw["extra"] = 1

    found = {(fault.path, fault.code) for fault in faults_of(raw)}
    assert found >= {
        ("/extra", "unknown-key"),
        ("/nodes/0/key", "invalid-key"),
        ("/nodes/0/type", "unknown-type"),
        ("/nodes/1/config/prompt", "missing-key"),
        ("/nodes/1/config/promt", "unknown-key"),
        ("/nodes/2/config/expression", "missing-key"),
        ("/edges/2/to", "unknown-node"),
    }


@pytest.mark.parametrize(
    "field",
    [
        {"name": "a", "type": "number", "min": 5, "max": 1},
        {"name": "a", "type": "date", "min": "2026-02-30"},
        {"name": "a", "type": "date", "min": "2026-03-02", "max": "2026-03-01"},
        {"name": "a", "type": "text", "min_length": 5, "max_length": 1},
        {"name": "a", "type": "text", "min": 1},
        {"name": "a", "type": "number", "max_length": 1},
        {"name": "a", "type": "number", "default": "many"},
        {"name": "a", "type": "date", "default": "soon"},
        {"name": "a", "type": "text", "pattern": "("},
        {"name": "a", "type": "text", "pattern": "(?=look)ahead"},
        {"name": "a", "type": "text", "pattern": r"(a)\1"},
        {"name": "a b", "type": "text"},
        {"name": "a", "type": "number", "step": 0},
        {"name": "a", "type": "number", "required": "yes"},
    ],
)
def test_a_form_field_that_makes_no_sense_is_a_fault(field: JsonObject) -> None:
    raw = workflow([node("ask", "manual_input", prompt="?", fields=[field])])

    assert all(fault.path.startswith("/nodes/0/config/fields/0/") for fault in faults_of(raw))


def test_two_fields_of_one_name_are_a_fault() -> None:
    fields = [{"name": "a", "type": "text"}, {"name": "a", "type": "date"}]
    raw = workflow([node("ask", "manual_input", prompt="?", fields=fields)])

    assert fault_of(raw) == ("/nodes/0/config/fields/1/name", "duplicate-name", None)


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({"auth": "header", "secret": "s"}, "header"),
        ({"auth": "header", "header": "X-Key"}, "secret"),
        ({"auth": "hmac", "preset": "github"}, "secret"),
        ({"auth": "hmac", "preset": "custom", "secret": "s"}, "header"),
        ({"auth": "hmac", "secret": "s"}, "preset"),
    ],
)
def test_a_webhook_needs_what_its_proof_needs(config: JsonObject, missing: str) -> None:
    raw = workflow([], trigger="webhook_trigger", trigger_config=config)

    assert fault_of(raw) == (f"/trigger/config/{missing}", "missing-key", None)


def test_a_guarded_variable_may_name_what_is_not_always_there() -> None:
    raw = workflow(
        [
            node("a", "transform", x=1),
            node("b", "transform", y="{{ a.output.z | default: 1 }}", w={"cel": "has(a.output.z)"}),
        ]
    )

    parse_definition(raw)


def test_a_port_that_yaml_reads_as_no_text_is_meant_as_one() -> None:
    raw = workflow(
        [node("c", "condition", expression="true"), node("a", "transform", x=1)],
        [edge("trigger", "c"), {"from": "c", "port": True, "to": "a"}],
    )

    assert [one.port for one in parse_definition(raw).edges] == ["out", "true"]


def test_a_graph_beyond_the_limits_is_refused_quickly() -> None:
    nodes = [node(f"n{n}", "transform", a=1) for n in range(2_100)]

    began = process_time()
    codes = {fault.code for fault in faults_of(workflow(nodes))}

    assert "too-many" in codes
    assert process_time() - began < 5


def test_a_long_chain_is_no_problem() -> None:
    nodes = [node(f"n{n}", "transform", a=f"{{{{ n{n - 1}.output.a }}}}") for n in range(1, 2_000)]

    began = process_time()
    parse_definition(workflow([node("n0", "transform", a=1), *nodes]))

    assert process_time() - began < 3


def test_a_deep_definition_is_refused() -> None:
    deep: Json = "x"
    for _ in range(5_000):
        deep = [deep]

    (fault,) = faults_of(workflow([node("a", "transform", x=deep)]))
    assert fault.code == "unreadable"


@pytest.mark.parametrize("raw", [None, [], "text", 5, {}])
def test_what_is_no_definition_is_a_fault(raw: Json) -> None:
    assert faults_of(raw)


_ANY: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["trigger", "nodes", "edges", "type", "config", "key", "from", "to"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(_ANY, st.sampled_from(["/trigger", "/nodes/2", "/nodes/3/config", "/edges/1", "/nodes"]))
def test_whatever_is_put_in_gives_faults_and_no_crash(value: Json, path: str) -> None:
    try:
        parse_definition(changed(path, value))
    except InvalidDefinition:
        return
