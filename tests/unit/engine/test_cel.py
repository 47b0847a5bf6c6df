from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from services.engine.domain.cel import CelFault, parse_expression
from services.engine.domain.failure import EvaluationFailed
from services.engine.domain.scope import Scope

NUMBERS = list(range(60_000))
DATA: JsonObject = {
    "order": {
        "output": {
            "amount": 1200,
            "rate": 0.5,
            "name": "Ada",
            "items": [{"price": 5}, {"price": 7}],
            "nothing": None,
            "numbers": NUMBERS,
            "thousand": NUMBERS[:1_000],
            "long": "a" * 250_000,
        }
    }
}


def value_of(source: str) -> Json:
    return parse_expression(source).evaluate(Scope(DATA))


def failure_of(source: str) -> EvaluationFailed:
    with pytest.raises(EvaluationFailed) as caught:
        value_of(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("order.output.amount > 1000", True),
        ("order.output.amount > 1000.5", True),
        ("order.output.rate * 2.0", 1.0),
        ("order.output.name == 'Ada' && !(order.output.amount < 10)", True),
        ("order.output.items.all(i, i.price > 4)", True),
        ("order.output.items.exists(i, i.price > 6)", True),
        ("order.output.items.map(i, i.price)", [5, 7]),
        ("order.output.items.filter(i, i.price > 6)", [{"price": 7}]),
        ("size(order.output.items)", 2),
        ("order.output.items[1].price", 7),
        ("order.output.nothing == null", True),
        ("has(order.output.missing)", False),
        ("has(order.output.amount) ? 'yes' : 'no'", "yes"),
        ("{'total': order.output.amount, 'list': [1, 2]}", {"total": 1200, "list": [1, 2]}),
        ("timestamp('2026-03-01T09:30:00Z')", "2026-03-01T09:30:00.000000Z"),
        ("duration('90s')", "90s"),
        ("'abc'.matches('^a.c$') && 'abc'.startsWith(r'a')", True),
        ("'amount' in order.output", True),
        ("string(order.output.amount) + '!'", "1200!"),
        ("// why\norder.output.amount", 1200),
        ("order.output.numbers.size() > 3", True),
        ("order.output.numbers.all(n, n >= 0)", True),
    ],
)  # fmt: skip
def test_an_expression_has_a_value(source: str, value: Json) -> None:
    assert value_of(source) == value


def test_a_missing_variable_is_named() -> None:
    failure = failure_of("order.output.total > 1000")

    assert failure.code == "missing-variable"
    assert failure.message == "`order.output.total` is missing."
    assert failure.details["expression"] == "order.output.total > 1000"


def test_what_an_alternative_does_not_read_may_be_missing() -> None:
    assert value_of("order.output.amount > 1 || order.output.missing > 1") is True


@pytest.mark.parametrize(
    "source",
    [
        "1 / 0",
        "9223372036854775807 + order.output.amount",
        "order.output.name + 1",
        "order.output.items[9]",
        "1.0 / 0.0",
        "b'bytes'",
        "{1: 2}",
        "int('x')",
        "timestamp('never')",
        "string(order.output.items)",
    ],
)
def test_what_has_no_value_fails_with_the_expression(source: str) -> None:
    failure = failure_of(source)

    assert failure.code == "expression-failed"
    assert failure.details["expression"] == source
    assert "\n" not in failure.message


@pytest.mark.parametrize(
    "source",
    [
        "order.output.numbers.all(a, order.output.numbers.exists(b, a == b))",
        "order.output.thousand.all(a, order.output.thousand.all(b, order.output.thousand.all(c, true)))",
        "order.output.numbers.map(n, n + 1).size() > 0",
        "order.output.thousand.map(n, order.output.thousand).size() > 0",
        "order.output.thousand.all(n, order.output.numbers[n] == n)",
        "order.output.thousand.all(n, n in order.output.numbers)",
        "order.output.thousand.all(n, 'a'.matches('(a|b)*c'))",
        "[order.output.long]" + ".map(s, s + s)" * 30 + ".size() > 0",
        "[1]" + ".map(x, [x, x])" * 40 + ".size() > 0",
        "[[1]]" + ".map(x, x + x)" * 40 + ".size() > 0",
        "+".join(["order.output.long"] * 200) + " == ''",
        r"order.output.long.matches('(\\w{30}){30}')",
        r"'a'.matches('(\\w{50}){50}')",
        "(" + " && ".join(["order.output.numbers == order.output.numbers"] * 40) + ")",
    ],
)
def test_an_expression_that_never_ends_is_refused_before_it_runs(source: str) -> None:
    began = process_time()

    assert failure_of(source).code == "expression-too-costly"
    assert process_time() - began < 5


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "invalid-expression"),
        ("1 +", "invalid-expression"),
        ("a.b.", "invalid-expression"),
        ("'open", "invalid-expression"),
        ("a ? b", "invalid-expression"),
        ("Message{a: 1}", "invalid-expression"),
        ("now()", "unknown-function"),
        ("a.lowerAscii()", "unknown-function"),
        ("a.matches(b)", "invalid-expression"),
        ("a.all(1, true)", "invalid-expression"),
        ("(" * 60 + "1" + ")" * 60, "invalid-expression"),
        ("a.all(b, a.all(c, a.all(d, a.all(e, a.all(f, true)))))", "invalid-expression"),
        ("1" + " + 1" * 2_000, "text-too-long"),
    ],
)
def test_what_is_no_expression_is_a_fault(source: str, code: str) -> None:
    with pytest.raises(CelFault) as caught:
        parse_expression(source)

    assert caught.value.code == code


def test_a_misspelt_function_is_a_fault_with_a_suggestion() -> None:
    with pytest.raises(CelFault) as caught:
        parse_expression("a.startWith('b')")

    assert caught.value.suggestion == "startsWith"


def test_the_paths_that_are_read_are_known() -> None:
    source = "a.output.x > 1 && b.output.items.all(i, i.price > a.output.limit) && c['d'].e"

    paths = set(parse_expression(source).paths())

    assert paths == {
        ("a", "output", "x"),
        ("a", "output", "limit"),
        ("b", "output", "items"),
        ("c",),
    }


@given(st.text(alphabet="ab1.+-*/%<>=!&|?:()[]{},'\" \n\\", max_size=40))
def test_any_text_is_an_expression_or_a_fault(text: str) -> None:
    try:
        expression = parse_expression(text)
    except CelFault:
        return
    try:
        expression.evaluate(Scope({"a": {"b": 1}, "b": {"a": [1]}}))
    except EvaluationFailed:
        return
