import base64
import html
import json
from time import process_time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.domain.masking import Mask
from services.engine.domain.secret_places import MARK

VALUE = 'pa+ss/wörd "quoted" & <more>\\'
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4, max_size=40)
SOLID = VALUES.filter(lambda value: len(value.strip()) >= 4 and len(value.splitlines()) == 1)


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        quote(VALUE).lower(),
        json.dumps(VALUE)[1:-1],
        json.dumps(VALUE, ensure_ascii=False)[1:-1],
        html.escape(VALUE),
        VALUE.encode().decode("latin-1"),
        VALUE.upper().replace("Ö", "ö"),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
    ],
)
def test_every_form_of_a_value_is_masked(form: str) -> None:
    assert Mask([VALUE]).text(f"before {form} after") == f"before {MARK} after"


@pytest.mark.parametrize(
    "form",
    [
        json.dumps(json.dumps([VALUE]))[1:-1],
        quote(json.dumps(VALUE)),
        html.escape(json.dumps(VALUE)),
        base64.b64encode(json.dumps({"value": VALUE}).encode()).decode(),
    ],
)
def test_one_form_inside_of_another_is_masked(form: str) -> None:
    masked = Mask([VALUE]).text(form)
    assert MARK in masked
    assert "quoted" not in masked


@pytest.mark.parametrize("escape", [r"\\\\", "%255C", "&amp;#92;"])
def test_long_runs_of_letters_and_digits_are_masked_whatever_is_around_them(escape: str) -> None:
    masked = Mask(["short\\4f9a7c31b2"]).text(f"short{escape}4f9a7c31b2")
    assert "4f9a7c31b2" not in masked


@given(SOLID, st.binary(max_size=10), st.binary(max_size=10))
def test_a_value_inside_longer_base64_is_not_left(value: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + value.encode() + after).decode().rstrip("=")
    masked = Mask([value]).text(encoded)
    assert MARK in masked
    left = len(masked.replace(MARK, "").strip("="))
    assert left <= (len(before) + len(after)) * 4 / 3 + 1 + _outside(value)


def _outside(value: str) -> float:
    """Space around a value is no part of what is masked."""
    return (len(value.encode()) - len(value.strip().encode())) * 4 / 3


@given(SOLID)
def test_no_value_is_left_in_an_echo(value: str) -> None:
    echo = {"headers": {"x": value}, "list": [value, 1]}
    masked = json.loads(json.dumps(Mask([value]).members(echo)))
    assert masked["headers"]["x"].strip() == masked["list"][0].strip() == MARK


def test_a_secret_that_is_one_of_our_words_leaves_our_words_alone() -> None:
    answer = {"status": 200, "body": {"body": "the body"}}
    assert Mask(["body"]).members(answer) == {"status": 200, "body": {MARK: f"the {MARK}"}}


def test_what_is_no_secret_stays_as_it_is() -> None:
    answer = {"a": [1, 2.5, None, True, "text"], "b": {}}
    assert Mask([VALUE]).value(answer) == answer
    assert Mask([]).value(answer) == answer


def test_keys_and_numbers_are_masked_too() -> None:
    assert Mask(["123456"]).value({"123456": 123456, "n": 1234567, "m": 12345}) == {
        MARK: MARK,
        "n": MARK,
        "m": 12345,
    }


def test_the_longer_of_two_values_is_masked_whole() -> None:
    assert Mask(["abcd", "abcdefgh"]).text("abcdefgh") == MARK


def test_each_line_of_a_long_value_is_masked() -> None:
    key = "first line of it\nanother line of it\nx"
    assert Mask([key]).text("got: another line of it.") == f"got: {MARK}."


def test_masking_a_large_answer_takes_little_time() -> None:
    answer = ("lorem ipsum dolor " * 14_000) + VALUE
    mask = Mask([VALUE])
    began = process_time()
    assert mask.text(answer).endswith(MARK)
    assert process_time() - began < 0.5
