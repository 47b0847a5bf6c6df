from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Json
from contracts.workflow import Fault
from services.engine.domain.definition_text import (
    Format,
    locate,
    read_definition,
    write_definition,
)

EXAMPLES = sorted(Path("examples").glob("*/workflow.yaml"))


def fault_of(text: str, text_format: Format) -> Fault:
    fault = read_definition(text, text_format)
    assert isinstance(fault, Fault)
    return fault


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("text_format", ["yaml", "json"])
def test_the_examples_read_back_as_they_were_written(
    path: Path, text_format: Literal["yaml", "json"]
) -> None:
    value = read_definition(path.read_text(), "yaml")

    assert not isinstance(value, Fault)
    assert read_definition(write_definition(value, text_format), text_format) == value


def test_a_word_of_yaml_1_1_stays_a_text() -> None:
    text = "a: no\nb: on\nc: 2026-03-01\nd: 12:30\ne: 0o17\nf: 1e3\ng: ~\nh: 'true'\ni: true"

    assert read_definition(text, "yaml") == {
        "a": "no",
        "b": "on",
        "c": "2026-03-01",
        "d": "12:30",
        "e": 15,
        "f": 1000.0,
        "g": None,
        "h": "true",
        "i": True,
    }


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\na: 2", 2, 1),
        ("a:\n  - b: 1\n    b: 2", 3, 5),
        ("a: &x [1]\nb: *x", 1, 4),
        ("a: *nobody", 1, 4),
        ("a: !!python/object/apply:os.system [x]", 1, 4),
        ("a: !<tag> 1", 1, 4),
        ("a: 1\n---\nb: 2", 2, 1),
        ("a: [1, 2", 2, 1),
        ("? [1]\n: 2", 1, 3),
        ("a: 1\nb: .nan", 2, 4),
        ("a: 1\nb: 1e999", 2, 1),
        ("[" * 100_000, 1, 34),
        ("a: \x00", 1, 1),
    ],
)
def test_what_is_unclear_in_yaml_is_a_fault_at_its_line(text: str, line: int, column: int) -> None:
    fault = fault_of(text, "yaml")

    assert (fault.code, fault.line, fault.column) == ("unreadable-text", line, column)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ('{"a": 1,\n "a": 2}', "/a", 2),
        ('{"x": [{"a": 1,\n "a": 2}]}', "/x/0/a", 2),
        ('{"a": 1', "", 1),
        ('{\n\t"a": 1e400}', "/a", 2),
        ('{"a": "\\u0000"}', "/a", 1),
        ('{"a": "\\ud800"}', "/a", 1),
        ('{"a": NaN}', "", 1),
        ("[" * 100_000, "", 1),
        ("", "", 1),
    ],
)
def test_what_is_unclear_in_json_is_a_fault_at_its_line(text: str, path: str, line: int) -> None:
    fault = fault_of(text, "json")

    assert (fault.code, fault.path, fault.line) == ("unreadable-text", path, line)


@pytest.mark.parametrize("text_format", ["yaml", "json"])
def test_a_text_above_the_limit_is_a_fault(text_format: Literal["yaml", "json"]) -> None:
    assert "262,144" in fault_of('"' + "x" * 300_000 + '"', text_format).message


def test_a_small_text_cannot_mean_gigabytes() -> None:
    bomb = "a: &a [x,x,x,x]\n" + "\n".join(
        f"{name}: &{name} [*{before},*{before},*{before},*{before}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "aliases" in fault_of(bomb, "yaml").message


def test_faults_are_found_in_the_lines_of_the_text() -> None:
    text = "trigger:\n  type: manual_trigger\nnodes:\n  - key: a\n    config:\n      promt: x\n"
    faults = [
        Fault(path="/nodes/0/config/promt", code="unknown-key", message="-"),
        Fault(path="/nodes/0/config/prompt", code="missing-key", message="-"),
        Fault(path="/edges", code="missing-key", message="-"),
    ]

    places = [(fault.line, fault.column) for fault in locate(faults, text)]

    assert places == [(6, 7), (5, 5), (1, 1)]


_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
    | st.sampled_from(
        ["no", "1e5", "0o7", "null", "~", "", "- a", "a: b", "#", "\n", " x\n", "=="]
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc~/:", max_size=3), inner)
    ),
    max_leaves=15,
)


@given(_VALUES, st.sampled_from(["yaml", "json"]))
def test_what_is_written_reads_back_the_same(value: Json, text_format: Format) -> None:
    assert read_definition(write_definition(value, text_format), text_format) == value


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@, \n\t?~", max_size=40))
def test_any_text_is_read_or_a_fault(text: str) -> None:
    read_definition(text, "yaml")
    read_definition(text, "json")
