from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.scope import Scope
from services.engine.domain.template_parser import TemplateFault, parse_template

DATA: JsonObject = {
    "user": {
        "output": {
            "email": "ada@example.com",
            "age": 36,
            "tags": ["a", "b", {"c": 1}],
            "size": "large",
            "nothing": None,
            "yes": True,
            "odd key": 1,
            "which": "age",
            "at": "2026-03-01T09:30:00Z",
            "liquid": "{{ user.output.email }}",
            "long": "x" * 250_000,
            "many": list(range(60_000)),
        }
    }
}


def value_of(source: str) -> Json:
    return parse_template(source).evaluate(Scope(DATA))


def text_of(source: str) -> str:
    return parse_template(source).text(Scope(DATA))


def failure_of(source: str) -> EvaluationFailed:
    with pytest.raises(EvaluationFailed) as caught:
        value_of(source)
    return caught.value


def fault_of(source: str) -> TemplateFault:
    with pytest.raises(TemplateFault) as caught:
        parse_template(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("no variables", "no variables"),
        ("{{ user.output.email }}", "ada@example.com"),
        ("{{ user.output.age }}", 36),
        (" {{ user.output.tags }}\n", ["a", "b", {"c": 1}]),
        ("{{ user.output.nothing }}", None),
        ("{{ user.output.yes }}", True),
        ("{{ user.output.age | plus: 1 }}", 37),
        ("Age {{ user.output.age }}!", "Age 36!"),
        ("{{ user.output.nothing }}.", "."),
        ("{{ user.output.yes }}.", "true."),
        ("{{ user.output.tags }}.", '["a","b",{"c":1}].'),
        ("{{ user.output.tags[2].c }}", 1),
        ("{{ user.output.tags[-1].c }}", 1),
        ("{{ user.output.tags.first }}{{ user.output.tags.size }}", "a3"),
        ("{{ user.output.size }}", "large"),
        ("{{ user.output.email.size }}", 15),
        ('{{ user.output["odd key"] }}', 1),
        ("{{ user.output[user.output.which] }}", 36),
        ("{{ 'a' | append: \"}}\" }}", "a}}"),
        ("{{ '{{' }}", "{{"),
        ("a  {{- user.output.age -}}  b", "a36b"),
        ("{{ user.output.tags | join: '-' }}", 'a-b-{"c":1}'),
        ("{{ user.output.at | date: '%d %b %Y, %H:%M, %-d %e %F %s' }}",
         "01 Mar 2026, 09:30, 1  1 2026-03-01 1772357400"),
        ("{{ 1772357400 | date: '%F' }}", "2026-03-01"),
        ("{{ '20260301' | date: '%F' }}", "2026-03-01"),
        ("{{ user.output.tags | json }}", '["a","b",{"c":1}]'),
        ("{{ 'x,y,x' | split: ',' | uniq }}", ["x", "y"]),
        ("{{ 'a a' | replace: 'a', 'b' }}", "b b"),
    ],
)  # fmt: skip
def test_a_text_has_the_value_of_its_variables(source: str, value: Json) -> None:
    found = value_of(source)

    assert found == value
    assert type(found) is type(value)


def test_a_missing_variable_is_named() -> None:
    failure = failure_of("Hello {{ user.output.mail.domain }}")

    assert failure.code == "missing-variable"
    assert failure.details["variable"] == "user.output.mail.domain"
    assert failure.details["expression"] == "Hello {{ user.output.mail.domain }}"


def test_a_default_catches_a_missing_variable_through_other_filters() -> None:
    assert value_of("{{ user.output.mail | upcase | default: 'none' | append: '!' }}") == "none!"
    assert value_of("{{ user.output.nothing | default: 3 }}") == 3
    assert failure_of("{{ user.output.mail | upcase }}").code == "missing-variable"


def test_a_value_that_looks_like_a_variable_stays_text() -> None:
    assert value_of("{{ user.output.liquid }}") == "{{ user.output.email }}"
    assert text_of("-> {{ user.output.liquid }}") == "-> {{ user.output.email }}"


