"""The server is the judge of a form."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json, JsonObject
from contracts.run import FormField
from services.chassis.form import FAULTS_MAX, judge_form
from services.chassis.pattern import PATTERN_SUBJECT_MAX, matches


def text(**limits: Json) -> FormField:
    return FormField.model_validate({"name": "f", "label": "F", "type": "text", **limits})


def number(**limits: Json) -> FormField:
    return FormField.model_validate({"name": "f", "label": "F", "type": "number", **limits})


def day(**limits: Json) -> FormField:
    return FormField.model_validate({"name": "f", "label": "F", "type": "date", **limits})


def accepted(field: FormField, value: Json) -> Json:
    values, faults = judge_form([field], {"f": value})
    assert faults == []
    return values["f"]


def fault(field: FormField, value: Json) -> str:
    _, faults = judge_form([field], {"f": value})
    (only,) = faults
    assert only.name == "f"
    assert only.message
    return only.code


@pytest.mark.parametrize("field", [text(), number(), day()])
@pytest.mark.parametrize("values", [{}, {"f": None}, {"f": ""}, {"f": " \t"}])
def test_an_empty_optional_field_is_null(field: FormField, values: JsonObject) -> None:
    assert judge_form([field], values) == ({"f": None}, [])


@pytest.mark.parametrize("field", [text(required=True), number(required=True), day(required=True)])
@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_an_empty_required_field_is_refused(field: FormField, value: Json) -> None:
    assert fault(field, value) == "required"


def test_all_faults_are_named_at_once() -> None:
    fields = [text(required=True), number().model_copy(update={"name": "n"})]
    _, faults = judge_form(fields, {"x": 1, "n": "1"})
    assert [(found.name, found.code) for found in faults] == [
        ("x", "unknown-field"),
        ("f", "required"),
        ("n", "wrong-type"),
    ]


def test_thousands_of_unknown_fields_are_not_all_named() -> None:
    _, faults = judge_form([], {f"x{place}": 1 for place in range(5_000)})
    assert len(faults) == FAULTS_MAX


@pytest.mark.parametrize("value", [1, 0, -3, 2.5, 1e300, 2**63 - 1])
def test_a_finite_json_number_is_a_number(value: float) -> None:
    assert accepted(number(), value) == value


@pytest.mark.parametrize(
    "value", ["1", True, float("inf"), float("nan"), float("-inf"), 2**63, 10**400, [1], {}]
)
def test_nothing_else_is_a_number(value: Json) -> None:
    assert fault(number(), value) == "wrong-type"


def test_numbers_are_held_to_their_limits() -> None:
    limited = number(min=1, max=10)
    assert (accepted(limited, 1), accepted(limited, 10)) == (1, 10)
    assert (fault(limited, 0.999), fault(limited, 10.5)) == ("too-small", "too-large")


def test_steps_count_from_the_minimum_in_decimals_as_written() -> None:
    cents = number(step=0.01)
    assert accepted(cents, 0.29) == 0.29  # 0.29 / 0.01 is not whole in binary
    assert fault(cents, 0.295) == "off-step"
    odd = number(min=1, step=2)
    assert accepted(odd, 3) == 3
    assert fault(odd, 4) == "off-step"


@pytest.mark.parametrize("value", ["2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_real_day_is_a_date(value: str) -> None:
    assert accepted(day(), value) == value


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29",
        "2026-13-01",
        "0000-01-01",
        "26-01-01",
        "2026-1-1",
        "20260101",
        "2026-W01-1",
        "2026-01-01T00:00:00Z",
        "\uff12\uff10\uff12\uff16-01-01",
        " 2026-01-01",
        20260101,
    ],
)
def test_nothing_else_is_a_date(value: Json) -> None:
    assert fault(day(), value) == "wrong-type"


def test_dates_are_held_to_their_limits() -> None:
    limited = day(min="2026-01-10", max="2026-01-20")
    assert accepted(limited, "2026-01-10") == "2026-01-10"
    assert fault(limited, "2026-01-09") == "too-small"
    assert fault(limited, "2026-01-21") == "too-large"


def test_texts_are_held_to_their_limits() -> None:
    limited = text(min_length=2, max_length=3)
    assert accepted(limited, "äöü") == "äöü"
    assert (fault(limited, "a"), fault(limited, "abcd")) == ("too-short", "too-long")


@pytest.mark.parametrize("value", [1, True, ["a"], {"a": 1}])
def test_nothing_else_is_a_text(value: Json) -> None:
    assert fault(text(), value) == "wrong-type"


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "x\udfff"])
def test_characters_that_cannot_be_kept_are_refused(value: str) -> None:
    assert fault(text(), value) == "invalid-text"


def test_only_a_textarea_has_several_lines() -> None:
    assert fault(text(), "a\r\nb") == "single-line"
    assert accepted(text(type="textarea"), "a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_a_pattern_holds_for_the_whole_text_and_has_its_own_message() -> None:
    iban = text(pattern="[A-Z]{2}[0-9]+", pattern_message="An IBAN, please.")
    assert accepted(iban, "DE12") == "DE12"
    for wrong in ("xDE12", "DE12x", "de12"):
        assert fault(iban, wrong) == "pattern"
    assert judge_form([iban], {"f": "no"})[1][0].message == "An IBAN, please."


@pytest.mark.parametrize("pattern", ["a)|(b", "(?=a)a", r"(a)\1", "[", "a{1000}{1000}", "x" * 501])
def test_a_pattern_that_cannot_be_used_lets_nothing_pass(pattern: str) -> None:
    assert fault(text(pattern=pattern), "a") == "pattern-broken"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a|a)*b", "(a|aa)+", "(.*a){20}", "(a*)*b", "(?:a?){400}a{400}", "(.?.?.?.?){60}x"],
)
def test_no_pattern_makes_the_judge_think_for_long(pattern: str) -> None:
    """Backtracking engines need longer than the universe has for most of these."""
    started = time.perf_counter()
    matches(pattern, "a" * PATTERN_SUBJECT_MAX + "!")
    assert time.perf_counter() - started < 1.0


def test_a_text_too_long_for_a_pattern_is_refused_before_it_meets_it() -> None:
    assert fault(text(pattern="a*"), "a" * (PATTERN_SUBJECT_MAX + 1)) == "too-long"


@given(st.dates())
def test_every_day_of_the_calendar_is_accepted(any_day: date) -> None:
    assert accepted(day(), any_day.isoformat()) == any_day.isoformat()


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_json = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)
_fields = st.builds(
    FormField,
    name=st.sampled_from(["a", "b", "c"]),
    label=st.just("L"),
    type=st.sampled_from(["text", "textarea", "number", "date"]),
    required=st.booleans(),
    min=st.none() | st.floats(allow_nan=False) | st.text(max_size=12),
    max=st.none() | st.floats(allow_nan=False) | st.text(max_size=12),
    step=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    min_length=st.none() | st.integers(0, 10),
    max_length=st.none() | st.integers(0, 10),
    pattern=st.none() | st.text(max_size=8),
)


@given(
    st.lists(_fields, max_size=3, unique_by=lambda field: field.name),
    st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _json),
)
def test_what_is_accepted_is_accepted_again_and_nothing_breaks_the_judge(
    fields: list[FormField], values: JsonObject
) -> None:
    accepted_values, faults = judge_form(fields, values)
    if not faults:
        assert judge_form(fields, accepted_values) == (accepted_values, [])
        assert set(accepted_values) == {field.name for field in fields}
