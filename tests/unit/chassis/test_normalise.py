import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json
from services.chassis.errors import Refused
from services.chassis.normalise import normalise_json, normalise_value


def refusal(raw: bytes | str) -> Refused:
    with pytest.raises(Refused) as caught:
        normalise_json(raw)
    assert caught.value.code == "invalid-json"
    return caught.value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        ("\ufeff[1]".encode(), [1]),
        (b'"\\u00e9\\ud83c\\udf89"', "é🎉"),
        (b"18446744073709551615", 2**64 - 1),
        (b"1e-400", 0.0),
        (b"-0", 0),
        (b'{"": {"": 1}}', {"": {"": 1}}),
        ('"\u202e\u200b"', "\u202e\u200b"),
    ],
)
def test_ordinary_json_passes_unchanged(raw: bytes | str, value: Json) -> None:
    assert normalise_json(raw) == value


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b'{"a": {"b": [1, "x\\u0000"]}}', "/a/b/1"),
        (b'{"a": "\\ud800"}', "/a"),
        (b'{"a/b": {"~": "\\udc00"}}', "/a~1b/~0"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "/b/c"),
        (b'[{"a": 1, "a": 1}]', "/0/a"),
        (b'{"a": 1e400}', "/a"),
        (b'{"a": -1e400}', "/a"),
        (b'{"a": 18446744073709551616}', "/a"),
        (b'{"a": -9223372036854775809}', "/a"),
        (b'{"\\u0000": 1}', ""),
        (b'{"a": NaN}', ""),
        (b'{"a": Infinity}', ""),
        (b'{"a": ' + b"9" * 5_000 + b"}", ""),
        (b'{"a": 0.' + b"9" * 5_000 + b"}", ""),
        (b'{"a": 1', ""),
        (b"{'a': 1}", ""),
        (b'{"a": 1} x', ""),
        (b"", ""),
        (b"\xff", ""),
        (b'"\x00"', ""),
        (b'"\xed\xa0\x80"', ""),
        ("[1]".encode("utf-16"), ""),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_path(raw: bytes, path: str) -> None:
    assert refusal(raw).details["path"] == path


def test_a_syntax_error_is_told_with_its_line() -> None:
    details = refusal(b'{"a": 1,\n  b}').details

    assert (details["line"], details["column"]) == (2, 3)


def test_the_limits_are_named() -> None:
    assert refusal(b'"' + b"x" * 262_144 + b'"').details == {
        "path": "",
        "size": 262_146,
        "limit": 262_144,
    }
    assert refusal(b"[" * 65 + b"]" * 65).details["limit"] == 64
    many = json.dumps({str(n): 1 for n in range(10_001)}).encode()
    assert refusal(many).details["limit"] == 10_000


def test_brackets_inside_texts_are_no_depth() -> None:
    text = "[{" * 10_000 + '\\"'

    assert normalise_json(json.dumps(text)) == text


@pytest.mark.parametrize(
    "raw",
    [b"[" * 262_000, b'{"a":' * 52_000, b'"\\' * 100_000, b'"' * 262_000, b"[[" + b"1," * 130_000],
)
def test_no_text_takes_long(raw: bytes) -> None:
    began = process_time()
    refusal(raw)

    assert process_time() - began < 5


def test_a_parsed_value_is_held_to_the_same() -> None:
    assert normalise_value({"a": [1]}) == {"a": [1]}
    for value in ({"a": "\x00"}, {"a": float("nan")}, {"a": 2**70}, {1: 2}, {"a": b"x"}, {1, 2}):
        with pytest.raises(Refused):
            normalise_value(value)


_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abé~/"), inner),
    max_leaves=20,
)


@given(_VALUES, st.booleans())
def test_whatever_json_holds_comes_back(value: Json, ascii_only: bool) -> None:  # noqa: FBT001
    assert normalise_json(json.dumps(value, ensure_ascii=ascii_only)) == value
    assert normalise_value(value) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\u0d8 1eE+-.', max_size=40))
def test_any_bytes_are_a_value_or_refused(raw: bytes | str) -> None:
    try:
        value = normalise_json(raw)
    except Refused:
        return
    json.dumps(value, allow_nan=False).encode()
