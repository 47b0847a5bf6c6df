import pytest

from contracts.base import Json, JsonObject
from contracts.run import FormField, NodeFailed
from tests.support.runs import node, started, workflow


def asked(field: JsonObject, given: JsonObject | None = None) -> FormField:
    """The one field of a form as people see it."""
    raw = workflow([node("ask", "manual_input", prompt="?", fields=[field])])
    (found,) = started(raw, given or {}).task("ask").fields
    return found


def test_a_field_is_frozen_with_its_texts_filled_in() -> None:
    field = asked(
        {
            "name": "budget",
            "label": "Budget for {{ trigger.output.who }}",
            "help": "At most {{ trigger.output.most }}",
            "type": "number",
            "required": True,
            "min": 0,
            "max": 10.5,
            "step": 0.5,
        },
        {"who": "Ada", "most": 10},
    )

    assert (field.label, field.help) == ("Budget for Ada", "At most 10")
    assert (field.required, field.min, field.max, field.step) == (True, 0, 10.5, 0.5)


def test_a_label_is_the_name_unless_there_is_one() -> None:
    assert asked({"name": "amount", "type": "text"}).label == "amount"


@pytest.mark.parametrize(
    ("field_type", "given", "default"),
    [
        ("number", 5, 5),
        ("number", "12", 12),
        ("number", "1.50", 1.5),
        ("number", "", None),
        ("number", None, None),
        ("date", "2026-03-01", "2026-03-01"),
        ("date", "2026-03-01T09:30:00Z", "2026-03-01"),
        ("text", 5, "5"),
        ("textarea", {"a": 1}, '{"a":1}'),
        ("text", True, "true"),
    ],
)
def test_a_default_takes_the_type_of_its_field(field_type: str, given: Json, default: Json) -> None:
    field = {"name": "a", "type": field_type, "default": "{{ trigger.output.v }}"}

    found = asked(field, {"v": given}).default

    assert found == default
    assert type(found) is type(default)


@pytest.mark.parametrize(
    ("field_type", "given"),
    [("number", "many"), ("number", "nan"), ("number", True), ("date", "soon"), ("date", 5)],
)
def test_a_default_that_does_not_fit_fails_the_node(field_type: str, given: Json) -> None:
    field = {"name": "a", "type": field_type, "default": "{{ trigger.output.v }}"}
    raw = workflow([node("ask", "manual_input", prompt="?", fields=[field])])

    failed = started(raw, {"v": given}).one(NodeFailed)

    assert (failed.node, failed.error.code) == ("ask", "invalid-default")


def test_assignees_may_come_from_data_one_by_one_or_as_a_list() -> None:
    raw = workflow(
        [
            node(
                "ask",
                "approval",
                prompt="?",
                assignees=["Ada", "{{ trigger.output.team }}", "{{ trigger.output.lead }}"],
            )
        ]
    )

    task = started(raw, {"team": ["Bob", "Ada", ""], "lead": "Cy"}).task("ask")

    assert task.assignees == ["Ada", "Bob", "Cy"]


def test_a_title_is_one_line_of_bounded_length() -> None:
    raw = workflow([node("ask", "approval", prompt="?", title="{{ trigger.output.t }}")])

    assert started(raw, {"t": "two\n lines"}).task("ask").title == "two lines"
    long = started(raw, {"t": "x" * 100_000}).task("ask").title
    assert len(long) == 500
    assert long.endswith("…")


def test_a_prompt_keeps_all_of_its_text() -> None:
    raw = workflow([node("ask", "approval", prompt="{{ trigger.output.t }}")])

    assert started(raw, {"t": "x" * 200_000}).task("ask").prompt == "x" * 200_000


def test_a_prompt_above_the_limit_fails_the_node() -> None:
    raw = workflow([node("ask", "approval", prompt="{{ trigger.output.t }}" * 2)])

    assert started(raw, {"t": "x" * 200_000}).one(NodeFailed).error.code == "output-too-large"