@pytest.mark.parametrize(
    "path",
    ["__class__", "email.__class__.__mro__", "tags.append", "email.upper", "tags.__len__", "keys"],
)
def test_nothing_of_python_can_be_reached(path: str) -> None:
    assert failure_of(f"{{{{ user.output.{path} }}}}").code == "missing-variable"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{% if a %}x{% endif %}", "tag-not-available"),
        ("{% raw %}{{ a }}{% endraw %}", "tag-not-available"),
        ("{{ a", "invalid-template"),
        ("{{ }}", "invalid-template"),
        ("{{ a | }}", "invalid-template"),
        ("{{ 'a }}", "invalid-template"),
        ("{{ (1..1000000000) }}", "invalid-template"),
        ("{{ a if b }}", "invalid-template"),
        ("{{ a" + "[a" * 30 + "]" * 30 + " }}", "invalid-template"),
        ("{{ a " + "| upcase " * 250 + "}}", "invalid-template"),
        ("{{ 1 }}" * 1_001, "invalid-template"),
        ("x" * 65_537, "text-too-long"),
    ],
)
def test_what_is_no_template_is_a_fault(source: str, code: str) -> None:
    assert fault_of(source).code == code


def test_a_misspelt_filter_is_a_fault_with_a_suggestion() -> None:
    fault = fault_of("{{ a | upcasee }}")

    assert (fault.code, fault.suggestion) == ("unknown-filter", "upcase")


@pytest.mark.parametrize("name", ["safe", "escapejs", "money", "t", "render"])
def test_the_list_of_filters_is_closed(name: str) -> None:
    assert fault_of(f"{{{{ a | {name} }}}}").code == "unknown-filter"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ 1 | divided_by: 0 }}", "expression-failed"),
        ("{{ 1 | default: 1, color: 'red' }}", "expression-failed"),
        ("{{ 9223372036854775807 | times: 2 }}", "expression-failed"),
        ("{{ 'tomorrow' | date: '%F' }}", "expression-failed"),
        ("{{ 'now' | date: '%F' }}", "expression-failed"),
        ("{{ user.output.at | date: '%99999999d' }}", "expression-failed"),
        ("{{ '/w==' | base64_decode }}", "expression-failed"),
        ("{{ user.output.long | append: user.output.long }}", "output-too-large"),
        ("{{ user.output.long | replace: 'x', user.output.email }}", "output-too-large"),
        ("{{ user.output.long | replace: 'x', user.output.long }}", "expression-too-costly"),
        ("{{ user.output.many | join: user.output.long }}", "expression-too-costly"),
        ("{{ 'xxxxxxxxxx' " + "| replace: 'x', 'xxxxxxxxxx' " * 20 + "}}", "output-too-large"),
        ("{{ user.output.many " + "| reverse " * 100 + "}}", "expression-too-costly"),
    ],
)
def test_a_filter_that_fails_or_costs_too_much_says_so(source: str, code: str) -> None:
    assert failure_of(source).code == code


@pytest.mark.parametrize(
    "source",
    [
        "{{" * 30_000,
        "{{ " * 20_000,
        "{{" + " " * 60_000,
        "{{-" * 20_000,
        "{{ '" + "a" * 60_000,
        "{{ a" + ".b" * 30_000 + " }}",
        "{{ " + "(" * 1_990 + " }}",
        "{{ " + "1" * 60_000 + " }}",
        "{%" * 30_000,
        "{{ a | b: " + "1," * 30_000 + " }}",
        "{{ '}}' }}" * 6_000,
    ],
)  # fmt: skip
def test_no_text_takes_long_to_read(source: str) -> None:
    began = process_time()
    with pytest.raises(TemplateFault):
        parse_template(source)

    assert process_time() - began < 5


def test_one_budget_covers_all_texts_of_a_decision() -> None:
    scope = Scope(DATA)
    template = parse_template("{{ user.output.long }}")

    for _ in range(50):
        template.evaluate(scope)
    together = parse_template("{{ user.output.long }}" * 1_000)
    with pytest.raises(EvaluationFailed) as caught:
        together.evaluate(scope)

    assert caught.value.code == "expression-too-costly"


@given(st.text())
def test_any_text_without_braces_is_itself(text: str) -> None:
    text = text.replace("{", "")

    assert value_of(text) == text


@given(st.text(alphabet="{}|%'\"-.[]()ab1 :,", max_size=40))
def test_any_text_is_a_template_or_a_fault(text: str) -> None:
    try:
        template = parse_template(text)
    except TemplateFault:
        return
    try:
        template.evaluate(Scope(DATA))
    except EvaluationFailed:
        return
