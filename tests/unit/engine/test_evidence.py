"""What is said of a mistake: at save the nearest name, at run time what was evaluated and on which value."""

import pytest

from contracts.base import Json, JsonObject
from contracts.run import NodeFailed, RunError
from contracts.workflow import Fault
from services.engine.domain.definition import InvalidDefinition, parse_definition
from services.engine.domain.evidence import shown
from tests.support.runs import edge, node, started, workflow

ORDER: JsonObject = {"order": {"amount": "12 EUR", "items": [1, 2], "note": "x" * 900}}


def error_of(node_type: str, given: Json = None, **config: Json) -> RunError:
    run = started(workflow([node("step", node_type, **config)]), ORDER if given is None else given)
    return run.one(NodeFailed).error


def fault_of(raw: Json) -> Fault:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(raw)
    (fault,) = caught.value.faults
    return fault


# -- at run time -------------------------------------------------------------------------------------------------------


def test_a_failed_expression_shows_the_values_that_it_read() -> None:
    error = error_of("condition", expression="trigger.output.order.amount > 1000")
    assert error.details["expression"] == "trigger.output.order.amount > 1000"
    assert error.details["values"] == {"trigger.output.order.amount": "12 EUR"}


def test_a_condition_that_is_no_truth_shows_what_it_was() -> None:
    error = error_of("condition", expression="trigger.output.order.amount")
    assert error.details["result"] == "12 EUR"


def test_a_missing_variable_shows_what_is_there_and_what_was_probably_meant() -> None:
    error = error_of("transform", {"order": {"amount": 5}}, a="{{ trigger.output.order.amuont }}")
    assert error.code == "missing-variable"
    assert error.details["values"] == {"trigger.output.order": {"amount": 5}}
    assert error.details["suggestion"] == "trigger.output.order.amount"


def test_a_missing_variable_of_an_expression_has_the_same() -> None:
    error = error_of("condition", {"order": {"amount": 5}}, expression="trigger.output.oder == 1")
    assert error.details["values"] == {"trigger.output": {"order": {"amount": 5}}}
    assert error.details["suggestion"] == "trigger.output.order"


def test_a_failed_filter_shows_itself_and_what_it_was_given() -> None:
    error = error_of("transform", a="{{ trigger.output.order.amount | upcase | date: '%Y' }}")
    assert error.details["filter"] == "date"
    assert error.details["value"] == "12 EUR"
    assert error.details["values"] == {"trigger.output.order.amount": "12 EUR"}


def test_a_long_value_is_shortened() -> None:
    error = error_of("condition", expression="trigger.output.order.note > 1")
    (value,) = error.details["values"].values()
    assert (len(value), value[-1]) == (200, "…")


def test_a_default_that_does_not_fit_shows_its_field() -> None:
    fields = [{"name": "day", "type": "date", "default": "{{ trigger.output.order.amount }}"}]
    error = error_of("manual_input", prompt="?", fields=fields)
    assert error.details == {"field": "day", "value": "12 EUR"}


def test_work_that_grows_too_large_shows_on_what() -> None:
    given = {"list": list(range(20_000))}
    texts = {f"t{number}": "{{ trigger.output.list | sort | join }}" for number in range(100)}
    error = error_of("transform", given, **texts)
    assert error.code == "expression-too-costly"
    assert error.details["expression"] == "{{ trigger.output.list | sort | join }}"
    assert len(error.details["values"]["trigger.output.list"]) == 200


def test_many_values_are_not_all_shown() -> None:
    given: JsonObject = {f"v{number}": number for number in range(50)}
    source = " + ".join(f"trigger.output.v{number}" for number in range(50))
    error = error_of("condition", given, expression=f"{source} + 'x'")
    assert len(error.details["values"]) == 20


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "text", [1], {"a": 1}])
def test_a_short_value_is_shown_as_it_is(value: Json) -> None:
    assert shown(value) == value


# -- at save -----------------------------------------------------------------------------------------------------------


def reads(text: str, *before: JsonObject) -> JsonObject:
    return workflow([*before, node("last", "transform", a=text)])


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("{{ kept.output.order.amuont }}", "kept.output.order.amount"),
        ("{{ kept.output.order.deep.fisrt.x }}", "kept.output.order.deep.first.x"),
        ("{{ kept.output.oder.amount }}", "kept.output.order.amount"),
        ("{{ kept.outptu.order }}", "kept.output.order"),
        ("{{ kpet.output.order }}", "kept.output.order"),
    ],
)
def test_a_misspelt_part_of_a_variable_has_a_suggestion_at_every_depth(
    text: str, suggestion: str
) -> None:
    kept = node("kept", "transform", order={"amount": 1, "deep": {"first": {"cel": "{'x': 1}"}}})
    fault = fault_of(reads(text, kept))
    assert (fault.code, fault.suggestion) == ("unknown-variable", suggestion)


@pytest.mark.parametrize(
    "text",
    [
        "{{ kept.output.order.size }}",
        "{{ kept.output.order.wild.any.thing }}",
        "{{ kept.output.order.list.first }}",
        "{{ kept.output.order.none.x | default: 1 }}",
    ],
)
def test_what_may_be_there_is_no_fault(text: str) -> None:
    order = {"wild": "{{ trigger.output.a }}", "list": [1], "none": {"a": 1}}
    parse_definition(reads(text, node("kept", "transform", order=order)))


def test_a_misspelt_member_of_an_error_has_a_suggestion() -> None:
    raw = workflow(
        [
            node("call", "http_request", url="https://example.com"),
            node("told", "transform", why="{{ call.error.mesage }}"),
        ],
        [edge("trigger", "call"), edge("call", "told", "error")],
    )
    fault = fault_of(raw)
    assert (fault.message, fault.suggestion) == (
        "The error of `call` has no `mesage`.",
        "call.error.message",
    )


@pytest.mark.parametrize(
    ("raw", "code", "suggestion"),
    [
        (
            workflow([node("n", "http_request", url="x", method="post")]),
            "invalid-value",
            "POST",
        ),
        (workflow([node("n", "stop", status="failed")]), "invalid-value", "Failed"),
        (workflow([node("n", "Transform", a=1)]), "unknown-type", "transform"),
        (
            workflow(
                [node("n", "condition", expression="true"), node("m", "transform", a=1)],
                [edge("trigger", "n"), edge("n", "m", "TRUE")],
            ),
            "unknown-port",
            "true",
        ),
    ],
)
def test_the_case_of_a_word_does_not_hide_what_was_meant(
    raw: JsonObject, code: str, suggestion: str
) -> None:
    fault = fault_of(raw)
    assert (fault.code, fault.suggestion) == (code, suggestion)
